import Persistence
import ServiceKit
import ServiceModel
import Synchronization

/// The messages of an installation with several processes: who has received a message, and until when, is a part of its row. Those who
/// wait look again several times a second, and at once when a message is sent by way of their own process.
final class SharedMessages: MessageStore {
    let database: any Database
    let time: any TimeSource
    private let bells = Mutex<[Int64: Bell]>([:])
    /// Whether nobody is to wait any longer.
    private let isEnding = Atomic<Bool>(false)
    /// How many messages of queues were in flight, and when they were counted.
    private let flights = Mutex<[Int64: (count: Int, read: ContinuousClock.Instant)]>([:])
    private let attempts = Mutex<[Int64: ReceiveAttempts]>([:])

    /// How long one who waits sleeps before he looks again.
    private static let patience = Duration.milliseconds(200)
    private static let batch = 500

    init(database: any Database, time: any TimeSource) {
        self.database = database
        self.time = time
    }

    private var now: Int64 { time.now.milliseconds }

    private func bell(_ queue: Int64) -> Bell {
        bells.withLock { bells in
            if let bell = bells[queue] { return bell }
            let bell = Bell()
            bells[queue] = bell
            return bell
        }
    }

    // MARK: Sending

    func send(_ messages: [NewMessage], to queue: QueueRecord) async throws -> [StoredMessage] {
        let (id, now) = (queue.id, now)
        let stored = try await database.write { connection in
            let rows = SharedRows(connection: connection)
            return try messages.map { message in
                guard let deduplication = message.deduplication else {
                    return StoredMessage(id: message.content.id, sequence: try rows.insert(message, queue: id))
                }
                let ids = DeduplicationRows(connection: connection)
                if let former = try ids.find(deduplication, queue: id, now: now) { return former }
                let new = StoredMessage(id: message.content.id, sequence: try rows.insert(message, queue: id))
                try ids.insert(deduplication, queue: id, new, now: now)
                return new
            }
        }
        bell(id).ring()
        return stored
    }

    // MARK: Receiving

    func receive(_ request: ReceiveRequest, from queue: QueueRecord) async throws -> [ReceivedMessage] {
        let end = ContinuousClock.now + request.wait
        let bell = bell(queue.id)
        while true {
            let rings = bell.rings
            let messages = try await take(request, from: queue)
            if !messages.isEmpty || .now >= end || bell.isClosed || isEnding.load(ordering: .relaxed) {
                return messages
            }
            await bell.wait(since: rings, until: min(end, .now + Self.patience))
            try Task.checkCancellation()
        }
    }

    private func take(_ request: ReceiveRequest, from queue: QueueRecord) async throws -> [ReceivedMessage] {
        let now = now
        let known = request.attempt.flatMap { attempt in
            attempts.withLock { $0[queue.id]?.find(attempt, now: now) }
        }
        let looks = looksAtFlights(queue.id)
        let (messages, flights) = try await database.write { connection -> ([ReceivedMessage], Int?) in
            let rows = SharedRows(connection: connection)
            let flights = try looks ? rows.inFlight(queue.id, now: now) : nil
            if let known, let messages = try rows.repeated(known, queue, visibility: request.visibility, now: now) {
                return (messages, flights)
            }
            if let flights, flights >= SQSLimits.inFlight {
                if queue.defaults.isFIFO { return ([], flights) }
                throw SQSFailures.tooManyInFlight
            }
            return (try rows.take(request, from: queue, now: now), flights)
        }
        if let flights { self.flights.withLock { $0[queue.id] = (flights, .now) } }
        if let attempt = request.attempt, !messages.isEmpty {
            let entries = messages.map { QueueEntry(sequence: $0.sequence, sent: $0.sent, token: $0.token) }
            attempts.withLock { $0[queue.id, default: ReceiveAttempts()].note(attempt, entries, now: now) }
        }
        return messages
    }

    /// Whether it may be that as many messages are in flight as may be: they are counted once a second while they are few, for counting
    /// them takes longer the more there are.
    private func looksAtFlights(_ queue: Int64) -> Bool {
        guard let known = flights.withLock({ $0[queue] }) else { return true }
        return known.count > SQSLimits.inFlight / 2 || ContinuousClock.now - known.read > .seconds(1)
    }

    // MARK: Receipts

    func delete(_ receipts: [ReceiptHandle], of queue: QueueRecord) async throws -> [QueueEngine.Deletion] {
        let now = now
        let results = try await database.write { connection in
            let rows = SharedRows(connection: connection)
            return try receipts.map { try rows.delete($0, of: queue, now: now) }
        }
        if queue.defaults.isFIFO {
            attempts.withLock { attempts in
                for receipt in receipts { attempts[queue.id]?.forget(receipt.sequence) }
            }
            bell(queue.id).ring()
        }
        return results
    }

    func changeVisibility(_ receipt: ReceiptHandle, to visibility: Int64, of queue: QueueRecord) async throws
        -> QueueEngine.Change
    {
        let now = now
        let change = try await database.write {
            try SharedRows(connection: $0).changeVisibility(receipt, to: visibility, of: queue, now: now)
        }
        if change == .done {
            attempts.withLock { $0[queue.id]?.forget(receipt.sequence) }
            if visibility == 0 { bell(queue.id).ring() }
        }
        return change
    }

    // MARK: Whole queues

    func counts(_ queue: QueueRecord) async throws -> QueueCounts {
        let now = now
        try await expire(queue)
        return try await database.read { try SharedRows(connection: $0).counts(queue, now: now) }
    }

    func extent(_ queue: QueueRecord) async throws -> (last: Int64, count: Int) {
        let id = queue.id
        let row = try await database.read {
            try $0.first("SELECT MAX(id), COUNT(*) FROM sqs_shared_message WHERE queue = ?", [.integer(id)])
        }
        return (row?.integer(0) ?? 0, Int(row?.integer(1) ?? 0))
    }

    func purge(_ queue: QueueRecord) async throws {
        let last = try await extent(queue).last
        while try await remove(queue.id, through: last) == Self.batch {}
    }

    func remove(queue: Int64) async throws -> Bool {
        if try await remove(queue, through: .max) == Self.batch { return false }
        try await database.write { try DeduplicationRows(connection: $0).remove(queue: queue) }
        return true
    }

    private func remove(_ queue: Int64, through last: Int64) async throws -> Int {
        try await database.write {
            try $0.execute(
                """
                DELETE FROM sqs_shared_message WHERE id IN
                    (SELECT id FROM sqs_shared_message WHERE queue = ? AND id <= ? ORDER BY id LIMIT ?)
                """, [.integer(queue), .integer(last), .integer(Int64(Self.batch))])
        }
    }

    private func expire(_ queue: QueueRecord) async throws {
        let (id, cutoff) = (queue.id, now - queue.rules.retention)
        guard try await database.read({ try SharedRows(connection: $0).hasExpired(id, sentBefore: cutoff) }) else {
            return
        }
        while try await database.write({
            try SharedRows(connection: $0).expire(id, sentBefore: cutoff, limit: Self.batch)
        }) == Self.batch {}
    }

    func clean(_ queues: [QueueRecord]) async throws {
        for queue in queues { try await expire(queue) }
        let now = now
        while try await database.write({
            try DeduplicationRows(connection: $0).removeExpired(now: now, limit: Self.batch)
        }) == Self.batch {}
    }

    func redrive(_ message: ReceivedMessage, from source: QueueRecord, to target: QueueRecord) async throws -> Bool {
        let now = now
        let isMoved = try await database.write { connection in
            try SharedRows(connection: connection).redrive(message, from: source.id, to: target.id, now: now)
        }
        bell(target.id).ring()
        return isMoved
    }

    func changed(_ queue: QueueRecord) async { bell(queue.id).ring() }

    func closed(_ queue: QueueRecord) async {
        flights.withLock { $0[queue.id] = nil }
        attempts.withLock { $0[queue.id] = nil }
        bells.withLock { $0.removeValue(forKey: queue.id) }?.close()
    }

    func endWaiting() {
        isEnding.store(true, ordering: .relaxed)
        for bell in bells.withLock({ $0.values.map { $0 } }) { bell.ring() }
    }

    func reset() {
        let all = bells.withLock { bells in
            defer { bells = [:] }
            return bells.values.map { $0 }
        }
        for bell in all { bell.close() }
        attempts.withLock { $0 = [:] }
        flights.withLock { $0 = [:] }
    }
}
