import Persistence
import ServiceKit
import Synchronization

/// A topic with its subscriptions, as publishing needs them.
final class TopicSnapshot: Sendable {
    struct Entry: Sendable {
        var subscription: SubscriptionRecord
        /// Nil: everything passes.
        var filter: FilterPolicy?
    }

    let topic: TopicRecord
    /// The topic's policy; nil: it has the one that it began with.
    let policy: PolicyDocument?
    /// Only those that are confirmed.
    let entries: [Entry]
    private let places: [String: Int]

    init(topic: TopicRecord, subscriptions: [SubscriptionRecord]) {
        self.topic = topic
        policy = topic.attributes["Policy"].flatMap { try? PolicyDocument(parsing: $0) }
        entries = subscriptions.filter(\.isConfirmed).map { subscription in
            Entry(
                subscription: subscription,
                filter: subscription.attributes["FilterPolicy"].map {
                    FilterPolicy($0, isBody: subscription.filtersBody)
                })
        }
        places = Dictionary(entries.enumerated().map { ($1.subscription.key.id, $0) }, uniquingKeysWith: { $1 })
    }

    func subscription(_ id: String) -> SubscriptionRecord? { places[id].map { entries[$0].subscription } }

    /// Those that want the message.
    func subscriptions(for message: PublishedMessage) -> [SubscriptionRecord] {
        let filtered = FilteredMessage(message)
        return entries.filter { $0.filter?.passes(filtered) ?? true }.map(\.subscription)
    }
}

/// Remembers topics that are published to. Whoever changes one in this process says so; with PostgreSQL, where others change them too, the
/// version is looked at each time.
final class TopicSnapshots: Sendable {
    private let database: any Database
    private struct State {
        var known: [TopicKey: TopicSnapshot] = [:]
        /// Counts what was forgotten: what was read before may be older.
        var changes = 0
    }

    private let state = Mutex(State())
    /// Topics above which all are forgotten.
    private static let capacity = 4096

    init(database: any Database) { self.database = database }

    /// - Returns: nil if there is no such topic.
    func find(_ key: TopicKey) async throws -> TopicSnapshot? {
        let (snapshot, changes) = state.withLock { ($0.known[key], $0.changes) }
        if let snapshot {
            guard database.engine == .postgres else { return snapshot }
            let version = try await database.read { try TopicStore.version(key, $0) }
            if version == snapshot.topic.version { return snapshot }
        }
        let found = try await database.read { connection -> TopicSnapshot? in
            guard let topic = try TopicStore.find(key, connection) else { return nil }
            return TopicSnapshot(
                topic: topic, subscriptions: try SubscriptionStore.all(topicID: topic.id, connection))
        }
        state.withLock { state in
            guard state.changes == changes else { return }
            if state.known.count >= Self.capacity { state.known = [:] }
            state.known[key] = found
        }
        return found
    }

    /// To be called after the commit of a change of the topic or its subscriptions.
    func forget(_ key: TopicKey) {
        state.withLock { state in
            state.known[key] = nil
            state.changes += 1
        }
    }

    func forgetAll() {
        state.withLock { state in
            state.known = [:]
            state.changes += 1
        }
    }
}
