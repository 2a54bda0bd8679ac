import Execution
import Logging
import ServiceKit
import ServiceModel
import Synchronization

extension QueuePoller {
    /// Runs the function with batches, one after the other.
    func run(_ intake: QueueIntake, _ executor: (any TaskExecutor)?) async {
        for batch in intake.batches {
            let isDone = await run(batch, intake, executor)
            // In a FIFO queue, what follows may have to wait for what has failed.
            if !isDone, intake.queue.isOrdered { return }
        }
    }

    /// - Returns: whether no message was kept.
    private func run(_ batch: QueueBatch, _ intake: QueueIntake, _ executor: (any TaskExecutor)?) async -> Bool {
        var batch = batch
        let queue = intake.queue
        let event = batch.takeEvent()
        guard let (function, result) = await invoke(event, batch, intake, executor) else {
            host.metrics.note(queue.mapping) { $0.failedInvoke += batch.entries.count }
            return false
        }
        let answer: BatchAnswer
        if result.functionError != nil {
            answer = .failure
        } else if queue.reportsFailures {
            answer = BatchAnswer(result.payload) { id in batch.entries.contains { $0.id == id } }
        } else {
            answer = .success
        }
        let verdict = QueueVerdict(batch.entries, answer, isOrdered: queue.isOrdered)
        host.metrics.note(queue.mapping) {
            $0.invoked += batch.entries.count
            $0.failedInvoke += verdict.kept
        }
        deletions.add(verdict.deleted, as: function.principal)
        return verdict.kept == 0
    }

    /// Invokes the function, again and again if it is throttled, until the messages become visible to others.
    /// - Returns: nil if it could not be invoked in time.
    private func invoke(
        _ event: [UInt8], _ batch: QueueBatch, _ intake: QueueIntake, _ executor: (any TaskExecutor)?
    ) async -> (MappedFunction, InvocationResult)? {
        var backOff = BackOff(from: .milliseconds(50), to: .seconds(20))
        var function = intake.function
        while true {
            let began = ContinuousClock.now
            do {
                let result = try await host.invoker.invoke(
                    function.version,
                    Execution.InvocationRequest(
                        requestID: RandomUUID.make(), payload: event, invokedFunctionARN: function.arn,
                        traceHeader: batch.traceHeader))
                ended(after: ContinuousClock.now - began)
                return (function, result)
            } catch {
                refused(function, error, isFirst: backOff.isFresh)
            }
            let delay = backOff.failed()
            guard await mayRetry(after: delay, intake, function) else {
                if isStopping { await release(batch, function) }
                return nil
            }
            await pause(delay, executor)
            if isStopping {
                await release(batch, function)
                return nil
            }
            do {
                guard let found = try await self.function() else {
                    await release(batch, function)
                    return nil
                }
                function = found
            } catch {
                // It can't run at the moment; the old one says so again, or does.
            }
        }
    }

    /// Whether the messages are still nobody else's after a while.
    private func mayRetry(after delay: Duration, _ intake: QueueIntake, _ function: MappedFunction) async -> Bool {
        guard !isStopping else { return false }
        let known = state.withLock { $0.attributes?.value }
        // Whoever cannot ask goes by what was known last; without that, others may have the messages already.
        guard let attributes = (try? await attributes(as: function.principal)) ?? known else { return false }
        let visibility = attributes.visibilityTimeout
        return host.time.now.advanced(by: delay) < intake.received.advanced(by: .seconds(visibility))
    }

    /// Others may have the messages at once.
    private func release(_ batch: QueueBatch, _ function: MappedFunction) async {
        // If it fails, they come when their time is over.
        try? await client.release(batch.entries.map(\.receiptHandle), as: function.principal)
    }

    private func ended(after duration: Duration) {
        let idle = host.invoker.idleProcessors
        let (seconds, attoseconds) = duration.components
        state.withLock { state in
            let before = state.window.size
            state.window.ended(
                after: Double(seconds) * 1000 + Double(attoseconds) / 1e15, running: state.workers.running, idle: idle)
            if state.window.size != before { state.limit() }
        }
    }

    private func refused(_ function: MappedFunction, _ error: any Error, isFirst: Bool) {
        if isFirst, (error as? AWSError)?.status != 429 {
            host.logger.warning(
                "A function could not be invoked with a batch; it is tried again.",
                metadata: ["function": "\(function.arn)", "error": "\(error)"])
        }
        state.withLock { state in
            state.window.refused(running: state.workers.running - 1)
            state.limit()
        }
    }
}
