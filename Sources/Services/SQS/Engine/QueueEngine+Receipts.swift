import DequeModule

/// What holders of receipts do.
extension QueueEngine {
    /// What becomes of a deletion.
    enum Deletion: Sendable, Equatable {
        /// The message is to be deleted on disk.
        case delete
        /// The receipt is an old one: another receiver has the message, or had it.
        case outdated
        /// There is no such message any more.
        case gone
    }

    /// Somebody wants a message deleted. It is out of sight until ``deleted(_:)`` or ``notDeleted(_:now:)``.
    mutating func beginDelete(_ sequence: Int64, token: UInt64, now: Int64) -> Deletion {
        advance(to: now)
        if let flight = flights[sequence] {
            if flight.isLeaving { return .gone }
            guard flight.entry.token == token else { return .outdated }
            flights[sequence]?.isLeaving = true
            return .delete
        }
        // A FIFO queue's receipt ends with its visibility.
        if isFIFO { return .outdated }
        if standard.takeReturned(sequence, token: token) {
            let entry = QueueEntry(sequence: sequence, sent: .max, token: token)
            standard.begins(nil)
            flights[sequence] = Flight(entry: entry, deadline: .max, received: now, group: nil, isLeaving: true)
            return .delete
        }
        if standard.holdsReturned(sequence) { return .outdated }
        // Received from an earlier process, or deleted already: the disk knows.
        return .delete
    }

    /// A message is deleted on disk.
    /// `wasThere`: whether it was there before.
    mutating func deleted(_ sequence: Int64, wasThere: Bool) {
        if wasThere { total -= 1 }
        unrecorded[sequence] = nil
        attempts.forget(sequence)
        if let flight = flights.removeValue(forKey: sequence) {
            if isFIFO {
                if let group = flight.group { fifo.remove(sequence, group: group) }
            } else {
                standard.ends(flight.group)
            }
        } else if wasThere {
            dropped([.init(sequence: sequence, group: nil)])
        }
    }

    /// A message could not be deleted: it comes back.
    mutating func notDeleted(_ sequence: Int64, now: Int64) {
        guard var flight = flights[sequence], flight.isLeaving else { return }
        flight.isLeaving = false
        // Of one that had come back before not all is known; it is read again.
        if flight.entry.sent == .max { flight.entry.sent = now }
        flights[sequence] = nil
        comesBack(flight)
    }

    /// What becomes of a change of visibility.
    enum Change: Sendable, Equatable {
        case done
        /// The message is there, and not in flight by this receipt.
        case notInFlight
        /// There is no such message, or another receiver has it.
        case gone
        /// The message would be hidden for more than twelve hours since it was received.
        case tooLong
    }

    /// Hides a message for a time from now on.
    mutating func changeVisibility(_ sequence: Int64, token: UInt64, to visibility: Int64, now: Int64) -> Change {
        advance(to: now)
        guard let flight = flights[sequence], !flight.isLeaving else {
            return !isFIFO && standard.holdsReturned(sequence) ? .notInFlight : .gone
        }
        guard flight.entry.token == token else { return .gone }
        let limit = Int64(SQSLimits.visibility.upperBound) * 1000
        guard now - flight.received + visibility <= limit else { return .tooLong }
        attempts.forget(sequence)
        if visibility == 0 {
            flights[sequence] = nil
            comesBack(flight)
        } else {
            flights[sequence]?.deadline = now + visibility
            setDeadline(sequence, now + visibility)
        }
        return .done
    }

    /// The messages that an attempt to receive got before, if all of them are still its own: it gets them again.
    mutating func repeated(_ attempt: String, visibility: Int64, now: Int64) -> [QueueEntry]? {
        advance(to: now)
        guard let receipts = attempts.find(attempt, now: now) else { return nil }
        var entries: [QueueEntry] = []
        for receipt in receipts {
            guard let flight = flights[receipt.sequence], flight.entry.token == receipt.token, !flight.isLeaving else {
                return nil
            }
            entries.append(flight.entry)
        }
        for entry in entries {
            flights[entry.sequence]?.deadline = now + visibility
            setDeadline(entry.sequence, now + visibility)
        }
        return entries
    }
}

/// Attempts to receive from a FIFO queue that their clients may repeat.
/// See <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/using-receiverequestattemptid-request-parameter.html>.
struct ReceiveAttempts: Sendable {
    struct Receipt: Sendable, Hashable {
        var sequence: Int64
        var token: UInt64
    }

    private var attempts: [String: (number: UInt64, time: Int64, receipts: [Receipt])] = [:]
    /// The attempts that have got a message: one, unless it came back and was received anew.
    private var names: [Int64: Set<String>] = [:]
    private var order = Deque<(name: String, number: UInt64)>()
    private var lastNumber: UInt64 = 0
    private static let maximum = 1000

    mutating func note(_ attempt: String, _ entries: [QueueEntry], now: Int64) {
        remove(attempt)
        lastNumber &+= 1
        attempts[attempt] = (
            lastNumber, now, entries.map { Receipt(sequence: $0.sequence, token: $0.token) }
        )
        for entry in entries { names[entry.sequence, default: []].insert(attempt) }
        order.append((attempt, lastNumber))
        // Attempts that are gone are among them, and are counted too.
        while order.count > Self.maximum, let old = order.popFirst() {
            if attempts[old.name]?.number == old.number { remove(old.name) }
        }
    }

    func find(_ attempt: String, now: Int64) -> [Receipt]? {
        guard let found = attempts[attempt], now - found.time < SQSLimits.deduplication else { return nil }
        return found.receipts
    }

    /// A message of an attempt was deleted or changed: the attempt can't be repeated.
    mutating func forget(_ sequence: Int64) {
        for name in names[sequence] ?? [] { remove(name) }
    }

    private mutating func remove(_ attempt: String) {
        guard let receipts = attempts.removeValue(forKey: attempt)?.receipts else { return }
        for receipt in receipts {
            names[receipt.sequence]?.remove(attempt)
            if names[receipt.sequence]?.isEmpty == true { names[receipt.sequence] = nil }
        }
    }
}

extension QueueEngine {
    /// A message has gone to another queue.
    mutating func left(_ sequence: Int64) {
        unrecorded[sequence] = nil
        guard let flight = flights.removeValue(forKey: sequence) else { return }
        if isFIFO, let group = flight.group { fifo.remove(sequence, group: group) }
        if !isFIFO { standard.ends(flight.group) }
    }
}
