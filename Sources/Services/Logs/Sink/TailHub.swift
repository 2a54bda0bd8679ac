public import ServiceKit
import Synchronization

/// An event as it is appended, for those who watch a group.
public struct TailedEvent: Sendable, Hashable {
    public var stream: LogStreamAddress
    public var event: LogEvent
    /// When it was accepted, milliseconds since 1970.
    public var ingestion: Int64
}

/// Hands appended events to those who watch their group. Costs nothing where nobody does.
final class TailHub: Sendable {
    struct Key: Hashable, Sendable {
        var account: String
        var region: String
        var group: String
    }

    private struct State {
        var subscribers: [Key: [Int: AsyncStream<TailedEvent>.Continuation]] = [:]
        var next = 0
    }

    /// How many events wait for a watcher that is slow, before the oldest are dropped: AWS's number for Live Tail.
    static let buffer = 5000

    private let state = Mutex(State())

    /// The events of the groups, from now on, until the stream is let go.
    func subscribe(_ keys: [Key]) -> AsyncStream<TailedEvent> {
        AsyncStream(bufferingPolicy: .bufferingNewest(Self.buffer)) { continuation in
            let id = state.withLock { state in
                state.next += 1
                for key in keys { state.subscribers[key, default: [:]][state.next] = continuation }
                return state.next
            }
            continuation.onTermination = { [weak self] _ in
                self?.state.withLock { state in
                    for key in keys {
                        state.subscribers[key]?[id] = nil
                        if state.subscribers[key]?.isEmpty == true { state.subscribers[key] = nil }
                    }
                }
            }
        }
    }

    func publish(_ batches: [AppendBatch], ingestion: Int64) {
        if state.withLock({ $0.subscribers.isEmpty }) { return }
        for batch in batches {
            let address = batch.stream.address
            let key = Key(account: address.account, region: address.region, group: address.group)
            let watchers = state.withLock { $0.subscribers[key].map { Array($0.values) } ?? [] }
            for watcher in watchers {
                for event in batch.events {
                    watcher.yield(TailedEvent(stream: address, event: event, ingestion: ingestion))
                }
            }
        }
    }
}
