import Persistence
import ServiceKit
import ServiceModel
import TestSupport
import Testing

@testable import S3

/// The numbers that order a key's changes, and what is kept of buckets.
struct SequenceTests {
    @Test(arguments: TestDatabase.engines)
    func `numbers grow where clocks go back`(engine: SQLEngine) async throws {
        try await TestDatabase.with(engine, S3Migrations.all) { database in
            let now = SystemTime().now
            var last: Int64 = 0
            // One process after another, each with a clock that is an hour behind the one before.
            for hours in 0..<4 {
                let clock = SequenceClock(time: VirtualTime(now: now.advanced(by: .seconds(-3600 * hours))))
                try await clock.reserve(database)
                for _ in 0..<3 {
                    let next = try await database.write { try clock.next(in: $0) }
                    #expect(next > last)
                    last = next
                }
            }
        }
    }

    @Test func `numbers are taken in time`() async throws {
        try await TestDatabase.with(.sqlite, S3Migrations.all) { database in
            let time = VirtualTime()
            let clock = SequenceClock(time: time)
            for _ in 0..<10 {
                try await clock.reserve(database)
                let next = clock.next()
                let ceiling = try await database.read {
                    try $0.first("SELECT ceiling FROM s3_sequence")?.integer(0) ?? 0
                }
                #expect(next < ceiling)
                time.advance(by: .seconds(1000))
            }
        }
    }

    @Test(arguments: TestDatabase.engines)
    func `a key's numbers grow whatever the clock says`(engine: SQLEngine) async throws {
        try await Harness.with(engine) { s3 in
            try await s3.bucket()
            try await s3.put("k", [1])
            let ahead = SystemTime().now.milliseconds * 1000 + 86_400_000_000
            try await s3.database.write { try $0.execute("UPDATE s3_objects SET sequence = ?", [.integer(ahead)]) }
            try await s3.put("k", [2])
            let sequence = try await s3.database.read {
                try $0.first("SELECT sequence FROM s3_objects")?.integer(0)
            }
            #expect(sequence ?? 0 > ahead)
        }
    }

    @Test func `buckets take little memory however large their settings are`() async throws {
        try await Harness.with(.sqlite) { s3 in
            let catalog = BucketCatalog(database: s3.database, limit: 100_000)
            for number in 0..<20 {
                try await s3.bucket("bucket-\(number)")
                let tags = (0..<40).map { index in
                    WireValue.structure([
                        "Key": .string("key-\(index)"), "Value": .string(String(repeating: "v", count: 50)),
                    ])
                }
                _ = try await s3.call(
                    "PutBucketTagging",
                    ["Bucket": .string("bucket-\(number)"), "Tagging": .structure(["TagSet": .list(tags)])])
                #expect(try await catalog.bucket("bucket-\(number)") != nil)
                #expect(catalog.size > 0 && catalog.size <= 100_000)
            }
            for number in 0..<20 { catalog.forget("bucket-\(number)") }
            #expect(catalog.size == 0)
        }
    }
}
