import Foundation
import GRDB

/// The one connection that writes, on a thread of its own, with group commit.
///
/// What has queued up while a group was being written becomes the next group: one transaction, one fsync. A lone write waits
/// for nobody. Each write of a group runs in a savepoint, so that one that throws takes back only its own statements. If the group
/// as a whole fails (its commit did, or SQLite has rolled the transaction back, as it does when the disk is full), its writes
/// run again one by one, and each gets its own outcome.
final class SQLiteWriter: Sendable {
    private struct State {
        var jobs: [WriteJob] = []
        var isClosed = false
        var isOver = false
        var closers: [CheckedContinuation<Void, Never>] = []
    }

    private static let maximumGroup = 512
    private static let maximumGroupTime = Duration.milliseconds(20)

    private let monitor = Monitor(State())

    /// - Parameter queue: the connection; nobody else may use it from now on.
    init(_ queue: DatabaseQueue) {
        let thread = Thread { [self] in
            Thread.current.name = "martlet-writer"
            queue.inDatabase { database in
                guard let session = try? SQLiteSession(database) else { return }
                run(session)
                session.clear()
            }
            try? queue.close()
            let closers = monitor.update { state in
                state.isOver = true
                defer { state.closers = [] }
                return state.closers
            }
            for closer in closers { closer.resume() }
        }
        thread.start()
    }

    /// Runs `body` in a transaction, and returns when it is committed.
    /// - Parameters:
    ///   - isExclusive: nothing else shares the transaction.
    ///   - body: what it does.
    /// - Returns: what `body` has returned.
    /// - Throws: what `body` throws, a ``DatabaseError``, or `CancellationError` if the task was cancelled before its turn.
    func perform<T: Sendable>(
        isExclusive: Bool = false, _ body: @escaping @Sendable (any SQLConnection) throws -> T
    ) async throws -> T {
        let isCancelled = CancellationFlag()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let job = WriteJob(isExclusive: isExclusive, isCancelled: isCancelled, body, continuation)
                let isTaken = monitor.update { state in
                    if !state.isClosed { state.jobs.append(job) }
                    return !state.isClosed
                }
                if !isTaken { continuation.resume(throwing: DatabaseError.closed) }
            }
        } onCancel: {
            isCancelled.set()
        }
    }

    /// Takes no more writes, does those that were taken, and waits for the connection to be closed.
    func close() async {
        await withCheckedContinuation { continuation in
            let isOver = monitor.update { state in
                state.isClosed = true
                if !state.isOver { state.closers.append(continuation) }
                return state.isOver
            }
            if isOver { continuation.resume() }
        }
    }

    func shutDown() { monitor.update { $0.isClosed = true } }

    // MARK: On the thread

    private func run(_ session: SQLiteSession) {
        var waiting: ArraySlice<WriteJob> = []
        while true {
            if waiting.isEmpty { waiting = take(blocking: true) }
            guard let first = waiting.popFirst() else { return }
            var group: [WriteJob] = []
            do {
                try session.control("BEGIN IMMEDIATE")
                try fill(&group, startingWith: first, &waiting, session)
                try session.control("COMMIT")
                for job in group { job.finish() }
            } catch {
                rollBack(session)
                if group.count > 1 {
                    for job in group { runAlone(job, session) }
                } else {
                    first.finish(DatabaseError(sqlite: error))
                }
            }
        }
    }

    /// Runs `first` and what has queued up behind it inside the open transaction.
    /// - Throws: if the transaction is lost.
    private func fill(
        _ group: inout [WriteJob], startingWith first: WriteJob, _ waiting: inout ArraySlice<WriteJob>,
        _ session: SQLiteSession
    ) throws {
        let end = ContinuousClock.now + Self.maximumGroupTime
        var next: WriteJob? = first
        while let job = next {
            group.append(job)
            try job.attempt(session)
            next = nil
            if job.isExclusive || group.count >= Self.maximumGroup || ContinuousClock.now >= end { return }
            if waiting.isEmpty { waiting = take(blocking: false) }
            if waiting.first?.isExclusive == false { next = waiting.popFirst() }
        }
    }

    private func runAlone(_ job: WriteJob, _ session: SQLiteSession) {
        do {
            try session.control("BEGIN IMMEDIATE")
            try job.attempt(session)
            try session.control("COMMIT")
            job.finish()
        } catch {
            rollBack(session)
            job.finish(DatabaseError(sqlite: error))
        }
    }

    private func rollBack(_ session: SQLiteSession) {
        if session.isInTransaction { try? session.control("ROLLBACK") }
    }

    private func take(blocking: Bool) -> ArraySlice<WriteJob> {
        func steal(_ state: inout State) -> ArraySlice<WriteJob> {
            defer { state.jobs = [] }
            return state.jobs[...]
        }
        if !blocking { return monitor.withLock(steal) }
        return monitor.wait { state in state.jobs.isEmpty && !state.isClosed ? nil : steal(&state) }
    }
}
