import Persistence
import ServiceKit
import ServiceModel
import Synchronization
import TestSupport

@testable import S3

/// A service of S3 on a database of its own, called as the dispatcher would.
struct Harness: Sendable {
    static let account = "111122223333"

    let service: S3Service
    let jobs: JobQueue
    let time: VirtualTime
    let told = Deliveries()
    let folder: String
    let database: any Database

    static func with(
        _ engine: SQLEngine, _ body: @Sendable (Harness) async throws -> Void
    ) async throws {
        try await TemporaryFolder.with { folder in
            try await TestDatabase.with(engine, JobMigrations.all + S3Migrations.all) { database in
                try await body(Harness(database, folder: folder + "/objects"))
            }
        }
    }

    let secrets: SecretBox

    init(
        _ database: any Database, folder: String, time: VirtualTime = VirtualTime(),
        secrets: SecretBox = SecretBox(MasterKey(), purpose: "s3/objects")
    ) throws {
        self.database = database
        self.secrets = secrets
        self.folder = folder
        self.time = time
        jobs = JobQueue(database: database, time: time)
        service = S3Service(
            database: database, folder: folder, durability: .relaxed, jobs: jobs, deliveries: told, permissions: told,
            secrets: secrets, time: time)
    }

    func call(
        _ operation: String, _ input: [String: WireValue], account: String = Harness.account,
        principal: Principal? = nil,
        payload: (any ByteSource)? = nil
    ) async throws -> Reply {
        try await service.handle(
            Call(
                service: "s3", operation: operation, input: .structure(input),
                principal: principal ?? .root(account: account), account: account, region: "us-east-1",
                requestID: RandomUUID.make(), endpoint: "http://localhost", payload: payload))
    }

    /// The code with which a call is refused; nil: it is not.
    func refusal(
        _ operation: String, _ input: [String: WireValue], account: String = Harness.account,
        principal: Principal? = nil,
        payload: (any ByteSource)? = nil
    ) async throws -> String? {
        do {
            _ = try await call(operation, input, account: account, principal: principal, payload: payload)
            return nil
        } catch let error as AWSError {
            return error.code
        }
    }

    func bucket(_ name: String = "bucket", versioning: String? = nil) async throws {
        _ = try await call("CreateBucket", ["Bucket": .string(name)])
        if let versioning { try await setVersioning(versioning, name) }
    }

    func setVersioning(_ status: String, _ name: String = "bucket") async throws {
        _ = try await call(
            "PutBucketVersioning",
            ["Bucket": .string(name), "VersioningConfiguration": .structure(["Status": .string(status)])])
    }

    @discardableResult
    func put(_ key: String, _ body: [UInt8], _ more: [String: WireValue] = [:], bucket: String = "bucket") async throws
        -> WireValue
    {
        let input: [String: WireValue] = ["Bucket": .string(bucket), "Key": .string(key), "Body": .blob(body)]
        return try await call("PutObject", input.merging(more) { $1 }).output
    }

    func get(_ key: String, _ more: [String: WireValue] = [:], bucket: String = "bucket") async throws -> [UInt8] {
        let input: [String: WireValue] = ["Bucket": .string(bucket), "Key": .string(key)]
        let reply = try await call("GetObject", input.merging(more) { $1 })
        let length = reply.payload?.length
        let bytes = try await reply.payload?.collect(limit: 1 << 30, orThrow: .internalFailure) ?? []
        guard length == bytes.count else { throw AWSError.internalFailure }
        return bytes
    }

    func keys(_ more: [String: WireValue] = [:], bucket: String = "bucket") async throws -> [String] {
        let input: [String: WireValue] = ["Bucket": .string(bucket)]
        let output = try await call("ListObjectsV2", input.merging(more) { $1 }).output
        return output["Contents"]?.listValue?.compactMap { $0["Key"]?.stringValue } ?? []
    }

    /// Versions and markers as `key version latest`, markers with a star.
    func versions(_ more: [String: WireValue] = [:]) async throws -> WireValue {
        let input: [String: WireValue] = ["Bucket": "bucket"]
        return try await call("ListObjectVersions", input.merging(more) { $1 }).output
    }

    /// The segments' files.
    var files: [String] {
        let folder = service.folder
        return folder.folders.flatMap { folder.names(inFolder: $0) }
    }

    static func bytes(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
        var generator = SeededGenerator(seed: seed)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + 8)
        while bytes.count < count {
            let word = generator.next() as UInt64
            for shift in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: word >> (8 * UInt64(shift)))) }
        }
        return Array(bytes[..<count])
    }
}

/// Takes what is delivered, and says which functions may be told.
final class Deliveries: EventDelivery, FunctionPermissions {
    struct Delivered: Sendable {
        var target: String
        var body: String
        var principal: Principal
    }

    private struct State {
        var delivered: [Delivered] = []
        var refused: Set<String> = []
        var broken = 0
    }

    private let state = Mutex(State())

    var all: [Delivered] { state.withLock { $0.delivered } }
    func refuse(_ arn: String) { state.withLock { _ = $0.refused.insert(arn) } }
    /// The next deliveries fail at the target's fault.
    func breakNext(_ count: Int) { state.withLock { $0.broken = count } }

    func canDeliver(to target: DeliveryTarget) -> Bool { true }

    func deliver(
        _ delivery: Delivery, to target: DeliveryTarget, as principal: Principal, account: String, region: String
    ) async throws {
        try state.withLock { state in
            if state.broken > 0 {
                state.broken -= 1
                throw AWSError.internalFailure
            }
            if state.refused.contains(target.arn) { throw AWSError("AccessDenied", status: 403, message: "no") }
            state.delivered.append(
                Delivered(
                    target: target.arn, body: String(decoding: delivery.body, as: UTF8.self), principal: principal))
        }
    }

    func permitsInvocation(of functionARN: String, by principal: Principal) async throws -> Bool {
        state.withLock { !$0.refused.contains(functionARN) }
    }
}

/// Bytes that come in pieces, and may end in an error.
final class PieceSource: ByteSource {
    let length: Int?
    let trailers: [(name: String, value: String)]
    private let pieces: Mutex<ArraySlice<[UInt8]>>
    private let failure: AWSError?

    init(
        _ bytes: [UInt8], piece: Int, isLengthKnown: Bool = true, failure: AWSError? = nil,
        trailers: [(name: String, value: String)] = []
    ) {
        length = isLengthKnown ? bytes.count : nil
        self.trailers = trailers
        self.failure = failure
        pieces = Mutex(
            stride(from: 0, to: bytes.count, by: piece).map { Array(bytes[$0..<min(bytes.count, $0 + piece)]) }[...])
    }

    func next() async throws -> [UInt8]? {
        if let piece = pieces.withLock({ $0.popFirst() }) { return piece }
        if let failure { throw failure }
        return nil
    }
}
