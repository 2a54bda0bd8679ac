import Foundation
import Synchronization

/// A bounded set of threads for work that blocks, so that it never holds one of the cooperative pool's. A thread starts when there
/// is work and none is idle, and lives until ``close()``.
///
/// Each thread runs `serve`, which makes the thread's own context (a connection) and then takes jobs by ``forEachJob(_:)``.
final class WorkerThreads<Context>: Sendable {
    /// One piece of work. It is given the thread's context, or why there is none.
    struct Job: Sendable {
        let run: @Sendable (Result<Context, any Error>) -> Void
    }

    private struct State {
        var jobs: [Job] = []
        var head = 0
        var threads = 0
        /// Threads that run a job.
        var busy = 0
        var isClosed = false
        var closers: [CheckedContinuation<Void, Never>] = []

        mutating func pop() -> Job? {
            guard head < jobs.count else { return nil }
            let job = jobs[head]
            head += 1
            if head == jobs.count || head > 1024 {
                jobs.removeFirst(head)
                head = 0
            }
            return job
        }
    }

    private let name: String
    private let maximum: Int
    private let serve: @Sendable (WorkerThreads<Context>) -> Void
    private let monitor = Monitor(State())

    init(name: String, maximum: Int, serve: @escaping @Sendable (WorkerThreads<Context>) -> Void) {
        self.name = name
        self.maximum = maximum
        self.serve = serve
    }

    /// Runs `body` on one of the threads.
    /// - Throws: what `body` throws; `CancellationError` if the task was cancelled before a thread was free;
    ///   ``DatabaseError/failed(_:)`` after ``close()``.
    func run<T: Sendable>(_ body: @escaping @Sendable (Context) throws -> T) async throws -> T {
        let isCancelled = CancellationFlag()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let job = Job { context in
                    if isCancelled.value {
                        continuation.resume(throwing: CancellationError())
                    } else {
                        continuation.resume(with: Result { try body(context.get()) })
                    }
                }
                if !submit(job) { continuation.resume(throwing: DatabaseError.closed) }
            }
        } onCancel: {
            isCancelled.set()
        }
    }

    /// Runs `handle` for each job, until all is done and closed. Only for `serve`.
    func forEachJob(_ handle: (Job) -> Void) {
        while true {
            let next = monitor.wait { state -> Job?? in
                if let job = state.pop() {
                    state.busy += 1
                    return .some(job)
                }
                return state.isClosed ? .some(nil) : nil
            }
            guard let next else { return }
            handle(next)
            monitor.withLock { $0.busy -= 1 }
        }
    }

    /// Takes no more work, does what was taken, and waits for the threads to end.
    func close() async {
        await withCheckedContinuation { continuation in
            let isOver = monitor.update { state in
                state.isClosed = true
                if state.threads > 0 { state.closers.append(continuation) }
                return state.threads == 0
            }
            if isOver { continuation.resume() }
        }
    }

    /// Like ``close()``, without waiting.
    func shutDown() { monitor.update { $0.isClosed = true } }

    private func submit(_ job: Job) -> Bool {
        let (isTaken, startsThread) = monitor.update { state in
            if state.isClosed { return (false, false) }
            state.jobs.append(job)
            // A busy thread may become idle at once; to start one too many is cheaper than to let a job wait.
            let waiting = state.jobs.count - state.head
            if state.threads < maximum, waiting > state.threads - state.busy {
                state.threads += 1
                return (true, true)
            }
            return (true, false)
        }
        if startsThread { start() }
        return isTaken
    }

    private func start() {
        let thread = Thread { [self] in
            Thread.current.name = name
            serve(self)
            let closers = monitor.update { state in
                state.threads -= 1
                guard state.threads == 0, state.isClosed else { return [CheckedContinuation<Void, Never>]() }
                defer { state.closers = [] }
                return state.closers
            }
            for closer in closers { closer.resume() }
        }
        thread.start()
    }
}

/// Whether a task was cancelled, as a thread sees it.
final class CancellationFlag: Sendable {
    private let flag = Atomic<Bool>(false)
    var value: Bool { flag.load(ordering: .relaxed) }
    func set() { flag.store(true, ordering: .relaxed) }
}
