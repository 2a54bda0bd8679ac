import Persistence
import ServiceKit
import ServiceModel
import Synchronization

/// Numbers that grow: microseconds of real time, or one more than the last. Drawn inside transactions, so that they grow in the order of
/// the commits.
///
/// Clocks may be set back, and a process may end. What may have been drawn is in the database, always some minutes ahead of it: the next
/// process begins there. Where several processes share the database it is its clock that counts.
final class SequenceClock: Sendable {
    private struct State {
        var last: Int64 = 0
        /// Nothing above is drawn before it is in the database.
        var ceiling: Int64 = 0
    }

    /// How far ahead numbers are taken, in microseconds.
    static let step: Int64 = 600_000_000
    private let state = Mutex(State())
    private let time: any TimeSource

    /// `time`: the real one, except in tests.
    init(time: any TimeSource = SystemTime()) { self.time = time }

    private var now: Int64 { time.now.milliseconds * 1000 }

    /// Takes numbers for some minutes, if there are not enough. To be called before a transaction that draws some.
    func reserve(_ database: any Database) async throws {
        guard database.engine == .sqlite else { return }
        let now = now
        let (last, isEnough) = state.withLock { state in
            (state.last, state.ceiling > 0 && max(state.last, now) + Self.step / 2 < state.ceiling)
        }
        if isEnough { return }
        let (before, ceiling) = try await database.write { connection in
            let before = try connection.first("SELECT ceiling FROM s3_sequence WHERE id = 1")?.integer(0) ?? 0
            let ceiling = max(now, last, before) + Self.step
            try connection.execute(
                """
                INSERT INTO s3_sequence (id, ceiling) VALUES (1, ?)
                ON CONFLICT (id) DO UPDATE SET ceiling = excluded.ceiling
                """, [.integer(ceiling)])
            return (before, ceiling)
        }
        state.withLock { state in
            // An earlier process may have drawn whatever it had taken.
            if state.ceiling == 0 { state.last = max(state.last, before) }
            state.ceiling = max(state.ceiling, ceiling)
        }
    }

    /// `last`: what the number must be larger than.
    func next(after last: Int64 = 0) -> Int64 { next(at: now, after: last) }

    /// A number drawn in a transaction, by a clock that all share who use the database.
    func next(after last: Int64 = 0, in connection: any SQLConnection) throws -> Int64 {
        guard connection.engine == .postgres else { return next(after: last) }
        let shared = try connection.first("SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)")
        return next(at: shared?.integer(0) ?? now, after: last)
    }

    private func next(at now: Int64, after last: Int64) -> Int64 {
        state.withLock { state in
            state.last = max(state.last + 1, now, last + 1)
            return state.last
        }
    }
}
