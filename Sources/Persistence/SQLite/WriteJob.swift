/// One write that waits for its turn, with its caller's continuation. Made by any task, then used by the writer's thread alone.
final class WriteJob: @unchecked Sendable {
    /// Nothing else may share its transaction.
    let isExclusive: Bool
    private let isCancelled: CancellationFlag
    private let run: (SQLiteSession) -> (any Error)?
    private let resume: ((any Error)?) -> Void
    private var failure: (any Error)?

    init<T: Sendable>(
        isExclusive: Bool, isCancelled: CancellationFlag, _ body: @escaping @Sendable (any SQLConnection) throws -> T,
        _ continuation: CheckedContinuation<T, any Error>
    ) {
        self.isExclusive = isExclusive
        self.isCancelled = isCancelled
        var value: T?
        run = { session in
            value = nil
            return session.run { value = try body($0) }
        }
        resume = { failure in
            if let failure {
                continuation.resume(throwing: failure)
            } else if let result = value {
                continuation.resume(returning: result)
            } else {
                continuation.resume(throwing: CancellationError())
            }
        }
    }

    /// Runs the closure in a savepoint of the open transaction; what it throws is kept for ``finish(_:)``.
    /// - Throws: if the whole transaction is lost.
    func attempt(_ session: SQLiteSession) throws {
        failure = nil
        if isCancelled.value {
            failure = CancellationError()
            return
        }
        try session.control("SAVEPOINT job")
        failure = run(session)
        if let failure {
            // A full disk or an I/O error has SQLite roll back everything by itself.
            guard session.isInTransaction else { throw failure }
            try session.control("ROLLBACK TO job")
        }
        try session.control("RELEASE job")
    }

    /// Answers the caller: with `error`, or with what the closure threw or returned.
    func finish(_ error: (any Error)? = nil) { resume(error ?? failure) }
}
