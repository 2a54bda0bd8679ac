import ServiceKit
import ServiceModel
import TestSupport
import Testing

@testable import Persistence
@testable import S3

/// What is left when a database or a process fails in the middle.
struct InterruptionTests {
    private static let large = Harness.bytes(100_000)

    private static func with(
        _ engine: SQLEngine, _ body: @Sendable (Harness, InterruptedDatabase) async throws -> Void
    ) async throws {
        try await TemporaryFolder.with { folder in
            try await TestDatabase.with(engine, JobMigrations.all + S3Migrations.all) { base in
                let database = InterruptedDatabase(base)
                try await body(Harness(database, folder: folder + "/objects"), database)
            }
        }
    }

    private static func begin(_ s3: Harness, _ key: String) async throws -> [String: WireValue] {
        let target: [String: WireValue] = ["Bucket": "bucket", "Key": .string(key)]
        let upload = try await s3.call("CreateMultipartUpload", target).output
        return target.merging(["UploadId": upload["UploadId"] ?? "", "PartNumber": 1]) { $1 }
    }

    @Test(arguments: TestDatabase.engines)
    func `an object whose commit was not heard of is whole`(engine: SQLEngine) async throws {
        try await Self.with(engine) { s3, database in
            try await s3.bucket()
            database.interrupt(after: 0, .answerIsLost)
            await #expect(throws: DatabaseError.self) { try await s3.put("put", Self.large) }
            #expect(try await s3.get("put") == Self.large)

            // Another checksum: the bytes are written anew.
            database.interrupt(after: 0, .answerIsLost)
            await #expect(throws: DatabaseError.self) {
                try await s3.call(
                    "CopyObject",
                    ["Bucket": "bucket", "Key": "copy", "CopySource": "bucket/put", "ChecksumAlgorithm": "SHA256"])
            }
            #expect(try await s3.get("copy") == Self.large)
        }
    }

    @Test(arguments: TestDatabase.engines)
    func `a part whose commit was not heard of is whole`(engine: SQLEngine) async throws {
        try await Self.with(engine) { s3, database in
            try await s3.bucket()
            try await s3.put("source", [1, 2, 3])
            for more in [["Body": WireValue.blob(Self.large)], ["CopySource": "bucket/source"]] {
                let part = try await Self.begin(s3, "whole").merging(more) { $1 }
                database.interrupt(after: 0, .answerIsLost)
                await #expect(throws: DatabaseError.self) {
                    try await s3.call(more["Body"] == nil ? "UploadPartCopy" : "UploadPart", part)
                }
                let listed = try await s3.call("ListParts", part).output["Parts"]?.listValue ?? []
                #expect(listed.count == 1)
                let parts = listed.map { WireValue.structure(["PartNumber": 1, "ETag": $0["ETag"] ?? ""]) }
                _ = try await s3.call(
                    "CompleteMultipartUpload",
                    part.merging(["MultipartUpload": .structure(["Parts": .list(parts)])]) { $1 })
                #expect(try await s3.get("whole") == (more["Body"] == nil ? [1, 2, 3] : Self.large))
            }
        }
    }

    @Test(arguments: TestDatabase.engines)
    func `what surely is not named leaves no file`(engine: SQLEngine) async throws {
        try await Self.with(engine) { s3, _ in
            try await s3.bucket()
            try await s3.put("k", [1])
            let input: [String: WireValue] = [
                "Bucket": "bucket", "Key": "k", "Body": .blob(Self.large), "ChecksumCRC32": "AAAAAA==",
            ]
            #expect(try await s3.refusal("PutObject", input) == "BadDigest")
            #expect(s3.files.isEmpty)
        }
    }

    private static func collect(_ s3: Harness) async {
        await SegmentCollector(database: s3.database, folder: s3.service.folder, logger: s3.service.logger).collect(
            now: s3.time.now.advanced(by: .seconds(1000)))
    }

    private static func copies(_ s3: Harness) async throws -> [(operation: String, input: [String: WireValue])] {
        let part = try await begin(s3, "part").merging(["CopySource": "bucket/source"]) { $1 }
        return [
            ("CopyObject", ["Bucket": "bucket", "Key": "copy", "CopySource": "bucket/source"]),
            ("UploadPartCopy", part),
        ]
    }

    @Test(arguments: TestDatabase.engines, [0, 1])
    func `a copy keeps what its source had`(engine: SQLEngine, number: Int) async throws {
        for replaces in [false, true] {
            try await Self.with(engine) { s3, database in
                try await s3.bucket()
                try await s3.put("source", Self.large)
                let (operation, input) = try await Self.copies(s3)[number]
                database.interrupt(
                    after: 0,
                    .meanwhile {
                        if replaces {
                            try await s3.put("source", [1])
                        } else {
                            _ = try await s3.call("DeleteObject", ["Bucket": "bucket", "Key": "source"])
                        }
                    })
                _ = try await s3.call(operation, input)
                await Self.collect(s3)
                #expect(s3.files.count == 1)
                if number == 0 { #expect(try await s3.get("copy") == Self.large) }
            }
        }
    }

    @Test(arguments: TestDatabase.engines, [0, 1])
    func `a copy whose source is gone for good is none`(engine: SQLEngine, number: Int) async throws {
        try await Self.with(engine) { s3, database in
            try await s3.bucket()
            try await s3.put("source", Self.large)
            let (operation, input) = try await Self.copies(s3)[number]
            // Another node has deleted it and begun to remove the file: it knows of nobody who reads.
            database.interrupt(
                after: 0,
                .meanwhile {
                    let names = s3.files
                    let folder = s3.service.folder
                    _ = try await s3.call("DeleteObject", ["Bucket": "bucket", "Key": "source"])
                    try await s3.database.write {
                        _ = try SegmentRows(connection: $0, folder: folder).beginRemoval(names)
                    }
                })
            #expect(try await s3.refusal(operation, input) == "NoSuchKey")
            await Self.collect(s3)
            #expect(s3.files.isEmpty)
        }
    }

    @Test(arguments: TestDatabase.engines)
    func `rules that are there are applied`(engine: SQLEngine) async throws {
        let rule = WireValue.structure([
            "ID": "r", "Status": "Enabled", "Filter": .structure(["Prefix": ""]),
            "Expiration": .structure(["Days": 1]),
        ])
        let input: [String: WireValue] = [
            "Bucket": "bucket", "LifecycleConfiguration": .structure(["Rules": .list([rule])]),
        ]
        for writes in 0..<3 {
            try await Self.with(engine) { s3, database in
                try await s3.bucket()
                database.interrupt(after: writes, .processEnds)
                let isDone = (try? await s3.call("PutBucketLifecycleConfiguration", input)) != nil
                database.goOn()
                let hasRules =
                    try await s3.refusal("GetBucketLifecycleConfiguration", ["Bucket": "bucket"]) == nil
                let count = try await s3.jobs.count(kind: LifecycleWorker.kind)
                #expect(hasRules == (count == 1))
                #expect(!isDone || hasRules)

                database.interrupt(after: writes, .processEnds)
                _ = try? await s3.call("DeleteBucketLifecycle", ["Bucket": "bucket"])
                database.goOn()
                let hasRulesStill =
                    try await s3.refusal("GetBucketLifecycleConfiguration", ["Bucket": "bucket"]) == nil
                #expect(try await hasRulesStill == (s3.jobs.count(kind: LifecycleWorker.kind) == 1))
            }
        }
    }

    @Test(arguments: TestDatabase.engines)
    func `rules that are put while they are applied have one job`(engine: SQLEngine) async throws {
        try await Self.with(engine) { s3, _ in
            try await s3.bucket()
            let rule = WireValue.structure([
                "ID": "r", "Status": "Enabled", "Filter": .structure(["Prefix": ""]),
                "Expiration": .structure(["Days": 1]),
            ])
            let input: [String: WireValue] = [
                "Bucket": "bucket", "LifecycleConfiguration": .structure(["Rules": .list([rule])]),
            ]
            _ = try await s3.call("PutBucketLifecycleConfiguration", input)
            let job = Job(
                id: 1, lane: JobLane(kind: LifecycleWorker.kind, name: "1"), due: s3.time.now, attempts: 0,
                payload: Array("1".utf8))
            let outcome = await s3.service.lifecycle.run(job)
            _ = try await s3.call("PutBucketLifecycleConfiguration", input)
            guard case .doneWith(let body) = outcome else {
                Issue.record("the rules were not applied")
                return
            }
            try await s3.jobs.write(body)
            #expect(try await s3.jobs.count(kind: LifecycleWorker.kind) == 1)
        }
    }
}
