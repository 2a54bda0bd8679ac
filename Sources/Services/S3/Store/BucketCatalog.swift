import Persistence
import ServiceKit
import ServiceModel
import Synchronization

/// The buckets that were asked for, in memory. Whoever changes a bucket lets go of it here before it answers; whoever writes an object
/// checks the bucket's version in its transaction. Where other processes share the database nothing is kept.
final class BucketCatalog: Sendable {
    private struct State {
        var buckets: [String: BucketRecord] = [:]
        /// Grows whenever something is forgotten: what was read before is not put in afterwards.
        var generation = 0
    }

    private let database: any Database
    private let state = Mutex(State())
    private static let maximum = 20_000

    init(database: any Database) { self.database = database }

    func bucket(_ name: String) async throws -> BucketRecord? {
        let (known, generation) = state.withLock { ($0.buckets[name], $0.generation) }
        if let known { return known }
        guard let found = try await database.read({ try BucketRows(connection: $0).bucket(name) }) else { return nil }
        if database.engine == .sqlite {
            state.withLock { state in
                guard state.generation == generation else { return }
                if state.buckets.count >= Self.maximum { state.buckets = [:] }
                state.buckets[name] = found
            }
        }
        return found
    }

    /// The bucket if it is in memory: what nobody has to wait for.
    func known(_ name: String) -> BucketRecord? { state.withLock { $0.buckets[name] } }

    func forget(_ name: String) {
        state.withLock { state in
            state.buckets[name] = nil
            state.generation += 1
        }
    }

    func forgetAll() {
        state.withLock { state in
            state.buckets = [:]
            state.generation += 1
        }
    }
}
