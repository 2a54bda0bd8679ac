import DequeModule
import NIOCore
import Synchronization

/// Pieces of segments that were read and decrypted and are asked for often, as far as there is room. What is read once alone does not
/// push anything out: a piece is kept when it is read a second time.
final class PieceCache: Sendable {
    struct Key: Hashable, Sendable {
        var segment: String
        var begin: Int64
        var count: Int
    }

    private struct Entry {
        var bytes: ByteBuffer
        /// Whether it was asked for since the hand came by.
        var isUsed = false
    }

    private struct State {
        var entries: [Key: Entry] = [:]
        /// The keys in the order of the clock's hand.
        var ring = Deque<Key>()
        var size = 0
        /// What was read once lately.
        var seen: Set<Key> = []
        var seenOrder = Deque<Key>()
    }

    private static let remembered = 4096
    private let limit: Int
    private let state = Mutex(State())

    /// `limit` is in bytes; 0 keeps nothing.
    init(limit: Int) { self.limit = limit }

    func find(_ key: Key) -> ByteBuffer? {
        state.withLock { state in
            state.entries[key]?.isUsed = true
            return state.entries[key]?.bytes
        }
    }

    /// A piece was read, and may be kept.
    func offer(_ bytes: ByteBuffer, _ key: Key) {
        // One object shall not be all that is kept.
        guard bytes.storageCapacity <= limit / 16 else { return }
        let gone = state.withLock { state -> [ByteBuffer] in
            guard state.entries[key] == nil else { return [] }
            guard state.seen.remove(key) != nil else {
                state.seen.insert(key)
                state.seenOrder.append(key)
                if state.seenOrder.count > Self.remembered, let oldest = state.seenOrder.popFirst() {
                    state.seen.remove(oldest)
                }
                return []
            }
            state.entries[key] = Entry(bytes: bytes)
            state.ring.append(key)
            state.size += bytes.storageCapacity
            var gone: [ByteBuffer] = []
            while state.size > limit, let next = state.ring.popFirst() {
                if state.entries[next]?.isUsed == true {
                    state.entries[next]?.isUsed = false
                    state.ring.append(next)
                } else if let entry = state.entries.removeValue(forKey: next) {
                    state.size -= entry.bytes.storageCapacity
                    gone.append(entry.bytes)
                }
            }
            return gone
        }
        // Freed without the lock.
        _ = gone
    }

    func removeAll() { state.withLock { $0 = State() } }

    /// The bytes that are kept.
    var size: Int { state.withLock { $0.size } }
}
