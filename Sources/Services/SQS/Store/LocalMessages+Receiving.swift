import DequeModule
import Logging
import Persistence
import Synchronization

extension LocalMessages {
    private enum Step: Sendable {
        case taken([QueueEntry])
        case read(Task<Void, any Error>)
        case again
        case nothing(arrivals: UInt64)
        case overLimit
    }

    func receive(_ request: ReceiveRequest, from record: QueueRecord) async throws -> [ReceivedMessage] {
        let queue = try await open(record)
        var deadline: ContinuousClock.Instant?
        while true {
            switch step(request, queue, record) {
            case .taken(let entries):
                let messages = try await load(entries, of: queue)
                if !messages.isEmpty { return messages }
                await Task.yield()
            case .read(let page): try await page.value
            // What is on its way out needs a thread to go: all of them could be here.
            case .again: await Task.yield()
            case .overLimit: throw SQSFailures.tooManyInFlight
            case .nothing(let arrivals):
                if request.wait == .zero || isEnding.load(ordering: .relaxed) { return [] }
                let end = deadline ?? .now + request.wait
                deadline = end
                if Task.isCancelled || .now >= end {
                    queue.passOn()
                    return []
                }
                await queue.wait(since: arrivals, until: end, alarms)
                if Task.isCancelled {
                    queue.passOn()
                    throw CancellationError()
                }
                if queue.state.withLock({ $0.isClosed }) { return [] }
            }
        }
    }

    private func step(_ request: ReceiveRequest, _ queue: LocalQueue, _ record: QueueRecord) -> Step {
        let now = self.now
        var rules = record.rules
        if request.deadLetterQueue == nil { rules.maxReceives = nil }
        let (step, taken, alarm) = queue.state.withLock { state -> (Step, QueueEngine.Taken, Int64?) in
            state.isUsed = true
            if let attempt = request.attempt,
                let entries = state.engine.repeated(attempt, visibility: request.visibility, now: now)
            {
                return (.taken(entries), .init(), nil)
            }
            state.engine.advance(to: now)
            if state.engine.needsPage(for: request.maximum) {
                let page = state.page ?? readPage(queue, &state)
                state.page = page
                return (.read(page), .init(), nil)
            }
            let taken = state.engine.take(request.maximum, visibility: request.visibility, now: now, rules: rules)
            if state.engine.wantsPage, state.page == nil { state.page = readPage(queue, &state) }
            if taken.isOverLimit { return (.overLimit, taken, nil) }
            if !taken.entries.isEmpty {
                if let attempt = request.attempt { state.engine.attempts.note(attempt, taken.entries, now: now) }
                if !state.recordsSoon { recordSoon(queue, &state) }
                return (.taken(taken.entries), taken, state.waiters.isEmpty ? nil : state.engine.nextAlarm)
            }
            if !taken.exhausted.isEmpty || !taken.expired.isEmpty { return (.again, taken, nil) }
            return (.nothing(arrivals: state.arrivals), taken, nil)
        }
        if let alarm { alarms.set(queue.id, at: alarm) }
        if !taken.expired.isEmpty {
            let expired = taken.expired
            Task { try await delete(expired, of: queue, areOut: true) }
        }
        if !taken.exhausted.isEmpty, let target = request.deadLetterQueue {
            let exhausted = taken.exhausted
            Task { await giveUp(exhausted, of: queue, record, to: target) }
        }
        return step
    }

    /// What a receiver gets, with what had to be read.
    private func load(_ entries: [QueueEntry], of queue: LocalQueue) async throws -> [ReceivedMessage] {
        let missing = entries.filter { $0.content == nil }.map(\.sequence)
        var read: [Int64: MessageContent] = [:]
        if !missing.isEmpty {
            let id = queue.id
            do {
                read = try await database.read { connection in
                    let rows = MessageRows(connection: connection)
                    var contents: [Int64: MessageContent] = [:]
                    for sequence in missing { contents[sequence] = try rows.message(id, sequence)?.content }
                    return contents
                }
            } catch {
                // They can be received again at once.
                let now = self.now
                queue.state.withLock { state in
                    for entry in entries {
                        _ = state.engine.changeVisibility(entry.sequence, token: entry.token, to: 0, now: now)
                    }
                }
                throw error
            }
        }
        var messages: [ReceivedMessage] = []
        messages.reserveCapacity(entries.count)
        for entry in entries {
            guard let content = entry.content ?? read[entry.sequence] else {
                // Deleted while it was on its way.
                queue.state.withLock { $0.engine.deleted(entry.sequence, wasThere: false) }
                continue
            }
            messages.append(
                ReceivedMessage(
                    content: content, sequence: entry.sequence, sent: entry.sent, receives: entry.receives,
                    firstReceived: entry.firstReceived, token: entry.token))
        }
        return messages
    }

    /// Reads what comes after the messages in memory.
    private func readPage(_ queue: LocalQueue, _ state: inout LocalQueue.State) -> Task<Void, any Error> {
        let (id, cursor, end) = (queue.id, state.engine.cursor, state.engine.tail)
        let generation = state.engine.generation
        let limit = QueueEngine.window
        return Task { [database] in
            do {
                let page = try await database.read {
                    try MessageRows(connection: $0).page(
                        id, after: cursor, limit: limit, heldSize: QueueEngine.heldSize)
                }
                let woken = queue.state.withLock { state in
                    state.page = nil
                    state.engine.pageRead(page, isLast: page.count < limit, end: end, generation: generation)
                    return LocalQueue.wake(state.waiters.count, &state)
                }
                for continuation in woken { continuation.resume() }
            } catch {
                queue.state.withLock { $0.page = nil }
                throw error
            }
        }
    }

    // MARK: Receipts on disk

    /// A receipt is written down some time later, unless its message is deleted before: a message that is the end of this process, again and
    /// again, is one that was received.
    private func recordSoon(_ queue: LocalQueue, _ state: inout LocalQueue.State) {
        state.recordsSoon = true
        Task { [weak self] in
            try await Task.sleep(for: .milliseconds(250))
            await self?.record(queue)
        }
    }

    private func record(_ queue: LocalQueue) async {
        let id = queue.id
        let receipts = queue.state.withLock { state in
            state.recordsSoon = false
            return state.engine.unrecorded
        }
        if receipts.isEmpty { return }
        do {
            try await perform(
                run: { rows, _ in
                    for (sequence, receipt) in receipts {
                        try rows.record(id, sequence, receives: receipt.receives, first: receipt.first)
                    }
                    return .done
                },
                then: { _ in
                    queue.state.withLock { state in
                        for (sequence, receipt) in receipts { state.engine.recorded(sequence, receipt) }
                    }
                })
        } catch {
            // They are written with the next ones; at the end of the process, nobody needs them.
            logger.debug("Receipts of messages can't be recorded.", metadata: ["error": "\(error)"])
        }
    }

    // MARK: Dead letters

    /// Moves messages that were received too often to the dead-letter queue.
    private func giveUp(
        _ entries: [QueueEntry], of queue: LocalQueue, _ record: QueueRecord, to target: QueueRecord
    ) async {
        do {
            let destination = try await open(target)
            let source = record.key.arn
            let isFIFO = target.defaults.isFIFO
            let now = self.now
            try await relocate(entries.map(\.sequence), from: queue, to: destination) { sequence, message in
                var message = message
                message.content = message.content.deadLetter(of: source)
                if let entry = entries.first(where: { $0.sequence == sequence }) {
                    message.receives = entry.receives
                    message.firstReceived = entry.firstReceived
                }
                // Standard queues count the time since a message was sent first.
                if isFIFO { message.sent = now }
                return message
            }
        } catch {
            logger.warning("Messages can't be moved to their dead-letter queue.", metadata: ["error": "\(error)"])
            queue.state.withLock { state in
                for entry in entries { state.engine.restore(entry, group: entry.group) }
            }
        }
    }

    /// Moves messages that are out of their queue's sight, in one transaction.
    /// - Returns: how many there were.
    @discardableResult
    func relocate(
        _ sequences: [Int64], from queue: LocalQueue, to destination: LocalQueue,
        as change: @escaping @Sendable (Int64, NewMessage) -> NewMessage
    ) async throws -> Int {
        let now = self.now
        let outcome = try await perform(
            run: { rows, changes in
                // It may have been deleted since it was looked up; then the messages stay where they are.
                guard try rows.counts(destination.id) != nil else { throw SQSFailures.noQueue }
                var messages: [NewMessage?] = []
                var places: [StoredMessage] = []
                for sequence in sequences {
                    guard sequence > queue.sequence.floor, let found = try rows.message(queue.id, sequence) else {
                        messages.append(nil)
                        continue
                    }
                    let message = change(sequence, found)
                    _ = try rows.delete(queue.id, sequence, above: queue.sequence.floor)
                    let place = StoredMessage(id: message.content.id, sequence: destination.sequence.take())
                    try rows.insert(
                        message, queue: destination.id, sequence: place.sequence,
                        isMoved: message.sent < now)
                    messages.append(message)
                    places.append(place)
                }
                changes.add(-places.count, to: queue.id, queue.sequence)
                changes.add(places.count, to: destination.id, destination.sequence)
                return .moved(messages, places)
            },
            then: { outcome in
                guard case .moved(let messages, let places) = outcome else { return }
                let woken = queue.state.withLock { state in
                    for (sequence, message) in zip(sequences, messages) {
                        if message != nil { state.engine.total -= 1 }
                        state.engine.left(sequence)
                    }
                    return state.engine.isFIFO ? LocalQueue.wake(state.waiters.count, &state) : []
                }
                for continuation in woken { continuation.resume() }
                Self.stored(messages.compactMap { $0 }, places, in: destination)
            })
        guard case .moved(_, let places) = outcome else { return 0 }
        return places.count
    }
}
