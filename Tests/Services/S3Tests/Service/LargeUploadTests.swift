import Persistence
import ServiceKit
import ServiceModel
import TestSupport
import Testing

@testable import S3

/// Uploads of many parts, and what happens to them meanwhile.
struct LargeUploadTests {
    private static let target: [String: WireValue] = ["Bucket": "bucket", "Key": "k"]

    private static func with(
        _ engine: SQLEngine, _ body: @Sendable (Harness, InterruptedDatabase) async throws -> Void
    ) async throws {
        try await TemporaryFolder.with { folder in
            try await TestDatabase.with(engine, JobMigrations.all + S3Migrations.all) { base in
                let database = InterruptedDatabase(base)
                let s3 = try Harness(database, folder: folder + "/objects")
                try await s3.bucket()
                try await body(s3, database)
            }
        }
    }

    private static func begin(_ s3: Harness) async throws -> [String: WireValue] {
        let upload = try await s3.call("CreateMultipartUpload", target).output
        return target.merging(["UploadId": upload["UploadId"] ?? ""]) { $1 }
    }

    private static func part(_ s3: Harness, _ upload: [String: WireValue], _ number: Int, _ body: [UInt8]) async throws
        -> WireValue
    {
        let input = upload.merging(["PartNumber": .integer(Int64(number)), "Body": .blob(body)]) { $1 }
        let output = try await s3.call("UploadPart", input).output
        return .structure(["PartNumber": .integer(Int64(number)), "ETag": output["ETag"] ?? ""])
    }

    private static func complete(_ upload: [String: WireValue], _ parts: [WireValue]) -> [String: WireValue] {
        upload.merging(["MultipartUpload": .structure(["Parts": .list(parts)])]) { $1 }
    }

    /// Parts as if they had been uploaded, without files.
    private static func addParts(_ s3: Harness, _ upload: [String: WireValue], _ count: Int) async throws {
        let name = upload["UploadId"]?.stringValue ?? ""
        let now = s3.time.now
        try await s3.database.write { connection in
            let rows = UploadRows(connection: connection)
            guard let bucket = try BucketRows(connection: connection).bucket("bucket"),
                let id = try rows.upload(bucket.id, "k", name)?.id
            else { return }
            for number in 1...count {
                let segment = (0..<16).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
                let extent = Extent(segment: segment, offset: 0, length: 5 << 20, size: 5 << 20, sealedKey: [])
                try connection.execute(
                    "INSERT INTO s3_segments (name, links) VALUES (?, 1)", [.text(extent.name)])
                try rows.put(
                    PartRecord(
                        number: number, size: 5 << 20, etag: "00", modified: now, checksum: "AAAAAAAAAAA=",
                        manifest: Manifest.encode([extent])), upload: id)
            }
        }
    }

    private static func count(_ s3: Harness, _ table: String) async throws -> Int {
        try await s3.database.read { Int(try $0.first("SELECT COUNT(*) FROM \(table)")?.integer(0) ?? -1) }
    }

    @Test(arguments: TestDatabase.engines)
    func `a part that comes during the completion is not lost`(engine: SQLEngine) async throws {
        try await Self.with(engine) { s3, database in
            let upload = try await Self.begin(s3)
            let part = try await Self.part(s3, upload, 1, Harness.bytes(100_000))
            // The same bytes again, in another segment.
            database.interrupt(
                after: 0, .meanwhile { _ = try await Self.part(s3, upload, 1, Harness.bytes(100_000)) })
            _ = try await s3.call("CompleteMultipartUpload", Self.complete(upload, [part]))
            await SegmentCollector(database: s3.database, folder: s3.service.folder, logger: s3.service.logger).collect(
                now: s3.time.now.advanced(by: .seconds(1000)))
            #expect(s3.files.count == 1)
            #expect(try await s3.get("k") == Harness.bytes(100_000))

            // Other bytes: what is asked for is not there any more.
            let second = try await Self.begin(s3)
            let old = try await Self.part(s3, second, 1, [1])
            database.interrupt(after: 0, .meanwhile { _ = try await Self.part(s3, second, 1, [2]) })
            #expect(try await s3.refusal("CompleteMultipartUpload", Self.complete(second, [old])) == "InvalidPart")
        }
    }

    @Test(arguments: TestDatabase.engines)
    func `two completions at once are answered the same`(engine: SQLEngine) async throws {
        try await Self.with(engine) { s3, database in
            let upload = try await Self.begin(s3)
            let part = try await Self.part(s3, upload, 1, [1])
            let input = Self.complete(upload, [part])
            database.interrupt(after: 0, .meanwhile { _ = try await s3.call("CompleteMultipartUpload", input) })
            let answer = try await s3.call("CompleteMultipartUpload", input).output
            #expect(try await s3.call("CompleteMultipartUpload", input).output == answer)
            #expect(try await s3.get("k") == [1])
        }
    }

    @Test(arguments: TestDatabase.engines)
    func `an object of many parts names each segment once`(engine: SQLEngine) async throws {
        try await Self.with(engine) { s3, database in
            let upload = try await Self.begin(s3)
            try await Self.addParts(s3, upload, 600)
            let parts = (1...500).map { WireValue.structure(["PartNumber": .integer(Int64($0)), "ETag": "00"]) }
            let before = database.statements
            _ = try await s3.call("CompleteMultipartUpload", Self.complete(upload, parts))
            // Not as many statements as there are parts.
            #expect(database.statements - before < 40)
            #expect(try await Self.count(s3, "s3_segments") == 500)
            #expect(try await Self.count(s3, "s3_garbage") == 100)
            #expect(try await Self.count(s3, "s3_parts") == 0)
            let head = try await s3.call("HeadObject", Self.target.merging(["PartNumber": 500]) { $1 }).output
            #expect(head["PartsCount"] == 500)
            #expect(head["ContentLength"] == .integer(5 << 20))
        }
    }

    @Test(arguments: TestDatabase.engines)
    func `a head does not read where the bytes are`(engine: SQLEngine) async throws {
        try await TemporaryFolder.with { folder in
            try await TestDatabase.with(engine, JobMigrations.all + S3Migrations.all) { base in
                let database = RecordingDatabase(base)
                let s3 = try Harness(database, folder: folder + "/objects")
                try await s3.bucket()
                try await s3.put("k", Harness.bytes(100_000))
                _ = database.take()
                _ = try await s3.call("HeadObject", Self.target)
                let statements = database.take()
                #expect(!statements.isEmpty && !statements.contains { $0.sql.contains("manifest") })
            }
        }
    }

    @Test(arguments: TestDatabase.engines)
    func `uploads of many parts end bit by bit`(engine: SQLEngine) async throws {
        try await Self.with(engine) { s3, database in
            let upload = try await Self.begin(s3)
            try await Self.addParts(s3, upload, 2 * EndedUploads.slice + 10)
            _ = try await s3.call("AbortMultipartUpload", upload)
            #expect(try await Self.count(s3, "s3_parts") == EndedUploads.slice + 10)
            #expect(try await s3.refusal("ListParts", upload) == "NoSuchUpload")
            #expect(try await s3.call("ListMultipartUploads", ["Bucket": "bucket"]).output["Uploads"] == nil)
            // Its number is not given to another one.
            let next = try await Self.begin(s3)
            #expect(try await s3.call("ListParts", next).output["Parts"] == nil)
            _ = try await Self.part(s3, next, 1, [1])
            _ = try await s3.call("DeleteBucket", ["Bucket": "bucket"])
            try await s3.bucket("other")

            let run = Task { await s3.jobs.run() }
            defer { run.cancel() }
            await s3.jobs.settled()
            for table in ["s3_parts", "s3_uploads", "s3_segments"] { #expect(try await Self.count(s3, table) == 0) }
            #expect(try await Self.count(s3, "s3_garbage") == 2 * EndedUploads.slice + 11)
        }
    }
}
