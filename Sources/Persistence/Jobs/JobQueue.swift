import Logging
public import ServiceKit
import ServiceModel
import Synchronization

/// The durable engine for work that must happen later or at least once: asynchronous invocations, notifications, retries, schedules.
///
/// Jobs are rows, enqueued in the transaction of the change that causes them. What is due is claimed in batches and done by the
/// ``JobWorker`` of its kind; what became of it is recorded in batches too. A process that dies leaves its jobs as they were: with
/// SQLite, the next process does them; with PostgreSQL, where a claim is written with its owner, another process does as soon as
/// the owner has not been heard of for some seconds. Nothing is held in memory but the lanes that have jobs, and what is claimed.
///
/// Due times go by the ``TimeSource``, which may be moved; leases go by the database's clock.
public final class JobQueue: Sendable {
    struct State {
        var workers: [String: any JobWorker] = [:]
        var lanes: [JobLane: LaneState] = [:]
        /// Lanes by when they are due, so that nobody has to look at all of them.
        var agenda = Agenda()
        var outcomes: [(job: Job, outcome: JobOutcome)] = []
        var isRecording = false
        /// Whether jobs are begun: while ``JobQueue/run()`` runs, and nobody has asked for a pause.
        var isOpen = false
        /// Whether what becomes of jobs is no longer recorded: they are left to the next process as they were.
        var isOver = false
        var settling: [Int: CheckedContinuation<Void, Never>] = [:]
        var nextWaiter = 0
        var tasks = 0
        var closers: [CheckedContinuation<Void, Never>] = []
    }

    let database: any Database
    let time: any TimeSource
    let claims: JobClaims
    let executors: [any TaskExecutor]
    let logger = Logger(label: "martlet.jobs")
    let state = Mutex(State())
    /// Rings when something may have become due earlier than was known.
    let bell = Bell()

    /// - Parameters:
    ///   - database: where the jobs are; its other tables may change with them.
    ///   - time: by which jobs are due.
    ///   - executors: where jobs run, in turn; none: anywhere. Workers that wait for an event loop change threads less there.
    public init(database: any Database, time: any TimeSource, executors: [any TaskExecutor] = []) {
        self.database = database
        self.time = time
        self.executors = executors
        claims = JobClaims(database: database)
    }

    /// Names who does the jobs of a kind. Those without a worker wait.
    public func register(_ worker: any JobWorker, for kind: String) {
        state.withLock { $0.workers[kind] = worker }
        bell.ring()
    }

    /// Changes the database and enqueues jobs with it.
    /// - Parameter body: runs in one transaction, and may run more than once.
    /// - Returns: what `body` has returned, after the commit.
    /// - Throws: what `body` throws, or what the database does.
    @discardableResult
    public func write<T: Sendable>(_ body: @escaping @Sendable (JobTransaction) throws -> T) async throws -> T {
        let (result, earliest) = try await database.write { connection in
            let transaction = JobTransaction(connection)
            return (try body(transaction), transaction.earliest)
        }
        enqueued(earliest)
        return result
    }

    /// Enqueues jobs.
    public func enqueue(_ jobs: [NewJob]) async throws {
        try await write { transaction in
            for job in jobs { try transaction.enqueue(job) }
        }
    }

    /// How many jobs of a kind there are, claimed ones included; those of one lane if it is given.
    public func count(kind: String, lane: String? = nil) async throws -> Int {
        try await database.read { try JobRows(connection: $0).count(kind: kind, lane: lane) }
    }

    /// Begins nothing more until ``forget(after:)``, so that the database can be emptied.
    public func pause() { state.withLock { $0.isOpen = false } }

    /// Waits for what is under way, forgets everything, as the database has, and goes on.
    /// - Parameter empty: empties the database.
    public func forget(after empty: () async throws -> Void) async rethrows {
        await idle()
        defer {
            state.withLock { state in
                state.lanes = [:]
                state.agenda = Agenda()
                state.isOpen = !state.isOver
            }
        }
        try await empty()
    }

    func enqueued(_ earliest: [JobLane: Timestamp]) {
        guard !earliest.isEmpty else { return }
        let now = time.now
        let isSooner = state.withLock { state in
            let first = state.agenda.first
            for (lane, due) in earliest { state.note(lane, due: due) }
            return state.agenda.first.map { next in first.map { next < $0 } ?? true } ?? false
        }
        let due = earliest.filter { $0.value <= now }.keys
        if !due.isEmpty { pump(Array(due)) }
        if isSooner { bell.ring() }
    }
}

extension JobQueue.State {
    mutating func note(_ lane: JobLane, due: Timestamp) {
        lanes[lane, default: LaneState()].enqueued(due: due)
        agenda.set(lane, lanes[lane]?.next)
    }
}
