import Persistence
import Synchronization

/// A database to which something happens at one of the coming writes.
final class InterruptedDatabase: Database {
    enum Interruption: Sendable {
        /// The write is committed, and nobody is told.
        case answerIsLost
        /// The process ends before the write begins.
        case processEnds
        /// Something else is done before it.
        case meanwhile(@Sendable () async throws -> Void)
    }

    private let base: any Database
    private let state = Mutex<(left: Int, what: Interruption)?>(nil)
    private let count = StatementCount()

    init(_ base: any Database) { self.base = base }

    /// Lets some writes pass; what comes after them is interrupted: all of it, if the process has ended.
    func interrupt(after writes: Int, _ what: Interruption) { state.withLock { $0 = (writes, what) } }

    func goOn() { state.withLock { $0 = nil } }

    var engine: SQLEngine { base.engine }
    /// How many statements writes have run.
    var statements: Int { count.value }
    func migrate(_ migrations: [Migration]) async throws { try await base.migrate(migrations) }
    func eraseAll() async throws { try await base.eraseAll() }
    func close() async throws { try await base.close() }

    func read<T: Sendable>(_ body: @escaping @Sendable (any SQLConnection) throws -> T) async throws -> T {
        try await base.read(body)
    }

    @discardableResult
    func write<T: Sendable>(_ body: @escaping @Sendable (any SQLConnection) throws -> T) async throws -> T {
        let interruption = state.withLock { state -> Interruption? in
            guard let (left, what) = state else { return nil }
            if left > 0 {
                state = (left - 1, what)
                return nil
            }
            if case .processEnds = what { return what }
            state = nil
            return what
        }
        switch interruption {
        case .processEnds?: throw DatabaseError.failed("The process has ended.")
        case .meanwhile(let action)?: try await action()
        case .answerIsLost?, nil: break
        }
        let result = try await base.write { [count] in try body(Connection(base: $0, count: count)) }
        if case .answerIsLost = interruption { throw DatabaseError.failed("The connection was lost during a commit.") }
        return result
    }
}

/// Counts the statements of writes.
private final class StatementCount: Sendable {
    private let count = Mutex(0)
    var value: Int { count.withLock { $0 } }
    func add() { count.withLock { $0 += 1 } }
}

private struct Connection: SQLConnection {
    let base: any SQLConnection
    let count: StatementCount

    var engine: SQLEngine { base.engine }

    func execute(_ sql: String, _ parameters: [SQLValue]) throws -> Int {
        count.add()
        return try base.execute(sql, parameters)
    }

    func query(_ sql: String, _ parameters: [SQLValue]) throws -> [SQLRow] {
        count.add()
        return try base.query(sql, parameters)
    }
}
