import Persistence
import ServiceKit
import ServiceModel
import Synchronization

/// The buckets that were asked for, in memory. Whoever changes a bucket lets go of it here before it answers; whoever writes an object
/// checks the bucket's version in its transaction. Where other processes share the database nothing is kept.
final class BucketCatalog: Sendable {
    private struct State {
        var buckets: [String: BucketRecord] = [:]
        /// Of all of them, in bytes.
        var size = 0
        /// Grows whenever something is forgotten: what was read before is not put in afterwards.
        var generation = 0

        mutating func remove(_ name: String) {
            if let bucket = buckets.removeValue(forKey: name) { size -= BucketCatalog.size(bucket) }
        }
    }

    private let database: any Database
    private let state = Mutex(State())
    private let limit: Int

    /// `limit`: how much memory the buckets may take, in bytes, by estimate.
    init(database: any Database, limit: Int = 64 << 20) {
        self.database = database
        self.limit = limit
    }

    /// Settings are read several times over: as values, and as what they mean.
    fileprivate static func size(_ bucket: BucketRecord) -> Int { 2048 + 8 * bucket.storedSize }

    /// The bytes that are kept, by estimate.
    var size: Int { state.withLock { $0.size } }

    func bucket(_ name: String) async throws -> BucketRecord? {
        let (known, generation) = state.withLock { ($0.buckets[name], $0.generation) }
        if let known { return known }
        guard let found = try await database.read({ try BucketRows(connection: $0).bucket(name) }) else { return nil }
        if database.engine == .sqlite {
            state.withLock { state in
                guard state.generation == generation, Self.size(found) <= limit else { return }
                state.remove(name)
                // Whichever comes first goes: a bucket that is asked for often is soon back.
                while state.size + Self.size(found) > limit, let other = state.buckets.first {
                    state.remove(other.key)
                }
                state.buckets[name] = found
                state.size += Self.size(found)
            }
        }
        return found
    }

    /// The bucket if it is in memory: what nobody has to wait for.
    func known(_ name: String) -> BucketRecord? { state.withLock { $0.buckets[name] } }

    func forget(_ name: String) {
        state.withLock { state in
            state.remove(name)
            state.generation += 1
        }
    }

    func forgetAll() {
        state.withLock { state in
            state.buckets = [:]
            state.size = 0
            state.generation += 1
        }
    }
}
