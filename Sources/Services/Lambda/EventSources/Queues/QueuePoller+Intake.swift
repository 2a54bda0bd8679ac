import Execution
import Logging
import ServiceKit
import ServiceModel
import Synchronization

extension QueuePoller {
    /// What a worker has got.
    enum Intake: Sendable {
        /// There was nothing, or nothing is to be received any more.
        case nothing
        /// Nothing for the function; there may be more.
        case more
        case problem(Duration)
        case batches(QueueIntake)
    }

    /// Messages that were received together, in batches.
    struct QueueIntake: Sendable {
        var queue: PolledQueue
        var function: MappedFunction
        var batches: [QueueBatch]
        /// Whether there may be more messages.
        var wasFull: Bool
        var received: Timestamp
    }

    /// Receives messages, and sorts out those that are not for the function.
    /// `waits`: whether to wait for messages if there are none.
    func intake(waits: Bool, _ executor: (any TaskExecutor)?) async -> Intake {
        guard !isStopping else { return .nothing }
        await deletions.room()
        do {
            guard let function = try await function() else { return problem("The function does not exist.") }
            let (size, executor) = (state.withLock { $0.queue.batchSize }, executor)
            let messages = try await receive(size, wait: waits ? QueueClient.wait : 0, function, executor)
            guard !messages.isEmpty else {
                state.withLock { $0.problems.succeeded() }
                return .nothing
            }
            return try await gather(messages, asked: min(size, QueueClient.batch), executor)
        } catch is CancellationError {
            return .nothing
        } catch {
            return problem((error as? AWSError).map { "\($0.code): \($0.message)" } ?? "\(error)")
        }
    }

    private func receive(
        _ count: Int, wait: Int, until deadline: ContinuousClock.Instant? = nil, _ function: MappedFunction,
        _ executor: (any TaskExecutor)?
    ) async throws -> [QueueMessage] {
        let (client, principal) = (client, function.principal)
        if wait == 0 { return try await client.receive(count, wait: 0, as: principal) }
        return try await waiting(executor) {
            try await client.receive(count, wait: wait, deadline: deadline, as: principal)
        } ?? []
    }

    /// Makes batches of the first messages, and of more where a window says so.
    private func gather(
        _ first: [QueueMessage], asked count: Int, _ executor: (any TaskExecutor)?
    ) async throws -> Intake {
        // What was changed while it waited holds for what has come.
        let queue = state.withLock { $0.queue }
        guard let function = try await self.function() else { return problem("The function does not exist.") }
        let received = host.time.now
        let end = received.advanced(by: queue.window)
        var batches = QueueBatches(queue.writer, size: queue.batchSize)
        var wasFull = first.count >= count
        await add(first, to: &batches, queue, function)
        while queue.window > .zero, !batches.hasBatch, !isStopping {
            let rest = Double(end.milliseconds - host.time.now.milliseconds) / 1000
            let room = min(batches.room, QueueClient.batch)
            // At its end, what is there already is taken along.
            let wait = rest > 0 ? min(QueueClient.wait, Int(rest.rounded(.up))) : 0
            let more: [QueueMessage]
            do {
                more = try await receive(
                    room, wait: wait, until: wait > 0 ? .now + .seconds(rest) : nil, function, executor)
            } catch {
                // What was gathered is processed; whoever receives next is told of the problem.
                break
            }
            if more.isEmpty, host.time.now >= end { break }
            wasFull = more.count >= room
            await add(more, to: &batches, queue, function)
        }
        state.withLock { $0.problems.succeeded() }
        if batches.isEmpty { return .more }
        return .batches(
            QueueIntake(
                queue: queue, function: function, batches: batches.take(), wasFull: wasFull, received: received))
    }

    /// Adds what the function is to see; what it is not is deleted.
    private func add(
        _ messages: [QueueMessage], to batches: inout QueueBatches, _ queue: PolledQueue, _ function: MappedFunction
    ) async {
        guard !messages.isEmpty else { return }
        batches.reserve(for: messages)
        var filtered: [String] = []
        var looping: [QueueMessage] = []
        for message in messages {
            if !queue.filter.matches(message, queue.writer) {
                filtered.append(message.receiptHandle)
            } else if function.record.stopsLoop(message.traceHeader) {
                looping.append(message)
            } else {
                batches.add(message)
            }
        }
        let count = filtered.count
        host.metrics.note(queue.mapping) {
            $0.polled += messages.count
            $0.filteredOut += count
        }
        deletions.add(filtered, as: function.principal)
        if !looping.isEmpty { await stopLoop(looping, queue, function) }
    }

    /// Messages that the function has sent to itself too often go where the queue's dead letters go, or nowhere:
    /// https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
    private func stopLoop(_ messages: [QueueMessage], _ queue: PolledQueue, _ function: MappedFunction) async {
        let principal = function.principal
        host.logger.notice(
            "Messages were not processed: they are part of a loop of the function's own making.",
            metadata: ["queue": "\(client.queue.name)", "function": "\(function.arn)", "count": "\(messages.count)"])
        guard let attributes = try? await attributes(as: principal) else { return }
        var done: [String] = []
        for message in messages {
            if let target = attributes.deadLetterQueue {
                // If it can't be sent, it comes again.
                let letters = QueueClient(calls: host.calls, queue: target)
                guard (try? await letters.send(message, as: principal)) != nil else { continue }
            } else {
                host.metrics.note(queue.mapping) { $0.dropped += 1 }
            }
            done.append(message.receiptHandle)
        }
        deletions.add(done, as: principal)
    }

    /// The function as it is now.
    /// - Throws: `AWSError` for one that can't run at the moment.
    func function() async throws -> MappedFunction? {
        // A change of the mapping has made it forgotten.
        let (queue, known) = state.withLock { ($0.queue, $0.function) }
        if let known, host.service?.isCurrent(known) == true { return known }
        let function = try await host.service?.mapped(queue.mapping.function, queue.mapping.qualifier)
        state.withLock { state in
            if state.queue === queue { state.function = function }
            let reserved = function?.record.reservedConcurrency
            guard state.reserved != reserved else { return }
            state.reserved = reserved
            state.limit()
        }
        return function
    }

    /// Something prevents that messages are received.
    private func problem(_ reason: String) -> Intake {
        let (isFirst, delay, queue) = state.withLock { state in
            (state.problems.isFresh, state.problems.failed(), state.queue)
        }
        if isFirst, !isStopping {
            host.logger.warning(
                "A queue cannot be processed; it is tried again.",
                metadata: [
                    "mapping": "\(queue.mapping.key.uuid)", "queue": "\(client.queue.name)",
                    "function": "\(queue.mapping.functionARN)", "reason": "\(reason)",
                ])
        }
        return .problem(delay)
    }

    /// The queue's settings, as they were a minute ago at most.
    func attributes(as principal: Principal) async throws -> QueueClient.Attributes {
        if let known = state.withLock({ $0.attributes }), ContinuousClock.now - known.read < .seconds(60) {
            return known.value
        }
        let attributes = try await client.attributes(as: principal)
        state.withLock { $0.attributes = (attributes, .now) }
        return attributes
    }
}
