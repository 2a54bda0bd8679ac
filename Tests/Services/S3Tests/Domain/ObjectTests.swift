import ServiceKit
import ServiceModel
import TestSupport
import Testing

@testable import S3

/// Ranges, conditions, names: what is decided about one object.
struct ObjectTests {
    @Test(arguments: [
        ("bytes=0-8", ByteRange.part(0..<9)), ("bytes=1-1", .part(1..<2)), ("bytes=1-0", .whole),
        ("bytes=1-", .part(1..<10)),
        ("bytes=-1-", .whole), ("bytes=-2", .part(8..<10)), ("bytes=-15", .part(0..<10)),
        ("bytes=0-100", .part(0..<10)),
        ("bytes=0--1", .whole), ("bytes=0-1,3-4,7-9", .whole), ("0-8", .whole), ("bytes=-", .whole),
        ("bytes=-0", .unsatisfiable), ("bytes=100-200", .unsatisfiable), ("bytes=10-", .unsatisfiable),
        ("bytes=99999999999999999999-", .unsatisfiable), ("items=0-1", .whole),
    ])
    func `ranges of ten bytes`(header: String, range: ByteRange) { #expect(ByteRange(header, size: 10) == range) }

    @Test func `no range of nothing can be had`() {
        #expect(ByteRange("bytes=0-", size: 0) == .unsatisfiable)
        #expect(ByteRange(nil, size: 0) == .whole)
    }

    private static let modified = Timestamp(milliseconds: 1_700_000_000_700)
    private static let now = Timestamp(milliseconds: 1_800_000_000_000)

    private static func seconds(_ offset: Int64) -> Timestamp {
        Timestamp(milliseconds: 1_700_000_000_000 + offset * 1000)
    }

    @Test(arguments: [
        (ReadConditions(ifMatch: "\"abc\""), ReadConditions.Outcome.met),
        (ReadConditions(ifMatch: "x, abc"), .met),
        (ReadConditions(ifMatch: "\"x\""), .failed("If-Match")),
        (ReadConditions(ifNoneMatch: "*"), .notModified),
        (ReadConditions(ifNoneMatch: "x"), .met),
        (ReadConditions(ifModifiedSince: seconds(0)), .notModified),
        (ReadConditions(ifModifiedSince: seconds(-1)), .met),
        (ReadConditions(ifUnmodifiedSince: seconds(0)), .met),
        (ReadConditions(ifUnmodifiedSince: seconds(-1)), .failed("If-Unmodified-Since")),
        // The ETag is more exact than the time.
        (ReadConditions(ifMatch: "abc", ifUnmodifiedSince: seconds(-1)), .met),
        (ReadConditions(ifNoneMatch: "x", ifModifiedSince: seconds(0)), .met),
        // A time to come says nothing.
        (ReadConditions(ifModifiedSince: Timestamp(milliseconds: 1_900_000_000_000)), .met),
    ])
    func `conditions of reads`(conditions: ReadConditions, outcome: ReadConditions.Outcome) {
        #expect(conditions.outcome(etag: "abc", modified: Self.modified, now: Self.now) == outcome)
    }

    @Test(
        arguments: [
            ("bucket/key", "bucket", "key", nil), ("/bucket/a%2Fb", "bucket", "a/b", nil),
            ("bucket/a b?versionId=xyz", "bucket", "a b", "xyz"),
            ("bucket/a%3FversionId=x", "bucket", "a?versionId=x", nil),
            ("bucket/folder/", "bucket", "folder/", nil),
        ] as [(String, String, String, String?)])
    func `sources of copies`(text: String, bucket: String, key: String, version: String?) throws {
        let source = try CopySource(text)
        #expect(source.bucket == bucket)
        #expect(source.key == key)
        #expect(source.version == version)
    }

    @Test(arguments: ["", "bucket", "bucket/", "/", "//key", "bucket/%zz"])
    func `what is no source is refused`(text: String) {
        #expect(throws: AWSError.self) { _ = try CopySource(text) }
    }

    @Test func `versions' names hold their places`() {
        var generator = SeededGenerator(seed: 1)
        for position in [0, -1, -2, -1_000_000, Int64.min + 1] {
            let name = VersionID.make(position: position, using: &generator)
            #expect(name.utf8.count == 32)
            #expect(VersionID.position(name) == position)
        }
        #expect(VersionID.position("null") == nil)
        #expect(VersionID.position(String(repeating: "!", count: 32)) == nil)
    }

    @Test func `attributes are read again`() {
        var attributes = ObjectAttributes()
        attributes.headers = ["ContentType": "text/plain", "CacheControl": "no-store"]
        attributes.expires = "0"
        attributes.metadata = ["a": "1", "b": ""]
        attributes.tags = [ResourceTag(key: "k", value: "v")]
        attributes.checksum = StoredChecksum(algorithm: .sha256, type: .composite, text: "abc-2")
        attributes.parts = [.init(number: 1, size: 5, checksum: "x"), .init(number: 7, size: 1 << 40, checksum: nil)]
        attributes.acl = AccessControlList.canned("public-read", owner: "o", bucketOwner: "o", isBucket: false)
        attributes.customerKeyMD5 = "md5"
        attributes.retention = .init(mode: "COMPLIANCE", until: Timestamp(milliseconds: -3))
        attributes.hasLegalHold = true
        for restoration in [Restoration.State.ongoing(days: 3), .until(Timestamp(milliseconds: 7))] {
            attributes.restoration = restoration
            #expect(ObjectAttributes(attributes.encoded) == attributes)
        }
    }

    @Test func `damaged attributes are no danger`() {
        var attributes = ObjectAttributes()
        attributes.metadata = ["name": "value"]
        attributes.parts = [.init(number: 1, size: 5)]
        let bytes = attributes.encoded
        for end in bytes.indices { _ = ObjectAttributes(Array(bytes[..<end])) }
        var generator = SeededGenerator(seed: 2)
        for _ in 0..<200 {
            _ = ObjectAttributes((0..<40).map { _ in UInt8.random(in: 0...255, using: &generator) })
            _ = WireCoding.decode((0..<40).map { _ in UInt8.random(in: 0...255, using: &generator) })
            _ = Manifest.decode((0..<40).map { _ in UInt8.random(in: 0...255, using: &generator) })
        }
    }

    @Test func `settings are read again`() {
        let value = WireValue.structure([
            "a": .list([.integer(-1), .boolean(true), .string("x"), .null]),
            "b": .map(["k": .timestamp(Timestamp(milliseconds: 9))]), "c": .double(1.5), "d": .blob([1, 2]),
        ])
        #expect(WireCoding.decode(WireCoding.encode(value)) == value)
    }

    @Test func `a range of a manifest is made of pieces of extents`() {
        func extent(_ name: UInt8, _ length: Int64) -> Extent {
            Extent(segment: [name], offset: 100, length: length, size: 1000, sealedKey: [])
        }
        let extents = [extent(1, 10), extent(2, 5), extent(3, 10)]
        let slice = Manifest.slice(extents, 8..<17)
        #expect(slice.map(\.segment) == [[1], [2], [3]])
        #expect(slice.map(\.offset) == [108, 100, 100])
        #expect(slice.map(\.length) == [2, 5, 2])
        #expect(Manifest.slice(extents, 0..<25) == extents)
        #expect(Manifest.slice(extents, 3..<3).isEmpty)
        #expect(Manifest.decode(Manifest.encode(extents)) == extents)
    }

    @Test(arguments: [
        "abc", "my-bucket.1", "a1b", String(repeating: "a", count: 63), "1.2.3.x",
    ])
    func `names of buckets`(name: String) { #expect(BucketName.isValid(name)) }

    @Test(arguments: [
        "", "ab", "Abc", "a_b", "-abc", "abc-", ".abc", "a..b", "192.168.5.4", "xn--abc", "abc-s3alias", "abc--ol-s3",
        "büc",
        String(repeating: "a", count: 64),
    ])
    func `what is no name of a bucket`(name: String) { #expect(!BucketName.isValid(name)) }
}

/// What a completed upload says of where its object is.
struct ObjectLocationTests {
    @Test(arguments: [
        ("http://localhost:4566", "http://localhost:4566/b/a%20b/c"),
        ("http://s3.localhost:4566", "http://s3.localhost:4566/b/a%20b/c"),
        ("http://b.s3.localhost:4566", "http://b.s3.localhost:4566/a%20b/c"),
        ("https://B.s3.eu-west-1.amazonaws.com", "https://B.s3.eu-west-1.amazonaws.com/a%20b/c"),
        ("https://b.s3-eu-west-1.amazonaws.com", "https://b.s3-eu-west-1.amazonaws.com/a%20b/c"),
        ("http://b.example:4566", "http://b.example:4566/b/a%20b/c"), ("", "/b/a%20b/c"),
    ])
    func `a bucket that the host names is not named again`(endpoint: String, url: String) {
        #expect(ObjectLocation.url(endpoint, bucket: "b", key: "a b/c") == url)
    }
}
