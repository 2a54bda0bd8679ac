import Persistence
import ServiceKit
import ServiceModel
import Synchronization
import TestSupport
import Testing

@testable import S3

/// Whom an event that can't be told holds up.
struct NotificationLaneTests {
    private static let queue = "arn:aws:sqs:us-east-1:111122223333:q"

    /// Fails to take the events of some keys.
    private final class Fussy: EventDelivery, FunctionPermissions {
        private struct State {
            var disliked: Set<String> = []
            var told: [String] = []
        }

        private let state = Mutex(State())
        var told: [String] { state.withLock { $0.told } }

        func dislike(_ keys: Set<String>) { state.withLock { $0.disliked = keys } }

        func canDeliver(to target: DeliveryTarget) -> Bool { true }
        func permitsInvocation(of functionARN: String, by principal: Principal) async throws -> Bool { true }

        func deliver(
            _ delivery: Delivery, to target: DeliveryTarget, as principal: Principal, account: String, region: String
        ) async throws {
            let body = String(decoding: delivery.body, as: UTF8.self)
            guard let key = body.firstMatch(of: /"key":"([^"]*)"/)?.1,
                let size = body.firstMatch(of: /"size":([0-9]*)/)?.1
            else { return }
            try state.withLock { state in
                if state.disliked.contains(String(key)) { throw AWSError.internalFailure }
                state.told.append("\(key) \(size)")
            }
        }
    }

    private struct Rig: Sendable {
        let service: S3Service
        let jobs: JobQueue
        let time: VirtualTime
        let target: Fussy

        func put(_ key: String, _ size: Int) async throws {
            _ = try await service.handle(
                Call(
                    service: "s3", operation: "PutObject",
                    input: .structure([
                        "Bucket": "bucket", "Key": .string(key), "Body": .blob(Array(repeating: 0, count: size)),
                    ]), principal: .root(account: Harness.account), account: Harness.account, region: "us-east-1",
                    requestID: RandomUUID.make(), endpoint: "http://localhost"))
        }

        /// Lets time go on until the target was told so much.
        func untilTold(_ count: Int) async -> [String] {
            for _ in 0..<60 {
                await jobs.settled()
                if target.told.count >= count { break }
                time.advance(by: .seconds(60))
                jobs.timeMoved()
            }
            return target.told
        }
    }

    private static func with(_ engine: SQLEngine, _ body: @Sendable (Rig) async throws -> Void) async throws {
        try await Harness.with(engine) { s3 in
            let target = Fussy()
            let jobs = JobQueue(database: s3.database, time: s3.time)
            let service = S3Service(
                database: s3.database, folder: s3.folder, durability: .relaxed, jobs: jobs, deliveries: target,
                permissions: target, secrets: SecretBox(MasterKey(), purpose: "s3/objects"), time: s3.time)
            try await s3.bucket()
            let rule = WireValue.structure([
                "QueueArn": .string(queue), "Events": .list(["s3:ObjectCreated:*"]), "Id": "all",
            ])
            _ = try await s3.call(
                "PutBucketNotificationConfiguration",
                [
                    "Bucket": "bucket", "NotificationConfiguration": .structure(["QueueConfigurations": .list([rule])]),
                ])
            let run = Task { await jobs.run() }
            defer { run.cancel() }
            try await body(Rig(service: service, jobs: jobs, time: s3.time, target: target))
        }
    }

    /// Keys of one shared lane.
    private static func neighbours(_ count: Int) -> [String] {
        let bucket = BucketRecord(
            id: 1, name: "bucket", account: Harness.account, region: "us-east-1", created: Timestamp(milliseconds: 0),
            version: 1, settings: [:])
        func lane(_ key: String) -> String {
            NotificationJob(
                bucket: bucket, key: key, target: queue, began: Timestamp(milliseconds: 0), delivery: Delivery(body: [])
            ).lane
        }
        return Array((0...).lazy.map { "k\($0)" }.filter { lane($0) == lane("k0") }.prefix(count))
    }

    @Test(arguments: TestDatabase.engines)
    func `an event that is not taken holds up its own key alone`(engine: SQLEngine) async throws {
        try await Self.with(engine) { rig in
            let keys = Self.neighbours(3)
            rig.target.dislike([keys[0]])
            for round in 1...4 { for key in keys { try await rig.put(key, round) } }
            // The clock stands still: nothing is waited for.
            await rig.jobs.settled()
            #expect(rig.target.told == (1...4).flatMap { round in keys.dropFirst().map { "\($0) \(round)" } })
            rig.target.dislike([])
            try await rig.put(keys[0], 5)
            let told = await rig.untilTold(13)
            #expect(told.filter { $0.hasPrefix(keys[0] + " ") } == (1...5).map { "\(keys[0]) \($0)" })
            #expect(told.count == 13)
            // Its own lane is left again.
            try await rig.put(keys[0], 6)
            await rig.jobs.settled()
            #expect(rig.target.told.last == "\(keys[0]) 6")
        }
    }

    @Test(arguments: TestDatabase.engines)
    func `a target that takes nothing has few lanes`(engine: SQLEngine) async throws {
        try await Self.with(engine) { rig in
            let keys = Self.neighbours(NotificationWorker.sidings + 5)
            rig.target.dislike(Set(keys))
            for round in 1...2 { for key in keys { try await rig.put(key, round) } }
            await rig.jobs.settled()
            let lanes = try await rig.service.database.read {
                try $0.query("SELECT DISTINCT lane FROM jobs WHERE kind = ?", [.text(NotificationJob.kind)]).count
            }
            #expect(lanes == NotificationWorker.sidings + 1)
            rig.target.dislike([])
            let told = await rig.untilTold(2 * keys.count)
            #expect(told.count == 2 * keys.count)
            for key in keys { #expect(told.filter { $0.hasPrefix(key + " ") } == ["\(key) 1", "\(key) 2"]) }
        }
    }
}
