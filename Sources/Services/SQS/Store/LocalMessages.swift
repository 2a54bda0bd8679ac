import DequeModule
import Logging
import Persistence
import ServiceKit
import ServiceModel
import Synchronization

/// The messages of an installation with one process. They are rows; which of them are received is known in memory: after a crash, all
/// can be received again.
final class LocalMessages: MessageStore {
    let database: any Database
    let time: any TimeSource
    let writer: MessageWriter
    let logger: Logger
    private let queues = Mutex<[Int64: LocalQueue]>([:])
    /// How often queues were let go of.
    private let evictions = Atomic<Int>(0)
    /// Up to where no message that was sent to a queue is left to grow too old: behind it are only those that were moved there.
    let aged = Mutex<[Int64: Int64]>([:])
    /// What all queues hold in memory: 64 MiB.
    let held = HeldBytes(limit: 64 << 20)
    private let clock = Mutex<AlarmClock?>(nil)
    /// Whether nobody is to wait any longer.
    let isEnding = Atomic<Bool>(false)

    init(database: any Database, time: any TimeSource, logger: Logger) {
        self.database = database
        self.time = time
        self.logger = logger
        writer = MessageWriter(database: database)
    }

    var now: Int64 { time.now.milliseconds }

    var alarms: AlarmClock {
        clock.withLock { clock in
            if let clock { return clock }
            let made = AlarmClock(time: time) { [weak self] id in
                guard let self, let queue = self.queues.withLock({ $0[id] }) else { return }
                queue.ring(now: self.now)
            }
            clock = made
            return made
        }
    }

    /// The queue's engine, which is made from the disk when it is first needed.
    func open(_ record: QueueRecord) async throws -> LocalQueue {
        let id = record.id
        if let queue = queues.withLock({ $0[id] }) { return queue }
        let evictions = self.evictions.load(ordering: .acquiring)
        let (counts, delayed) = try await database.read { connection in
            let rows = MessageRows(connection: connection)
            let counts = try rows.counts(id)
            return (counts, try rows.delayed(id, after: counts?.floor ?? 0))
        }
        // Deleted since it was looked up.
        guard let counts else { throw SQSFailures.noQueue }
        let opened = queues.withLock { queues -> LocalQueue? in
            if let queue = queues[id] { return queue }
            // Used and let go of meanwhile, what was read may be old.
            guard self.evictions.load(ordering: .acquiring) == evictions else { return nil }
            let queue = LocalQueue(
                id: id, isFIFO: record.defaults.isFIFO, messages: counts.messages, next: counts.next,
                floor: counts.floor, delayed: delayed, heldTogether: held)
            queues[id] = queue
            return queue
        }
        if let opened { return opened }
        return try await open(record)
    }

    /// Lets go of queues that were not used since this was called last. Whoever has one in hand keeps it: two engines of one queue
    /// would give their messages the same numbers.
    func evict() {
        queues.withLock { queues in
            for id in Array(queues.keys) where queues[id]?.isUnused() == true {
                guard isKnownUniquelyReferenced(&queues[id]) else { continue }
                queues[id] = nil
                evictions.wrappingAdd(1, ordering: .releasing)
            }
        }
    }

    /// How many queues are in memory.
    var openQueues: Int { queues.withLock { $0.count } }

    // MARK: Sending

    func send(_ messages: [NewMessage], to record: QueueRecord) async throws -> [StoredMessage] {
        let queue = try await open(record)
        let now = self.now
        let outcome = try await perform(
            run: { rows, changes in try Self.store(messages, in: queue, rows, changes, now: now) },
            then: { outcome in if case .stored(let stored) = outcome { Self.stored(messages, stored, in: queue) } })
        guard case .stored(let stored) = outcome else { return [] }
        return stored
    }

    private static func store(
        _ messages: [NewMessage], in queue: LocalQueue, _ rows: MessageRows, _ changes: CountChanges, now: Int64
    ) throws -> MessageWriter.Outcome {
        var stored: [StoredMessage] = []
        stored.reserveCapacity(messages.count)
        for message in messages {
            if let deduplication = message.deduplication {
                let ids = DeduplicationRows(connection: rows.connection)
                if let former = try ids.find(deduplication, queue: queue.id, now: now) {
                    stored.append(former)
                    continue
                }
                let new = StoredMessage(id: message.content.id, sequence: queue.sequence.take())
                try ids.insert(deduplication, queue: queue.id, new, now: now)
                stored.append(new)
            } else {
                stored.append(StoredMessage(id: message.content.id, sequence: queue.sequence.take()))
            }
            try rows.insert(message, queue: queue.id, sequence: stored[stored.count - 1].sequence)
            changes.add(1, to: queue.id, queue.sequence)
        }
        return .stored(stored)
    }

    /// Tells the engine what was stored, and wakes those who wait for it.
    static func stored(_ messages: [NewMessage], _ stored: [StoredMessage], in queue: LocalQueue) {
        let woken = queue.state.withLock { state in
            var count = 0
            for (message, place) in zip(messages, stored) where !place.isDuplicate {
                var entry = QueueEntry(sequence: place.sequence, sent: message.sent)
                entry.receives = message.receives
                entry.firstReceived = message.firstReceived
                entry.content = message.content
                state.engine.stored(
                    .init(entry: entry, visibleAt: message.visibleAt, group: message.content.group),
                    isReading: state.page != nil)
                count += 1
            }
            state.isUsed = true
            return count == 0 ? [] : LocalQueue.wake(count, &state)
        }
        for continuation in woken { continuation.resume() }
    }

    /// Has something written.
    /// `finish`: runs after the commit, in the order of the commits, and before this returns.
    /// `failed`: the same, if nothing was written.
    @discardableResult
    func perform(
        run: @escaping @Sendable (MessageRows, CountChanges) throws -> MessageWriter.Outcome,
        then finish: @escaping @Sendable (MessageWriter.Outcome) -> Void, orElse failed: (@Sendable () -> Void)? = nil
    ) async throws -> MessageWriter.Outcome {
        try await withCheckedThrowingContinuation { continuation in
            writer.submit(
                MessageWriter.Operation(run: run) { result in
                    switch result {
                    case .success(let outcome): finish(outcome)
                    case .failure: failed?()
                    }
                    continuation.resume(with: result)
                })
        }
    }

    // MARK: Deleting

    func delete(_ receipts: [ReceiptHandle], of record: QueueRecord) async throws -> [QueueEngine.Deletion] {
        let queue = try await open(record)
        let now = self.now
        var results = queue.state.withLock { state in
            receipts.map { state.engine.beginDelete($0.sequence, token: $0.token, now: now) }
        }
        let sequences = zip(receipts, results).filter { $1 == .delete }.map(\.0.sequence)
        if !sequences.isEmpty { try await delete(sequences, of: queue) }
        // A receipt that is out of date is none of a message that was deleted by it.
        for (index, receipt) in receipts.enumerated() where record.defaults.isFIFO && results[index] == .outdated {
            let isThere = try await database.read {
                try MessageRows(connection: $0).exists(record.id, receipt.sequence)
            }
            if !isThere { results[index] = .gone }
        }
        return results
    }

    /// `areOut`: the engine has let go of them already.
    func delete(_ sequences: [Int64], of queue: LocalQueue, areOut: Bool = false) async throws {
        let id = queue.id
        try await perform(
            run: { rows, changes in
                var wereThere: [Bool] = []
                wereThere.reserveCapacity(sequences.count)
                for sequence in sequences {
                    wereThere.append(try rows.delete(id, sequence, above: queue.sequence.floor))
                }
                changes.add(-wereThere.count(where: { $0 }), to: id, queue.sequence)
                return .deleted(wereThere)
            },
            then: { outcome in
                guard case .deleted(let wereThere) = outcome else { return }
                let woken = queue.state.withLock { state in
                    for (sequence, wasThere) in zip(sequences, wereThere) {
                        if !areOut {
                            state.engine.deleted(sequence, wasThere: wasThere)
                        } else if wasThere {
                            state.engine.total -= 1
                        }
                    }
                    // The next messages of FIFO groups can be received: each message may have been in the way of one group, which one
                    // receiver gets.
                    return state.engine.isFIFO && state.engine.fifo.hasTurns
                        ? LocalQueue.wake(sequences.count, &state) : []
                }
                for continuation in woken { continuation.resume() }
            },
            orElse: { [time] in
                queue.state.withLock { state in
                    for sequence in sequences { state.engine.notDeleted(sequence, now: time.now.milliseconds) }
                }
            })
    }

    func changeVisibility(_ receipt: ReceiptHandle, to visibility: Int64, of record: QueueRecord) async throws
        -> QueueEngine.Change
    {
        let queue = try await open(record)
        let now = self.now
        let (change, woken, alarm) = queue.state.withLock { state in
            let change = state.engine.changeVisibility(receipt.sequence, token: receipt.token, to: visibility, now: now)
            let woken = change == .done && visibility == 0 ? LocalQueue.wake(1, &state) : []
            return (change, woken, state.waiters.isEmpty ? nil : state.engine.nextAlarm)
        }
        for continuation in woken { continuation.resume() }
        if let alarm { alarms.set(queue.id, at: alarm) }
        return change
    }

    // MARK: Whole queues

    func counts(_ record: QueueRecord) async throws -> QueueCounts {
        let queue = try await open(record)
        let now = self.now
        try await expire(queue, record.rules)
        return queue.state.withLock { $0.engine.counts(now: now, rules: record.rules) }
    }

    func extent(_ record: QueueRecord) async throws -> (last: Int64, count: Int) {
        let queue = try await open(record)
        return queue.state.withLock { ($0.engine.tail, $0.engine.total) }
    }

    func changed(_ record: QueueRecord) async {
        guard let queue = queues.withLock({ $0[record.id] }) else { return }
        let woken = queue.state.withLock { state in
            state.engine.rulesChanged()
            return LocalQueue.wake(state.waiters.count, &state)
        }
        for continuation in woken { continuation.resume() }
    }

    func closed(_ record: QueueRecord) async {
        aged.withLock { $0[record.id] = nil }
        queues.withLock { $0.removeValue(forKey: record.id) }?.close()
    }

    func endWaiting() {
        isEnding.store(true, ordering: .relaxed)
        for queue in queues.withLock({ $0.values.map { $0 } }) { queue.wakeAll() }
    }

    func reset() {
        let all = queues.withLock { queues in
            defer { queues = [:] }
            return queues.values.map { $0 }
        }
        for queue in all { queue.close() }
        aged.withLock { $0 = [:] }
    }

    /// The queues that are in memory.
    func opened(_ id: Int64) -> LocalQueue? { queues.withLock { $0[id] } }
}
