import Persistence
import ServiceKit
import ServiceModel
import TestSupport
import Testing

@testable import S3

/// What requests read grows with what they answer, not with what there is.
struct BoundedReadTests {
    private static func with(_ body: @Sendable (Harness, RecordingDatabase) async throws -> Void) async throws {
        try await TemporaryFolder.with { folder in
            try await TestDatabase.with(.sqlite, JobMigrations.all + S3Migrations.all) { database in
                let recorder = RecordingDatabase(database)
                let s3 = try Harness(recorder, folder: folder + "/objects")
                try await s3.bucket()
                try await body(s3, recorder)
            }
        }
    }

    /// Puts rows in without the rest of a put.
    private static func fill(_ s3: Harness, _ rows: [(key: String, position: Int64, isMarker: Bool)]) async throws {
        let time = s3.time.now
        try await s3.database.write { connection in
            guard let bucket = try BucketRows(connection: connection).bucket("bucket") else { return }
            let objects = ObjectRows(connection: connection)
            var generator = BufferedRandom()
            for row in rows {
                try objects.insert(
                    ObjectRecord(
                        bucket: bucket.id, key: row.key, position: row.position,
                        version: row.position < 0 ? VersionID.make(position: row.position, using: &generator) : nil,
                        isMarker: row.isMarker, etag: "e",
                        modified: time))
            }
        }
    }

    /// How many rows a call reads.
    private static func rows(
        _ s3: Harness, _ recorder: RecordingDatabase, _ operation: String, _ input: [String: WireValue] = [:]
    ) async throws -> (output: WireValue, rows: Int) {
        _ = recorder.take()
        let output = try await s3.call(operation, input.merging(["Bucket": "bucket"]) { $1 }).output
        return (output, recorder.take().reduce(0) { $0 + $1.rows })
    }

    @Test func `a huge common prefix is passed without being read`() async throws {
        try await Self.with { s3, recorder in
            try await Self.fill(
                s3,
                ["a", "b"].flatMap { folder in (0..<4000).map { ("\(folder)/\($0)", 0, false) } }
                    + [("c", 0, false)])
            for operation in ["ListObjects", "ListObjectsV2", "ListObjectVersions"] {
                let (output, rows) = try await Self.rows(s3, recorder, operation, ["Delimiter": "/"])
                #expect(output["CommonPrefixes"]?.listValue?.count == 2)
                #expect(rows < 200, "\(operation)")
                let plain = try await Self.rows(s3, recorder, operation, ["MaxKeys": 100]).rows
                #expect(plain < 110, "\(operation)")
            }
        }
    }

    @Test func `old versions are passed by listings, and paged where they are asked for`() async throws {
        try await Self.with { s3, recorder in
            try await s3.setVersioning("Enabled")
            // The first key has few versions, lest the first look is all there is.
            try await Self.fill(
                s3, (0..<20).flatMap { key in (0..<500).map { ("key\(key)", -Int64($0) - 1, false) } })
            let (output, rows) = try await Self.rows(s3, recorder, "ListObjectsV2")
            #expect(output["KeyCount"]?.integerValue == 20)
            #expect(rows < 2500)
            // However far the page is from the first.
            var marker: [String: WireValue] = [:]
            for _ in 0..<4 {
                let (page, read) = try await Self.rows(
                    s3, recorder, "ListObjectVersions", marker.merging(["MaxKeys": 100]) { $1 })
                #expect(page["Versions"]?.listValue?.count == 100)
                #expect(read < 110)
                marker["KeyMarker"] = page["NextKeyMarker"]
                marker["VersionIdMarker"] = page["NextVersionIdMarker"]
            }
        }
    }

    @Test(arguments: ["", "/"])
    func `a page gives up among deleted objects, and the next goes on`(delimiter: String) async throws {
        try await Self.with { s3, recorder in
            try await s3.setVersioning("Enabled")
            let hidden = (10_000..<35_000).map { ("folder/\($0)", Int64(-1), true) }
            try await Self.fill(s3, hidden + [("folder/99999", -1, false), ("g", -1, false)])
            var token: WireValue?
            var found: [String] = []
            var pages = 0
            repeat {
                var input: [String: WireValue] = ["Delimiter": .string(delimiter)]
                input["ContinuationToken"] = token
                let (output, rows) = try await Self.rows(s3, recorder, "ListObjectsV2", input)
                #expect(rows < S3Service.patience + 1100)
                found += output["CommonPrefixes"]?.listValue?.compactMap { $0["Prefix"]?.stringValue } ?? []
                found += output["Contents"]?.listValue?.compactMap { $0["Key"]?.stringValue } ?? []
                token = output["NextContinuationToken"]
                pages += 1
                #expect((token != nil) == (output["IsTruncated"]?.booleanValue == true))
            } while token != nil && pages < 5
            #expect(pages == 2)
            #expect(found == [delimiter.isEmpty ? "folder/99999" : "folder/", "g"])
        }
    }

    @Test func `what is left of a token counts for another prefix too`() async throws {
        try await Self.with { s3, _ in
            try await Self.fill(s3, [("a", 0, false), ("b/1", 0, false), ("b/2", 0, false), ("c", 0, false)])
            let token = WireValue.string(ContinuationToken.encode("\u{0}a"))
            #expect(try await s3.keys(["ContinuationToken": token, "Prefix": "b/"]) == ["b/1", "b/2"])
            #expect(try await s3.keys(["ContinuationToken": token]) == ["b/1", "b/2", "c"])
        }
    }

    @Test func `every statement finds its rows by an index, in order`() async throws {
        try await Self.with { s3, recorder in
            try await Self.everything(s3)
            await SegmentCollector(database: s3.database, folder: s3.service.folder, logger: s3.service.logger)
                .collect(now: s3.time.now.advanced(by: .seconds(1000)))
            let statements = recorder.take()
            var seen: Set<String> = []
            var places = 0
            for statement in statements where seen.insert(statement.sql).inserted {
                let plan = try await recorder.plan(statement)
                for step in plan {
                    #expect(!step.hasPrefix("SCAN") && !step.contains("TEMP B-TREE"), "\(step): \(statement.sql)")
                    // Both of a place's parts, or what lies before it in its key would be read again.
                    if statement.sql.contains("(key, position)") {
                        #expect(step.contains("(key,position)>"), "\(step)")
                        places += 1
                    } else if statement.sql.contains("id > ?") {
                        #expect(step.contains("key=? AND rowid>?") || step.contains("key=? AND id>?"), "\(step)")
                        places += 1
                    }
                }
            }
            #expect(seen.count > 40)
            #expect(places >= 4)
        }
    }

    /// Calls that read or change rows.
    private static func everything(_ s3: Harness) async throws {
        let large = Harness.bytes(100_000)
        func call(_ operation: String, _ input: [String: WireValue] = [:]) async throws -> WireValue {
            try await s3.call(operation, input.merging(["Bucket": "bucket"]) { $1 }).output
        }
        try await s3.put("plain", [1])
        try await s3.put("plain", large)
        try await s3.setVersioning("Enabled")
        for body in [[2], large, [3]] { try await s3.put("plain", body) }
        let first = try await call("ListObjectVersions", ["MaxKeys": 1, "Delimiter": "/"])
        let version = first["NextVersionIdMarker"] ?? ""
        _ = try await call("ListObjectVersions", ["KeyMarker": "plain", "VersionIdMarker": version, "Prefix": "p"])
        _ = try await call("ListObjectVersions", ["KeyMarker": "plain", "VersionIdMarker": "null"])
        _ = try await call("GetObject", ["Key": "plain", "VersionId": version])
        _ = try await call("GetObject", ["Key": "plain", "VersionId": "null"])
        _ = try await call("HeadObject", ["Key": "plain"])
        _ = try await call("CopyObject", ["Key": "copy", "CopySource": "bucket/plain?versionId=null"])
        _ = try await call("PutObjectTagging", ["Key": "copy", "Tagging": .structure(["TagSet": .list([])])])
        _ = try await call("DeleteObject", ["Key": "plain"])
        _ = try await call("DeleteObject", ["Key": "plain", "VersionId": version])
        try await s3.setVersioning("Suspended")
        try await s3.put("plain", large)
        _ = try await call("DeleteObject", ["Key": "copy"])
        _ = try await call(
            "DeleteObjects", ["Delete": .structure(["Objects": .list([.structure(["Key": "plain"])])])])
        for operation in ["ListObjects", "ListObjectsV2"] {
            _ = try await call(operation, ["Prefix": "p", "Delimiter": "/"])
            _ = try await call(operation, ["Marker": "a", "StartAfter": "a"])
        }

        var uploads: [WireValue] = []
        for _ in 0..<3 {
            let upload = try await call("CreateMultipartUpload", ["Key": "up"])["UploadId"] ?? ""
            uploads.append(upload)
            for number in 1...2 {
                let part: [String: WireValue] = [
                    "Bucket": "bucket", "Key": "up", "UploadId": upload, "PartNumber": .integer(Int64(number)),
                    "Body": .blob(Harness.bytes(10)),
                ]
                _ = try await s3.call("UploadPart", part)
            }
        }
        _ = try await call("ListParts", ["Key": "up", "UploadId": uploads[0], "PartNumberMarker": 1])
        _ = try await call("ListMultipartUploads", ["Prefix": "u", "Delimiter": "/"])
        _ = try await call("ListMultipartUploads", ["KeyMarker": "up", "UploadIdMarker": uploads[0]])
        let parts = try await call("ListParts", ["Key": "up", "UploadId": uploads[0]])["Parts"]?.listValue ?? []
        let chosen = parts.prefix(1).map {
            WireValue.structure(["PartNumber": $0["PartNumber"] ?? 0, "ETag": $0["ETag"] ?? ""])
        }
        _ = try await call(
            "CompleteMultipartUpload",
            ["Key": "up", "UploadId": uploads[0], "MultipartUpload": .structure(["Parts": .list(chosen)])])
        _ = try await call("AbortMultipartUpload", ["Key": "up", "UploadId": uploads[1]])

        let days = WireValue.structure(["DaysAfterInitiation": 1])
        let rule: [String: WireValue] = [
            "ID": "r", "Status": "Enabled", "Filter": .structure(["Prefix": ""]),
            "Expiration": .structure(["Days": 1]), "AbortIncompleteMultipartUpload": days,
        ]
        _ = try await call(
            "PutBucketLifecycleConfiguration",
            ["LifecycleConfiguration": .structure(["Rules": .list([.structure(rule)])])])
        try await s3.put("old", large)
        let run = Task { await s3.jobs.run() }
        for _ in 0..<4 {
            s3.time.advance(by: .seconds(86_400))
            s3.jobs.timeMoved()
            await s3.jobs.settled()
        }
        run.cancel()
        await run.value
        await SegmentCollector(database: s3.database, folder: s3.service.folder, logger: s3.service.logger)
            .forgetCompletedUploads(before: s3.time.now)

        _ = try await s3.call("ListBuckets", ["Prefix": "b", "BucketRegion": "us-east-1"])
        _ = try await s3.call("ListBuckets", ["ContinuationToken": .string(ContinuationToken.encode("a"))])
        try await s3.bucket("gone")
        _ = try await s3.call("DeleteBucket", ["Bucket": "gone"])
    }
}
