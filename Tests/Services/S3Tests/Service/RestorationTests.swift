import Persistence
import ServiceKit
import ServiceModel
import TestSupport
import Testing

@testable import S3

/// Archived objects that are brought back for a while.
struct RestorationTests {
    private static let queue = "arn:aws:sqs:us-east-1:111122223333:q"

    private static func with(_ engine: SQLEngine, _ body: @Sendable (Harness) async throws -> Void) async throws {
        try await Harness.with(engine) { s3 in
            try await s3.bucket()
            let rule = WireValue.structure([
                "QueueArn": .string(queue), "Events": .list(["s3:ObjectRestore:*"]), "Id": "all",
            ])
            _ = try await s3.call(
                "PutBucketNotificationConfiguration",
                [
                    "Bucket": "bucket", "NotificationConfiguration": .structure(["QueueConfigurations": .list([rule])]),
                ])
            let run = Task { await s3.jobs.run() }
            defer { run.cancel() }
            try await body(s3)
        }
    }

    private static func input(_ key: String, days: Int64 = 2, tier: String? = nil) -> [String: WireValue] {
        var request: [String: WireValue] = ["Days": .integer(days)]
        if let tier { request["GlacierJobParameters"] = .structure(["Tier": .string(tier)]) }
        return ["Bucket": "bucket", "Key": .string(key), "RestoreRequest": .structure(request)]
    }

    private static func header(_ s3: Harness, _ key: String) async throws -> String? {
        try await s3.call("HeadObject", ["Bucket": "bucket", "Key": .string(key)]).output["Restore"]?.stringValue
    }

    private static func advance(_ s3: Harness, hours: Double) async {
        s3.time.advance(by: .seconds(hours * 3600))
        s3.jobs.timeMoved()
        await s3.jobs.settled()
    }

    private static func events(_ s3: Harness) async -> [String] {
        await s3.jobs.settled()
        return s3.told.all.compactMap { $0.body.firstMatch(of: /"eventName":"([^"]*)"/).map { String($0.1) } }
    }

    @Test(arguments: TestDatabase.engines)
    func `an archived object is there for some days`(engine: SQLEngine) async throws {
        try await Self.with(engine) { s3 in
            try await s3.put("k", [1, 2, 3], ["StorageClass": "GLACIER"])
            let target: [String: WireValue] = ["Bucket": "bucket", "Key": "k"]
            let copy: [String: WireValue] = ["Bucket": "bucket", "Key": "copy", "CopySource": "bucket/k"]
            #expect(try await s3.refusal("GetObject", target) == "InvalidObjectState")
            #expect(try await s3.call("RestoreObject", Self.input("k")).status == 202)
            #expect(try await Self.header(s3, "k") == "ongoing-request=\"true\"")
            #expect(try await s3.refusal("RestoreObject", Self.input("k")) == "RestoreAlreadyInProgress")
            await Self.advance(s3, hours: 2.9)
            #expect(try await s3.refusal("GetObject", target) == "InvalidObjectState")
            #expect(try await s3.refusal("CopyObject", copy) == "ObjectNotInActiveTierError")
            await Self.advance(s3, hours: 2.2)
            #expect(try await s3.get("k") == [1, 2, 3])
            #expect(try await s3.refusal("CopyObject", copy) == nil)
            #expect(try await s3.get("copy") == [1, 2, 3])
            // It was midnight of 1 January 2026, a Thursday.
            #expect(
                try await Self.header(s3, "k")
                    == "ongoing-request=\"false\", expiry-date=\"Sun, 04 Jan 2026 00:00:00 GMT\"")
            #expect(await Self.events(s3) == ["ObjectRestore:Post", "ObjectRestore:Completed"])
            #expect(
                s3.told.all.last?.body.contains(
                    "\"lifecycleRestorationExpiryTime\":\"2026-01-04T00:00:00.000Z\",\"lifecycleRestoreStorageClass\":\"GLACIER\""
                )
                    == true)
            await Self.advance(s3, hours: 72)
            #expect(try await s3.refusal("GetObject", target) == "InvalidObjectState")
            #expect(try await Self.header(s3, "k") == nil)
            #expect(
                await Self.events(s3)
                    == ["ObjectRestore:Post", "ObjectRestore:Completed", "ObjectRestore:Delete"])
        }
    }

    @Test(arguments: TestDatabase.engines)
    func `a restored object stays longer when that is asked for`(engine: SQLEngine) async throws {
        try await Self.with(engine) { s3 in
            try await s3.put("k", [1], ["StorageClass": "GLACIER"])
            #expect(try await s3.call("RestoreObject", Self.input("k", days: 1, tier: "Expedited")).status == 202)
            await Self.advance(s3, hours: 0.1)
            #expect(try await s3.get("k") == [1])
            #expect(try await s3.call("RestoreObject", Self.input("k", days: 5)).status == 200)
            await Self.advance(s3, hours: 5 * 24 - 1)
            #expect(try await s3.get("k") == [1])
            await Self.advance(s3, hours: 25)
            #expect(try await s3.refusal("GetObject", ["Bucket": "bucket", "Key": "k"]) == "InvalidObjectState")
            #expect(await Self.events(s3).filter { $0 == "ObjectRestore:Delete" }.count == 1)
        }
    }

    @Test func `what is written anew is not what was to be restored`() async throws {
        try await Self.with(.sqlite) { s3 in
            try await s3.put("k", [1], ["StorageClass": "DEEP_ARCHIVE"])
            #expect(try await s3.refusal("RestoreObject", Self.input("k", tier: "Expedited")) == "InvalidArgument")
            _ = try await s3.call("RestoreObject", Self.input("k", tier: "Bulk"))
            try await s3.put("k", [2], ["StorageClass": "DEEP_ARCHIVE"])
            await Self.advance(s3, hours: 60)
            #expect(try await Self.header(s3, "k") == nil)
            #expect(await Self.events(s3) == ["ObjectRestore:Post"])
        }
    }

    @Test func `only what is archived is restored`() async throws {
        try await Self.with(.sqlite) { s3 in
            try await s3.put("instant", [1], ["StorageClass": "GLACIER_IR"])
            #expect(try await s3.get("instant") == [1])
            #expect(try await s3.refusal("RestoreObject", Self.input("instant")) == "InvalidObjectState")
            #expect(try await s3.refusal("RestoreObject", Self.input("none")) == "NoSuchKey")
            try await s3.put("k", [1], ["StorageClass": "GLACIER"])
            #expect(try await s3.refusal("RestoreObject", Self.input("k", days: 0)) == "InvalidArgument")
            #expect(try await s3.refusal("RestoreObject", ["Bucket": "bucket", "Key": "k"]) == "MalformedXML")
        }
    }
}
