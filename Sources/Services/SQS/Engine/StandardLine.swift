import DequeModule

/// The messages of a standard queue that can be received: those that were not received yet, and those that have come back. They
/// take turns, so that neither keeps the other from being received.
struct StandardLine: Sendable {
    private var fresh = Deque<QueueEntry>()
    private var returned = Deque<QueueEntry>()
    /// The tokens of those that have come back, by sequence: one that is deleted meanwhile is taken from here and passed over later.
    private var tokens: [Int64: UInt64] = [:]
    private var isReturnedsTurn = false
    /// How many messages of each group are received and not deleted.
    private var busy: [String: Int] = [:]
    /// How far a message of a quieter group is looked for.
    private static let lookahead = 64

    var freshCount: Int { fresh.count }
    var count: Int { fresh.count + tokens.count }
    var isEmpty: Bool { count == 0 }
    /// Whether there are messages that have come back.
    var holdsReturned: Bool { !tokens.isEmpty }

    mutating func append(_ entry: QueueEntry) { fresh.append(entry) }

    mutating func giveBack(_ entry: QueueEntry) {
        if entry.token == 0 { return fresh.append(entry) }
        tokens[entry.sequence] = entry.token
        returned.append(entry)
    }

    mutating func next() -> QueueEntry? {
        isReturnedsTurn.toggle()
        if isReturnedsTurn || fresh.isEmpty, let entry = nextReturned() { return entry }
        return nextFresh() ?? nextReturned()
    }

    private mutating func nextReturned() -> QueueEntry? {
        while let entry = returned.popFirst() {
            if tokens[entry.sequence] == entry.token {
                tokens[entry.sequence] = nil
                return entry
            }
        }
        return nil
    }

    /// The next message; one of a group that has many under way lets others pass.
    private mutating func nextFresh() -> QueueEntry? {
        guard let first = fresh.first else { return nil }
        guard !busy.isEmpty, let group = first.group, let load = busy[group], load > 1 else {
            return fresh.popFirst()
        }
        var best = 0
        var least = load
        for offset in 1..<max(1, min(fresh.count, Self.lookahead)) {
            let other = fresh[offset].group.flatMap { busy[$0] } ?? 0
            if other < least {
                (best, least) = (offset, other)
                if other == 0 { break }
            }
        }
        return best == 0 ? fresh.popFirst() : fresh.remove(at: best)
    }

    /// Takes out a message that has come back.
    mutating func takeReturned(_ sequence: Int64, token: UInt64) -> Bool {
        guard tokens[sequence] == token else { return false }
        tokens[sequence] = nil
        return true
    }

    /// Whether a later receipt has made a token worthless.
    func holdsReturned(_ sequence: Int64) -> Bool { tokens[sequence] != nil }

    /// Takes out messages that were deleted otherwise.
    /// - Returns: the bytes of their contents.
    mutating func remove(where isGone: (Int64) -> Bool) -> Int {
        let held = fresh.reduce(0) { isGone($1.sequence) ? $0 + $1.held : $0 }
        fresh.removeAll { isGone($0.sequence) }
        for sequence in tokens.keys.filter(isGone) { tokens[sequence] = nil }
        return held
    }

    mutating func begins(_ group: String?) {
        if let group { busy[group, default: 0] += 1 }
    }

    mutating func ends(_ group: String?) {
        guard let group, let count = busy[group] else { return }
        busy[group] = count > 1 ? count - 1 : nil
    }
}
