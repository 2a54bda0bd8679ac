import HeapModule

/// What is stored, and what has to be read.
extension QueueEngine {
    /// How many messages of a standard queue are held ready, and from which number on more are read.
    static let window = 1000
    static let lowWater = 400
    /// Messages whose content is larger are read when they are received.
    static let heldSize = 4096
    /// Bytes of content that one queue holds.
    static let heldLimit = 4 << 20

    /// A message that is on disk now.
    struct Stored: Sendable {
        var entry: QueueEntry
        /// Nil: it can be received at once.
        var visibleAt: Int64?
        var group: String?
    }

    /// A message was stored, in the order of sequences.
    mutating func stored(_ message: Stored, isReading: Bool) {
        total += 1
        let sequence = message.entry.sequence
        // A page that was read meanwhile has brought it.
        let isKnown = sequence <= cursor
        let wasAtEnd = cursor >= tail && !isReading
        tail = max(tail, sequence)
        if let due = message.visibleAt {
            delayed.insert(
                Delayed(due: due, sequence: sequence, sent: message.entry.sent, group: message.group))
            if wasAtEnd { cursor = sequence }
            return
        }
        guard !isKnown, wasAtEnd, hasRoom else { return }
        cursor = sequence
        add(message.entry, group: message.group)
    }

    private var hasRoom: Bool {
        isFIFO ? fifo.count < SQSLimits.fifoWindow : standard.freshCount < Self.window
    }

    private mutating func add(_ entry: QueueEntry, group: String?) {
        var entry = entry
        entry.group = group
        let size = entry.held
        if size > Self.heldSize || held + size > Self.heldLimit || heldTogether?.hasRoom(for: size) == false {
            entry.content = nil
        }
        held += entry.held
        if isFIFO { fifo.insert(entry, group: group ?? "") } else { standard.append(entry) }
    }

    /// Whether there is more on disk that should be read now.
    var wantsPage: Bool {
        guard cursor < tail else { return false }
        if !isFIFO { return standard.freshCount < Self.lowWater }
        return fifo.count < Self.lowWater || (!fifo.hasTurns && fifo.count < SQSLimits.fifoWindow)
    }

    /// Whether a page has to be read before somebody can receive as many messages as there may be, up to `maximum`.
    func needsPage(for maximum: Int) -> Bool {
        wantsPage && (isFIFO ? !fifo.hasTurns : standard.count < maximum)
    }

    /// A page was read.
    /// `isLast`: nothing is behind it, as of when it was read.
    /// `end`: up to where everything that was stored was seen by the reader.
    /// `generation`: as it was when the reading began. If it has changed, the page is worthless.
    mutating func pageRead(_ messages: [Stored], isLast: Bool, end: Int64, generation: Int) {
        guard generation == self.generation else { return }
        for message in messages where message.entry.sequence > cursor {
            cursor = message.entry.sequence
            add(message.entry, group: message.group)
        }
        if isLast { cursor = max(cursor, end) }
    }

    /// Messages are gone that nobody has in flight: they had come to a dead-letter queue, or were too old.
    mutating func dropped(_ messages: [ExpiredMessages.Place]) {
        generation += 1
        if isFIFO {
            for message in messages { held -= fifo.remove(message.sequence, group: message.group ?? "")?.held ?? 0 }
        } else {
            let gone = Set(messages.map(\.sequence))
            held -= standard.remove { gone.contains($0) }
        }
        for message in messages {
            flights[message.sequence] = nil
            unrecorded[message.sequence] = nil
        }
    }

    /// A message could not be moved or deleted after all: it can be received again.
    mutating func restore(_ entry: QueueEntry, group: String?) {
        var entry = entry
        entry.content = nil
        if isFIFO { fifo.insert(entry, group: group ?? "") } else { standard.giveBack(entry) }
    }
}
