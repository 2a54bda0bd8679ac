import Persistence
import Synchronization

/// The queues that were asked for, in memory. Of several processes on one database each may see a change a second later.
final class QueueCatalogue: Sendable {
    private struct Known: Sendable {
        var record: QueueRecord
        var read: ContinuousClock.Instant
    }

    private struct State {
        var known: [QueueKey: Known] = [:]
        /// Counts what was changed here: what was read before a change is not kept.
        var changes: UInt64 = 0
    }

    let store: QueueStore
    private let state = Mutex(State())
    /// How long what is known counts; nil: until it is changed here.
    private let validity: Duration?
    private static let maximum = 100_000

    init(database: any Database) {
        store = QueueStore(database: database)
        validity = database.engine == .sqlite ? nil : .seconds(1)
    }

    /// Nil if there is no such queue.
    func find(_ key: QueueKey) async throws -> QueueRecord? {
        let (record, changes) = state.withLock { ($0.known[key].flatMap(current), $0.changes) }
        if let record { return record }
        guard let record = try await store.find(key) else { return nil }
        state.withLock { if $0.changes == changes { keep(record, &$0) } }
        return record
    }

    private func current(_ known: Known) -> QueueRecord? {
        if let validity, ContinuousClock.now - known.read > validity { return nil }
        return known.record
    }

    private func keep(_ record: QueueRecord, _ state: inout State) {
        if state.known.count >= Self.maximum { state.known = [:] }
        state.known[record.key] = Known(record: record, read: .now)
    }

    /// Keeps a queue as it was changed.
    func changed(_ record: QueueRecord) {
        state.withLock { state in
            state.changes &+= 1
            keep(record, &state)
        }
    }

    func forget(_ key: QueueKey) {
        state.withLock { state in
            state.changes &+= 1
            state.known[key] = nil
        }
    }

    func forgetAll() {
        state.withLock { state in
            state.changes &+= 1
            state.known = [:]
        }
    }
}
