import Execution
import Logging
import ServiceKit
import ServiceModel
import Synchronization

/// Polls one queue and runs the mapping's function with its messages:
/// https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
///
/// What it does is done by workers (``QueueWorkers``): each receives messages, runs the function with them and has them deleted while it
/// receives the next. Messages that the function fails with stay in flight until their visibility timeout is over.
final class QueuePoller: EventSourcePoller {
    /// Something that a worker waits for and that may have to end early.
    struct Wait: Sendable {
        var cancel: @Sendable () -> Void
        /// Whether it is only a pause after a problem.
        var isPause: Bool
    }

    struct State {
        var queue: PolledQueue
        var workers: QueueWorkers
        /// AWS begins with five.
        var window = InvocationWindow(beginning: 5)
        var reserved: Int?
        var function: MappedFunction?
        var problems = BackOff(from: .seconds(1), to: .seconds(60))
        var waits: [UInt64: Wait] = [:]
        var nextWait: UInt64 = 0
        var drained: [CheckedContinuation<Void, Never>] = []
        var attributes: (value: QueueClient.Attributes, read: ContinuousClock.Instant)?

        mutating func limit() {
            workers.limit = max(1, min(window.size, reserved ?? .max, queue.maximumConcurrency))
            workers.idle = min(queue.idleReceivers, workers.limit)
        }
    }

    let host: EventSourceHost
    let client: QueueClient
    let deletions: QueueDeletions
    let state: Mutex<State>

    init(_ mapping: MappingRecord, of queue: QueueAddress, _ host: EventSourceHost) {
        self.host = host
        client = QueueClient(calls: host.calls, queue: queue)
        var first = State(queue: PolledQueue(mapping, queue), workers: QueueWorkers(limit: 1))
        first.limit()
        state = Mutex(first)
        deletions = QueueDeletions(client, host, mapping)
    }

    // MARK: EventSourcePoller

    func start() { grow() }

    func update(_ mapping: MappingRecord) {
        let queue = PolledQueue(mapping, client.queue)
        deletions.update(mapping)
        state.withLock { state in
            state.queue = queue
            state.function = nil
            state.limit()
        }
        functionChanged()
        grow()
    }

    func functionChanged() {
        let pauses = state.withLock { state in
            state.problems.succeeded()
            return state.waits.values.filter(\.isPause)
        }
        for pause in pauses { pause.cancel() }
    }

    func stop() async {
        let waits = state.withLock { state in
            state.workers.stop()
            return Array(state.waits.values)
        }
        for wait in waits { wait.cancel() }
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                if state.workers.total > 0 { state.drained.append(continuation) }
                return state.workers.total == 0
            }
            if isOver { continuation.resume() }
        }
        await deletions.idle()
    }

    // MARK: Workers

    /// Begins as many workers as there should be.
    func grow() {
        while state.withLock({ $0.workers.start() }) {
            let executor = host.executor
            Task(executorPreference: executor) { await self.work(executor) }
        }
    }

    private func work(_ executor: (any TaskExecutor)?) async {
        var step = QueueWorkers.Step.wait
        while step != .end {
            switch await intake(waits: step == .wait, executor) {
            case .nothing:
                step = state.withLock { $0.workers.foundNothing() }
            case .more:
                step = .look
            case .problem(let delay):
                step = state.withLock { $0.workers.foundNothing() }
                if step != .end { await pause(delay, executor) }
            case .batches(let intake):
                state.withLock { $0.workers.received() }
                grow()
                await run(intake, executor)
                step = state.withLock { $0.workers.finished(wasFull: intake.wasFull) }
                grow()
            }
        }
        let drained = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            guard state.workers.isStopping, state.workers.total == 0 else { return [] }
            defer { state.drained = [] }
            return state.drained
        }
        for continuation in drained { continuation.resume() }
    }

    /// Waits for something that ends early when nothing more is to be received.
    /// - Returns: nil if it was not begun.
    func waiting<T: Sendable>(
        isPause: Bool = false, _ executor: (any TaskExecutor)?, _ body: @escaping @Sendable () async throws -> T
    ) async throws -> T? {
        let task = Task(executorPreference: executor) { try await body() }
        let id = state.withLock { state -> UInt64? in
            guard !state.workers.isStopping else { return nil }
            state.nextWait += 1
            state.waits[state.nextWait] = Wait(cancel: { task.cancel() }, isPause: isPause)
            return state.nextWait
        }
        guard let id else {
            task.cancel()
            // What has arrived in spite of that is not dropped.
            return try? await task.value
        }
        defer { state.withLock { $0.waits[id] = nil } }
        return try await task.value
    }

    func pause(_ delay: Duration, _ executor: (any TaskExecutor)?) async {
        let time = host.time
        _ = try? await waiting(isPause: true, executor) { try await time.sleep(until: time.now.advanced(by: delay)) }
    }

    var isStopping: Bool { state.withLock { $0.workers.isStopping } }
}
