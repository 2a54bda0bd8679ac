import Synchronization

/// The bytes of messages that all queues hold in memory together. What has no room there is read when it is received.
final class HeldBytes: Sendable {
    private let used = Atomic<Int>(0)
    let limit: Int

    init(limit: Int) { self.limit = limit }

    var count: Int { used.load(ordering: .relaxed) }

    func change(by difference: Int) { used.wrappingAdd(difference, ordering: .relaxed) }

    func hasRoom(for size: Int) -> Bool { count + size <= limit }
}
