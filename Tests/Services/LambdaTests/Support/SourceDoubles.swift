import ServiceKit
import ServiceModel
import Synchronization

/// Sources of events that a test says there are.
final class SourceTable: EventSourceDirectory {
    private let state = Mutex<(kinds: Set<EventSourceKind>, sources: [EventSource: EventSourceDescription])>(([], [:]))

    /// The kind's service is there from now on.
    func offer(_ kind: EventSourceKind) { state.withLock { _ = $0.kinds.insert(kind) } }

    func add(_ source: EventSource, _ description: EventSourceDescription = EventSourceDescription()) {
        state.withLock {
            $0.kinds.insert(source.kind)
            $0.sources[source] = description
        }
    }

    func offers(_ kind: EventSourceKind) -> Bool { state.withLock { $0.kinds.contains(kind) } }

    func describe(
        _ source: EventSource, as principal: Principal, region: String
    ) async throws -> EventSourceDescription? {
        state.withLock { $0.sources[source] }
    }
}

/// Objects that a test puts into buckets, each by bucket, key and version.
final class ObjectTable: ObjectReader {
    private struct Name: Hashable {
        var bucket: String
        var key: String
        var version: String?
    }

    private let state = Mutex<(isAvailable: Bool, objects: [Name: [UInt8]], readers: [Principal])>((false, [:], []))

    var isAvailable: Bool { state.withLock { $0.isAvailable } }
    var readers: [Principal] { state.withLock { $0.readers } }

    func put(_ bytes: [UInt8], bucket: String, key: String, version: String? = nil) {
        state.withLock {
            $0.isAvailable = true
            $0.objects[Name(bucket: bucket, key: key, version: version)] = bytes
        }
    }

    func object(
        bucket: String, key: String, version: String?, as principal: Principal, account: String, region: String
    ) async throws -> [UInt8] {
        try state.withLock { state in
            state.readers.append(principal)
            guard state.objects.keys.contains(where: { $0.bucket == bucket }) else {
                throw AWSError("NoSuchBucket", status: 404, message: "The specified bucket does not exist")
            }
            guard key != "secret" else { throw AWSError("AccessDenied", status: 403, message: "Access Denied") }
            guard let bytes = state.objects[Name(bucket: bucket, key: key, version: version)] else {
                throw AWSError("NoSuchKey", status: 404, message: "The specified key does not exist.")
            }
            return bytes
        }
    }
}
