import Persistence
import ServiceKit
import ServiceModel
import TestSupport
import Testing

@testable import S3

/// Objects through the service, on both engines.
struct ObjectServiceTests {
    @Test(arguments: TestDatabase.engines, [0, 1, 1000, 32 * 1024, 32 * 1024 + 1, 262_144, 3_000_000])
    func `what is put is got, whole and in ranges`(engine: SQLEngine, size: Int) async throws {
        try await Harness.with(engine) { s3 in
            try await s3.bucket()
            let body = Harness.bytes(size)
            for piece in [70_001, 1_048_576] {
                _ = try await s3.call(
                    "PutObject", ["Bucket": "bucket", "Key": "k"],
                    payload: PieceSource(body, piece: piece, isLengthKnown: piece > 100_000))
                #expect(try await s3.get("k") == body)
            }
            guard size > 10 else { return }
            for (low, high) in [(0, 0), (1, size / 2), (size - 3, size - 1), (262_143, 262_145), (262_144, 524_287)]
            where high < size {
                #expect(try await s3.get("k", ["Range": .string("bytes=\(low)-\(high)")]) == Array(body[low...high]))
            }
        }
    }

    @Test(arguments: TestDatabase.engines)
    func `bodies are encrypted where they lie`(engine: SQLEngine) async throws {
        try await Harness.with(engine) { s3 in
            try await s3.bucket()
            let text = Array(String(repeating: "plain words ", count: 8000).utf8)
            try await s3.put("small", Array(text[..<1000]))
            try await s3.put("large", text)
            let row = try await s3.database.read { try ObjectRows(connection: $0).latest(1, "small", withBody: true) }
            let sealed = try #require(row?.body)
            #expect(!String(decoding: sealed, as: UTF8.self).contains("plain words"))
            let file = try #require(s3.files.first)
            let bytes = try FileBytes.read(s3.service.folder.file(file))
            let frames = (text.count + ObjectCipher.frame - 1) / ObjectCipher.frame
            #expect(bytes.count == text.count + frames * ObjectCipher.overhead)
            #expect(!String(decoding: bytes, as: UTF8.self).contains("plain words"))
        }
    }

    @Test(arguments: TestDatabase.engines)
    func `a body that breaks off leaves nothing`(engine: SQLEngine) async throws {
        try await Harness.with(engine) { s3 in
            try await s3.bucket()
            let failure = AWSError("IncompleteBody", status: 400, message: "")
            for size in [100, 2_000_000] {
                let source = PieceSource(Harness.bytes(size), piece: 300_000, failure: failure)
                #expect(
                    try await s3.refusal("PutObject", ["Bucket": "bucket", "Key": "k"], payload: source)
                        == "IncompleteBody")
            }
            #expect(try await s3.keys().isEmpty)
            #expect(s3.files.isEmpty)
            let wrong: [String: WireValue] = ["Bucket": "bucket", "Key": "k", "ChecksumCRC32": "AAAAAA=="]
            #expect(
                try await s3.refusal("PutObject", wrong, payload: PieceSource(Harness.bytes(500_000), piece: 1 << 20))
                    == "BadDigest")
            #expect(s3.files.isEmpty)
        }
    }

    @Test(arguments: TestDatabase.engines)
    func `segments that nothing names are collected`(engine: SQLEngine) async throws {
        try await Harness.with(engine) { s3 in
            try await s3.bucket()
            try await s3.put("a", Harness.bytes(100_000))
            _ = try await s3.call("CopyObject", ["Bucket": "bucket", "Key": "b", "CopySource": "bucket/a"])
            #expect(s3.files.count == 1)
            try await s3.put("a", [1])
            let collector = SegmentCollector(
                database: s3.database, folder: s3.service.folder, logger: s3.service.logger)
            await collector.collect(now: s3.time.now.advanced(by: .seconds(1000)))
            #expect(s3.files.count == 1)
            #expect(try await s3.get("b") == Harness.bytes(100_000))
            _ = try await s3.call("DeleteObject", ["Bucket": "bucket", "Key": "b"])
            await collector.collect(now: s3.time.now)
            #expect(s3.files.count == 1)
            await collector.collect(now: s3.time.now.advanced(by: .seconds(1000)))
            #expect(s3.files.isEmpty)
        }
    }

    @Test func `files that no row names go at the start, others stay`() async throws {
        try await Harness.with(.sqlite) { s3 in
            try await s3.bucket()
            try await s3.put("a", Harness.bytes(100_000))
            let name = try #require(s3.files.first)
            try FileBytes.write([1], s3.service.folder.file(String(name.prefix(2) + "00112233")))
            #expect(s3.files.count == 2)
            await SegmentCollector(database: s3.database, folder: s3.service.folder, logger: s3.service.logger)
                .removeOrphans(now: s3.time.now)
            #expect(s3.files == [name])
        }
    }

    @Test(arguments: TestDatabase.engines)
    func `versions, markers and null versions`(engine: SQLEngine) async throws {
        try await Harness.with(engine) { s3 in
            try await s3.bucket()
            try await s3.put("k", [0])
            try await s3.setVersioning("Enabled")
            let one = try #require(try await s3.put("k", [1])["VersionId"]?.stringValue)
            let two = try #require(try await s3.put("k", [2])["VersionId"]?.stringValue)
            #expect(try await s3.get("k") == [2])
            #expect(try await s3.get("k", ["VersionId": .string(one)]) == [1])
            #expect(try await s3.get("k", ["VersionId": "null"]) == [0])
            let marker = try await s3.call("DeleteObject", ["Bucket": "bucket", "Key": "k"]).output
            #expect(marker["DeleteMarker"]?.booleanValue == true)
            #expect(try await s3.refusal("GetObject", ["Bucket": "bucket", "Key": "k"]) == "NoSuchKey")
            #expect(try await s3.keys().isEmpty)
            let id = try #require(marker["VersionId"])
            #expect(
                try await s3.refusal("GetObject", ["Bucket": "bucket", "Key": "k", "VersionId": id])
                    == "MethodNotAllowed")
            _ = try await s3.call("DeleteObject", ["Bucket": "bucket", "Key": "k", "VersionId": id])
            #expect(try await s3.get("k") == [2])
            // Suspended: the null version is written anew, and is the latest.
            try await s3.setVersioning("Suspended")
            try await s3.put("k", [3])
            #expect(try await s3.get("k") == [3])
            #expect(try await s3.get("k", ["VersionId": "null"]) == [3])
            let listed = try await s3.versions()["Versions"]?.listValue ?? []
            #expect(listed.compactMap { $0["VersionId"]?.stringValue } == ["null", two, one])
            #expect(listed.compactMap { $0["IsLatest"]?.booleanValue } == [true, false, false])
            _ = try await s3.call("DeleteObject", ["Bucket": "bucket", "Key": "k", "VersionId": "null"])
            #expect(try await s3.get("k") == [2])
            #expect(try await s3.refusal("DeleteBucket", ["Bucket": "bucket"]) == "BucketNotEmpty")
        }
    }

    @Test(arguments: TestDatabase.engines)
    func `conditional writes admit one of many`(engine: SQLEngine) async throws {
        try await Harness.with(engine) { s3 in
            try await s3.bucket()
            let wins = try await withThrowingTaskGroup(of: Bool.self) { group in
                for index in 0..<12 {
                    group.addTask {
                        try await s3.refusal(
                            "PutObject",
                            [
                                "Bucket": "bucket", "Key": "lock", "IfNoneMatch": "*", "Body": .blob([UInt8(index)]),
                            ]) == nil
                    }
                }
                return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(wins == 1)
            let body: [String: WireValue] = ["Bucket": "bucket", "Key": "lock", "Body": .blob([9])]
            #expect(try await s3.refusal("PutObject", body.merging(["IfMatch": "x"]) { $1 }) == "PreconditionFailed")
            #expect(
                try await s3.refusal("PutObject", body.merging(["IfMatch": "x", "Key": "none"]) { $1 }) == "NoSuchKey")
        }
    }

    @Test(arguments: TestDatabase.engines)
    func `listings agree with what is there, whatever was done`(engine: SQLEngine) async throws {
        try await Harness.with(engine) { s3 in
            try await s3.bucket(versioning: "Enabled")
            var generator = SeededGenerator(seed: 11)
            var present: Set<String> = []
            for _ in 0..<150 {
                let key =
                    "\(["a", "b/c", "b/d/", "é"].randomElement(using: &generator) ?? "")\(Int.random(in: 0..<12, using: &generator))"
                if Bool.random(using: &generator) {
                    try await s3.put(key, [1])
                    present.insert(key)
                } else {
                    _ = try await s3.call("DeleteObject", ["Bucket": "bucket", "Key": .string(key)])
                    present.remove(key)
                }
            }
            let expected = present.sorted { $0.isKey(before: $1) }
            #expect(try await s3.keys() == expected)
            var paged: [String] = []
            var token: WireValue?
            repeat {
                var input: [String: WireValue] = ["Bucket": "bucket", "MaxKeys": 7]
                input["ContinuationToken"] = token
                let output = try await s3.call("ListObjectsV2", input).output
                paged += output["Contents"]?.listValue?.compactMap { $0["Key"]?.stringValue } ?? []
                token = output["NextContinuationToken"]
            } while token != nil
            #expect(paged == expected)
        }
    }

    @Test(arguments: TestDatabase.engines)
    func `a customer's key is needed to read what it wrote`(engine: SQLEngine) async throws {
        try await Harness.with(engine) { s3 in
            try await s3.bucket()
            func headers(_ byte: UInt8) -> [String: WireValue] {
                let key = CustomerKey(key: [UInt8](repeating: byte, count: 32))
                return [
                    "SSECustomerAlgorithm": "AES256", "SSECustomerKey": .string(key.key.base64),
                    "SSECustomerKeyMD5": .string(key.md5),
                ]
            }
            for size in [10, 300_000] {
                let body = Harness.bytes(size)
                try await s3.put("k", body, headers(1))
                #expect(try await s3.get("k", headers(1)) == body)
                #expect(try await s3.refusal("GetObject", ["Bucket": "bucket", "Key": "k"]) == "InvalidRequest")
                #expect(
                    try await s3.refusal(
                        "GetObject", headers(2).merging(["Bucket": "bucket", "Key": "k"]) { $1 }) == "AccessDenied")
            }
        }
    }
}
