import HeapModule

/// One queue of an installation with one process: which message is received next, which are under way, and when they come back. No
/// more of a long queue is in memory than a window; the rest is on disk, in order, behind a cursor.
///
/// A pure value: what is to be read or written is answered to the caller. Times are in milliseconds.
struct QueueEngine: Sendable {
    /// A message that is received and not deleted.
    struct Flight: Sendable {
        var entry: QueueEntry
        var deadline: Int64
        var received: Int64
        var group: String?
        /// Its deletion is on its way to disk: it does not come back unless that fails.
        var isLeaving = false
    }

    /// A message of a standard queue that cannot be received yet.
    struct Delayed: Comparable, Sendable {
        var due: Int64
        var sequence: Int64
        var sent: Int64
        var group: String?

        static func < (a: Delayed, b: Delayed) -> Bool { (a.due, a.sequence) < (b.due, b.sequence) }
    }

    let isFIFO: Bool
    var standard = StandardLine()
    var fifo = FIFOLine()
    var flights: [Int64: Flight] = [:]
    private var deadlines = Heap<QueueAlarm>()
    var delayed = Heap<Delayed>()
    /// The groups of FIFO queues whose first message is not due.
    private var delayedGroups = Heap<QueueAlarm>()
    private var delayedGroupNames: [Int64: String] = [:]
    var attempts = ReceiveAttempts()

    /// All messages up to here are in memory, or gone.
    var cursor: Int64 = 0
    /// The last message that was stored.
    var tail: Int64 = 0
    /// Messages that are stored.
    var total = 0
    /// Changes when a page that is being read may hold messages that are gone.
    var generation = 0
    /// Receipts that are not on disk, by sequence.
    var unrecorded: [Int64: (receives: Int32, first: Int64)] = [:]
    private var lastToken: UInt64
    /// Bytes of content in memory.
    var held = 0 { didSet { heldTogether?.change(by: held - oldValue) } }
    /// What all queues hold; nil: there are no others.
    let heldTogether: HeldBytes?

    /// `seed`: where the tokens of receipts begin; random, so that those of an earlier process mean nothing.
    init(isFIFO: Bool, seed: UInt64, heldTogether: HeldBytes? = nil) {
        self.isFIFO = isFIFO
        self.heldTogether = heldTogether
        lastToken = seed
    }

    // MARK: Receiving

    /// What a receiver gets, and what becomes of messages that were passed.
    struct Taken: Sendable {
        var entries: [QueueEntry] = []
        /// Received too often: they go to the dead-letter queue.
        var exhausted: [QueueEntry] = []
        /// Older than the queue keeps messages.
        var expired: [Int64] = []
        /// As many messages are in flight as may be.
        var isOverLimit = false
    }

    /// Takes up to `maximum` messages, which are hidden for `visibility`.
    mutating func take(_ maximum: Int, visibility: Int64, now: Int64, rules: QueueRules) -> Taken {
        advance(to: now)
        var taken = Taken()
        guard flights.count < SQSLimits.inFlight else {
            taken.isOverLimit = !isFIFO
            return taken
        }
        let room = min(maximum, SQSLimits.inFlight - flights.count)
        if isFIFO {
            takeFIFO(room, visibility, now, rules, &taken)
        } else {
            takeStandard(room, visibility, now, rules, &taken)
        }
        return taken
    }

    private mutating func takeStandard(
        _ maximum: Int, _ visibility: Int64, _ now: Int64, _ rules: QueueRules, _ taken: inout Taken
    ) {
        while taken.entries.count < maximum, let entry = standard.next() {
            if entry.sent + rules.retention <= now {
                held -= entry.held
                taken.expired.append(entry.sequence)
            } else if let limit = rules.maxReceives, entry.receives >= limit {
                held -= entry.held
                taken.exhausted.append(entry)
            } else {
                standard.begins(entry.group)
                taken.entries.append(receive(entry, group: entry.group, visibility, now))
            }
        }
    }

    private mutating func takeFIFO(
        _ maximum: Int, _ visibility: Int64, _ now: Int64, _ rules: QueueRules, _ taken: inout Taken
    ) {
        while taken.entries.count < maximum, let name = fifo.nextTurn() {
            var position = 0
            while taken.entries.count < maximum, let entry = fifo.candidate(name, at: position) {
                if entry.sent + rules.retention <= now {
                    held -= entry.held
                    fifo.remove(entry.sequence, group: name)
                    taken.expired.append(entry.sequence)
                } else if entry.sent + rules.delay > now {
                    if delayedGroupNames.updateValue(name, forKey: entry.sequence) == nil {
                        delayedGroups.insert(QueueAlarm(due: entry.sent + rules.delay, sequence: entry.sequence))
                    }
                    break
                } else if let limit = rules.maxReceives, entry.receives >= limit {
                    held -= entry.held
                    fifo.remove(entry.sequence, group: name)
                    taken.exhausted.append(entry)
                } else {
                    let received = receive(entry, group: name, visibility, now)
                    fifo.take(name, at: position, as: received)
                    taken.entries.append(received)
                    position += 1
                }
            }
        }
    }

    private mutating func receive(_ entry: QueueEntry, group: String?, _ visibility: Int64, _ now: Int64) -> QueueEntry
    {
        held -= entry.held
        lastToken &+= 1
        if lastToken == 0 { lastToken = 1 }
        var entry = entry
        entry.token = lastToken
        entry.receives &+= 1
        if entry.firstReceived == 0 { entry.firstReceived = now }
        unrecorded[entry.sequence] = (entry.receives, entry.firstReceived)
        var kept = entry
        kept.content = nil
        let deadline = now + visibility
        flights[entry.sequence] = Flight(entry: kept, deadline: deadline, received: now, group: group)
        setDeadline(entry.sequence, deadline)
        return entry
    }

    mutating func setDeadline(_ sequence: Int64, _ deadline: Int64) {
        deadlines.insert(QueueAlarm(due: deadline, sequence: sequence))
        // What was deleted meanwhile stays in the heap until its time: not for long.
        guard deadlines.count > 2 * flights.count + 1024 else { return }
        deadlines = Heap(flights.values.map { QueueAlarm(due: $0.deadline, sequence: $0.entry.sequence) })
    }

    /// For tests.
    var deadlineCount: Int { deadlines.count }

    /// A receipt is on disk.
    mutating func recorded(_ sequence: Int64, _ receipt: (receives: Int32, first: Int64)) {
        if let latest = unrecorded[sequence], latest == receipt { unrecorded[sequence] = nil }
    }

    // MARK: Time

    /// Lets come back what has been hidden long enough.
    mutating func advance(to now: Int64) {
        while let first = deadlines.min, first.due <= now {
            deadlines.removeMin()
            guard let flight = flights[first.sequence], flight.deadline == first.due, !flight.isLeaving else {
                continue
            }
            flights[first.sequence] = nil
            comesBack(flight)
        }
        while let first = delayed.min, first.due <= now {
            delayed.removeMin()
            var entry = QueueEntry(sequence: first.sequence, sent: first.sent)
            entry.group = first.group
            standard.append(entry)
        }
        while let first = delayedGroups.min, first.due <= now {
            delayedGroups.removeMin()
            if let name = delayedGroupNames.removeValue(forKey: first.sequence) { fifo.list(name) }
        }
    }

    mutating func comesBack(_ flight: Flight) {
        if isFIFO {
            if let group = flight.group { fifo.giveBack(flight.entry, group: group) }
        } else {
            standard.ends(flight.group)
            standard.giveBack(flight.entry)
        }
    }

    /// When a message comes back or begins to be there next; nil: none does by itself.
    var nextAlarm: Int64? {
        var next = [delayed.min?.due, delayedGroups.min?.due].compactMap { $0 }.min()
        if let deadline = deadlines.min?.due { next = min(next ?? deadline, deadline) }
        return next
    }

    /// Lets FIFO groups have their delays counted anew: the queue's delay has changed.
    mutating func rulesChanged() {
        for name in delayedGroupNames.values { fifo.list(name) }
        delayedGroups = Heap()
        delayedGroupNames = [:]
    }

    /// Whether nothing is known here that the disk does not know.
    var isIdle: Bool { flights.isEmpty && unrecorded.isEmpty && !standard.holdsReturned }

    // MARK: Counters

    /// See <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/confirm-queue-is-empty.html>.
    mutating func counts(now: Int64, rules: QueueRules) -> QueueCounts {
        advance(to: now)
        let out = flights.count
        var later = delayed.count
        if isFIFO, rules.delay > 0 { later = fifo.countDelayed(until: now - rules.delay) }
        return QueueCounts(visible: max(0, total - out - later), inFlight: out, delayed: later)
    }

    /// Forgets all messages, since all up to `last` are gone.
    mutating func empty(through last: Int64) {
        standard = StandardLine()
        fifo = FIFOLine()
        flights = [:]
        deadlines = Heap()
        delayed = Heap()
        delayedGroups = Heap()
        delayedGroupNames = [:]
        unrecorded = [:]
        attempts = ReceiveAttempts()
        held = 0
        total = 0
        cursor = max(cursor, last)
        tail = max(tail, last)
        generation += 1
    }
}

/// The approximate numbers of a queue's messages.
struct QueueCounts: Sendable, Hashable {
    var visible: Int
    var inFlight: Int
    var delayed: Int
}
