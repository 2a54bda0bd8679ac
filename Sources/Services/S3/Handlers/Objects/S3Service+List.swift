import Persistence
public import ServiceKit
import ServiceModel

extension S3Service {
    public func listObjects(_ input: ListObjectsRequest, _ call: Call) async throws -> ListObjectsOutput {
        let bucket = try await open(input.bucket, call, "s3:ListBucket")
        let names = try ListingNames(encodingType: input.encodingType)
        let limit = try Self.limit(input.maxKeys, "maxKeys")
        var walk = Self.objectWalk(prefix: input.prefix, delimiter: input.delimiter, limit: limit)
        // A marker passes all of its common prefix, so that only without a delimiter a page can stop at any key.
        if walk.delimiter.isEmpty { walk.patience = Self.patience }
        let page = try await page(walk, bucket, after: input.marker ?? "")
        var output = ListObjectsOutput()
        output.name = bucket.name
        output.prefix = names(input.prefix ?? "")
        output.marker = names(input.marker ?? "")
        output.delimiter = input.delimiter.flatMap { $0.isEmpty ? nil : names($0) }
        output.maxKeys = limit
        output.encodingType = input.encodingType
        output.isTruncated = page.isTruncated
        output.contents = page.rows.isEmpty ? nil : page.rows.map { Self.object($0, bucket, names, withOwner: true) }
        output.commonPrefixes = Self.commonPrefixes(page.prefixes, names)
        if page.isTruncated, !walk.delimiter.isEmpty || page.stoppedAfter != nil {
            output.nextMarker = (page.stoppedAfter ?? page.lastPrefix ?? page.lastRow?.key).map { names($0) }
        }
        return output
    }

    public func listObjectsV2(_ input: ListObjectsV2Request, _ call: Call) async throws -> ListObjectsV2Output {
        let bucket = try await open(input.bucket, call, "s3:ListBucket")
        let names = try ListingNames(encodingType: input.encodingType)
        let limit = try Self.limit(input.maxKeys, "maxKeys")
        var marker = input.startAfter ?? ""
        var isExact = false
        if let token = input.continuationToken {
            guard let text = ContinuationToken.decode(token), !text.isEmpty else {
                throw AWSError.invalidArgument(
                    "The continuation token provided is incorrect", name: "continuation-token")
            }
            isExact = text.utf8.first == 0
            marker = isExact ? String(text.dropFirst()) : text
        }
        var walk = Self.objectWalk(prefix: input.prefix, delimiter: input.delimiter, limit: limit)
        walk.patience = Self.patience
        let page = try await page(walk, bucket, after: marker, isExact: isExact)
        var output = ListObjectsV2Output()
        output.name = bucket.name
        output.prefix = names(input.prefix ?? "")
        output.delimiter = input.delimiter.flatMap { $0.isEmpty ? nil : names($0) }
        output.maxKeys = limit
        output.encodingType = input.encodingType
        output.isTruncated = page.isTruncated
        output.keyCount = page.count
        output.continuationToken = input.continuationToken
        if input.continuationToken == nil { output.startAfter = input.startAfter.map { names($0) } }
        output.contents =
            page.rows.isEmpty
            ? nil : page.rows.map { Self.object($0, bucket, names, withOwner: input.fetchOwner ?? false) }
        output.commonPrefixes = Self.commonPrefixes(page.prefixes, names)
        if page.isTruncated {
            // No key holds a NUL: with one in front it is not a key that was shown.
            let next = page.stoppedAfter.map { "\u{0}" + $0 } ?? page.lastPrefix ?? page.lastRow?.key
            output.nextContinuationToken = next.map(ContinuationToken.encode)
        }
        return output
    }

    public func listObjectVersions(_ input: ListObjectVersionsRequest, _ call: Call) async throws
        -> ListObjectVersionsOutput
    {
        let bucket = try await open(input.bucket, call, "s3:ListBucketVersions")
        let names = try ListingNames(encodingType: input.encodingType)
        let limit = try Self.limit(input.maxKeys, "maxKeys")
        let marker = input.keyMarker ?? ""
        let version = input.versionIdMarker.flatMap { $0.isEmpty ? nil : $0 }
        if let version, marker.isEmpty {
            throw AWSError.invalidArgument(
                "A version-id marker cannot be specified without a key marker.", name: "version-id-marker",
                value: version)
        }
        let walk = ListingWalk<ObjectRecord>(
            prefix: input.prefix ?? "", delimiter: input.delimiter ?? "", limit: limit, isFirstOnly: false,
            key: { $0.key }, place: { $0.position }, isHidden: { _ in false })
        let (page, latest) = try await database.read { connection in
            let rows = ObjectRows(connection: connection)
            var start = walk.start(after: marker)
            if let version {
                let position = try Self.position(of: version, marker, bucket, rows)
                start = .init(key: marker, place: position + 1)
            }
            let end = KeyRange.end(ofPrefix: walk.prefix)
            let page = try walk.page(from: start) { cursor, limit in
                try rows.page(bucket.id, from: cursor.key, position: cursor.place, below: end, limit: limit)
            }
            // The first key may have begun on the page before.
            let first = try page.rows.first.flatMap { try rows.latest(bucket.id, $0.key, withBody: false)?.id }
            return (page, first)
        }
        var output = ListObjectVersionsOutput()
        output.name = bucket.name
        output.prefix = names(input.prefix ?? "")
        output.delimiter = input.delimiter.flatMap { $0.isEmpty ? nil : names($0) }
        output.keyMarker = names(marker)
        output.versionIdMarker = version ?? ""
        output.maxKeys = limit
        output.encodingType = input.encodingType
        output.isTruncated = page.isTruncated
        if page.isTruncated {
            output.nextKeyMarker = (page.lastPrefix ?? page.lastRow?.key).map { names($0) }
            output.nextVersionIdMarker = page.lastRow?.versionName
        }
        output.commonPrefixes = Self.commonPrefixes(page.prefixes, names)
        Self.fill(&output, page.rows, bucket, names, latest: latest)
        return output
    }

    private static func fill(
        _ output: inout ListObjectVersionsOutput, _ rows: [ObjectRecord], _ bucket: BucketRecord, _ names: ListingNames,
        latest: Int64?
    ) {
        var versions: [ObjectVersion] = []
        var markers: [DeleteMarkerEntry] = []
        var previous: String?
        for row in rows {
            let isFirst = previous.map { !$0.isSameKey(as: row.key) } ?? (row.id == latest)
            previous = row.key
            let owner = Owner(id: row.owner.map(CanonicalID.of) ?? bucket.ownerID)
            if row.isMarker {
                var entry = DeleteMarkerEntry()
                entry.key = names(row.key)
                entry.versionId = row.versionName
                entry.isLatest = isFirst
                entry.lastModified = row.modified
                entry.owner = owner
                markers.append(entry)
            } else {
                var entry = ObjectVersion()
                entry.key = names(row.key)
                entry.versionId = row.versionName
                entry.isLatest = isFirst
                entry.lastModified = row.modified
                entry.eTag = row.quotedETag
                entry.size = row.size
                entry.storageClass = row.storageClass
                entry.owner = owner
                if let (algorithm, type) = StoredChecksum.split(summary: row.checksum) {
                    entry.checksumAlgorithm = [algorithm.name]
                    entry.checksumType = type.rawValue
                }
                versions.append(entry)
            }
        }
        output.versions = versions.isEmpty ? nil : versions
        output.deleteMarkers = markers.isEmpty ? nil : markers
    }

    /// The place of a version that a marker names, which may be gone.
    private static func position(of version: String, _ key: String, _ bucket: BucketRecord, _ rows: ObjectRows) throws
        -> Int64
    {
        if version == VersionID.null { return try rows.nullVersion(bucket.id, key, withBody: false)?.position ?? 0 }
        guard let position = VersionID.position(version), position < .max else {
            throw AWSError.invalidArgument("Invalid version id specified", name: "version-id-marker", value: version)
        }
        return position
    }

    // MARK: Parts of listings

    static func limit(_ given: Int?, _ name: String) throws -> Int {
        guard let given else { return 1000 }
        guard given >= 0 else {
            throw AWSError.invalidArgument(
                "Argument \(name) must be an integer between 0 and 2147483647", name: name, value: String(given))
        }
        return min(given, 1000)
    }

    private static func objectWalk(prefix: String?, delimiter: String?, limit: Int) -> ListingWalk<ObjectRecord> {
        ListingWalk(
            prefix: prefix ?? "", delimiter: delimiter ?? "", limit: limit, isFirstOnly: true, key: \.key,
            place: \.position, isHidden: \.isMarker)
    }

    /// `isExact`: whether nothing but what comes before the marker, or is the marker, was looked at.
    private func page(
        _ walk: ListingWalk<ObjectRecord>, _ bucket: BucketRecord, after marker: String, isExact: Bool = false
    ) async throws -> ListingWalk<ObjectRecord>.Page {
        if marker.utf8.contains(0) || walk.prefix.utf8.contains(0) { return ListingWalk.Page() }
        return try await database.read { connection in
            let rows = ObjectRows(connection: connection)
            let end = KeyRange.end(ofPrefix: walk.prefix)
            let start = isExact ? walk.start(stoppedAfter: marker) : walk.start(after: marker)
            return try walk.page(from: start) { cursor, limit in
                try rows.page(bucket.id, from: cursor.key, position: cursor.place, below: end, limit: limit)
            }
        }
    }

    /// Rows that a page reads of objects that are deleted: whoever lists them goes on with the next page, which may be empty too.
    static let patience = 20_000

    static func commonPrefixes(_ prefixes: [String], _ names: ListingNames) -> [CommonPrefix]? {
        prefixes.isEmpty ? nil : prefixes.map { CommonPrefix(prefix: names($0)) }
    }

    private static func object(_ row: ObjectRecord, _ bucket: BucketRecord, _ names: ListingNames, withOwner: Bool)
        -> Object
    {
        var object = Object()
        object.key = names(row.key)
        object.lastModified = row.modified
        object.eTag = row.quotedETag
        object.size = row.size
        object.storageClass = row.storageClass
        if let (algorithm, type) = StoredChecksum.split(summary: row.checksum) {
            object.checksumAlgorithm = [algorithm.name]
            object.checksumType = type.rawValue
        }
        if withOwner { object.owner = Owner(id: row.owner.map(CanonicalID.of) ?? bucket.ownerID) }
        return object
    }
}
