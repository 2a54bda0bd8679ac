import Foundation
import Persistence
import ServiceKit
import ServiceModel
import TestSupport
import Testing

@testable import S3

/// What becomes of the files of objects that go, and of those that stay.
struct SegmentTests {
    private static let large = Harness.bytes(100_000)

    private static func collector(_ s3: Harness, _ folder: SegmentFolder? = nil) -> SegmentCollector {
        SegmentCollector(database: s3.database, folder: folder ?? s3.service.folder, logger: s3.service.logger)
    }

    private static func extents(_ s3: Harness, _ key: String) async throws -> [Extent] {
        try await s3.database.read { connection in
            guard let bucket = try BucketRows(connection: connection).bucket("bucket"),
                let row = try ObjectRows(connection: connection).latest(bucket.id, key, withBody: false)
            else { return [] }
            return Manifest.decode(row.manifest ?? [])
        }
    }

    private static func rows<T: Sendable>(
        _ s3: Harness, _ body: @escaping @Sendable (SegmentRows) throws -> T
    ) async throws -> T {
        let folder = s3.service.folder
        return try await s3.database.write { try body(SegmentRows(connection: $0, folder: folder)) }
    }

    @Test(arguments: TestDatabase.engines)
    func `overwritten and deleted objects give their space back`(engine: SQLEngine) async throws {
        try await Harness.with(engine) { s3 in
            try await s3.bucket()
            for round in 0..<3 {
                for key in ["a", "b", "c"] { try await s3.put(key, Harness.bytes(100_000, seed: UInt64(round))) }
            }
            _ = try await s3.call("DeleteObject", ["Bucket": "bucket", "Key": "c"])
            #expect(s3.files.count == 9)
            await Self.collector(s3).collect(now: s3.time.now.advanced(by: .seconds(1000)))
            #expect(s3.files.count == 2)
            #expect(try await s3.get("a") == Harness.bytes(100_000, seed: 2))
        }
    }

    @Test(arguments: TestDatabase.engines)
    func `what was deleted while it was copied stays`(engine: SQLEngine) async throws {
        try await Harness.with(engine) { s3 in
            try await s3.bucket()
            try await s3.put("a", Self.large)
            // The copy has looked its source up, and commits when that is gone.
            let found = try await Self.extents(s3, "a")
            _ = try await s3.call("DeleteObject", ["Bucket": "bucket", "Key": "a"])
            try await Self.rows(s3) { try $0.link(found) }
            await Self.collector(s3).collect(now: s3.time.now.advanced(by: .seconds(1000)))
            #expect(s3.files.count == 1)
            let manifest = Manifest.encode(found)
            let now = s3.time.now
            try await Self.rows(s3) { try $0.unlink(manifest, at: now) }
            await Self.collector(s3).collect(now: s3.time.now.advanced(by: .seconds(1000)))
            #expect(s3.files.isEmpty)
        }
    }

    @Test(arguments: TestDatabase.engines)
    func `what is being removed, or is gone, is not named again`(engine: SQLEngine) async throws {
        try await Harness.with(engine) { s3 in
            try await s3.bucket()
            try await s3.put("a", Self.large)
            let found = try await Self.extents(s3, "a")
            _ = try await s3.call("DeleteObject", ["Bucket": "bucket", "Key": "a"])
            // A process ends between the commit and the removal.
            let going = try await Self.rows(s3) { try $0.beginRemoval(found.map(\.name)) }
            #expect(going == found.map(\.name))
            await #expect(throws: AWSError.operationAborted) { try await Self.rows(s3) { try $0.link(found) } }
            #expect(s3.files.count == 1)
            // The next one goes on, at once.
            await Self.collector(s3).collect(now: s3.time.now)
            #expect(s3.files.isEmpty)
            await #expect(throws: AWSError.operationAborted) { try await Self.rows(s3) { try $0.link(found) } }
        }
    }

    @Test(arguments: TestDatabase.engines)
    func `files that another node may be writing are left alone for long`(engine: SQLEngine) async throws {
        try await Harness.with(engine) { s3 in
            try await s3.bucket()
            try await s3.put("a", Self.large)
            let shared = SegmentFolder(path: s3.folder, durability: .relaxed, isShared: true)
            let name = try #require(s3.files.first)
            let (young, old) = (name.prefix(2) + "0011", name.prefix(2) + "2233")
            for name in [young, old] { try FileBytes.write([1], shared.file(String(name))) }
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSinceNow: -7200)], ofItemAtPath: shared.file(String(old)))
            let collector = Self.collector(s3, shared)
            await collector.removeOrphans(now: s3.time.now)
            await collector.collect(now: s3.time.now)
            #expect(s3.files.count == 3)
            await collector.collect(now: s3.time.now.advanced(by: .seconds(1000)))
            #expect(Set(s3.files) == [name, String(young)])
        }
    }

    // MARK: Folders

    @Test(arguments: TestDatabase.engines)
    func `nodes on one database share one folder`(engine: SQLEngine) async throws {
        try await Harness.with(engine) { s3 in
            try await s3.service.openFolder()
            try await s3.bucket()
            try await s3.put("large", Self.large)
            try await s3.put("small", [1])

            let other = try Harness(s3.database, folder: s3.folder, secrets: s3.secrets)
            try await other.service.openFolder()
            #expect(try await other.get("large") == Self.large)

            let astray = try Harness(s3.database, folder: s3.folder + "-2", secrets: s3.secrets)
            try await astray.service.openFolder()
            #expect(try await astray.get("small") == [1])
            try await astray.put("small", [2])
            await #expect(throws: AWSError.self) { try await astray.get("large") }
            #expect(
                try await astray.refusal("PutObject", ["Bucket": "bucket", "Key": "large", "Body": .blob(Self.large)])
                    == "ServiceUnavailable")
            #expect(try await s3.get("large") == Self.large)
        }
    }

    @Test func `a folder of another database is left alone`() async throws {
        try await Harness.with(.sqlite) { s3 in
            try await s3.service.openFolder()
            try await s3.bucket()
            try await s3.put("large", Self.large)
            let folder = s3.folder
            try await TestDatabase.with(.sqlite, JobMigrations.all + S3Migrations.all) { database in
                let stranger = try Harness(database, folder: folder)
                try await stranger.service.openFolder()
                try await stranger.bucket()
                #expect(
                    try await stranger.refusal(
                        "PutObject", ["Bucket": "bucket", "Key": "k", "Body": .blob(Self.large)])
                        == "ServiceUnavailable")
                await Self.collector(stranger).removeOrphans(now: stranger.time.now)
            }
            #expect(try await s3.get("large") == Self.large)
        }
    }

    @Test func `a folder is opened again, also after a reset`() async throws {
        try await Harness.with(.sqlite) { s3 in
            try await s3.service.openFolder()
            try await s3.database.eraseAll()
            try await s3.service.reset()
            for _ in 0..<2 {
                let next = try Harness(s3.database, folder: s3.folder)
                try await next.service.openFolder()
                #expect(next.service.folder.isOurs)
            }
            try await s3.bucket()
            try await s3.put("large", Self.large)
            let next = try Harness(s3.database, folder: s3.folder)
            try await next.service.openFolder()
            #expect(next.service.folder.isOurs)
        }
    }
}
