import DequeModule

/// The messages of a FIFO queue, by group and in order, those that are received and not deleted included: behind such a one its group
/// waits.
struct FIFOLine: Sendable {
    fileprivate struct Place {
        var entry: QueueEntry
        /// Received, and neither deleted nor come back.
        var isOut = false
    }

    fileprivate struct Group {
        var places = Deque<Place>()
        /// Whether it is among the groups whose turn comes.
        var isListed = false

        func index(of sequence: Int64) -> Int? {
            var low = 0
            var high = places.count
            while low < high {
                let middle = (low + high) / 2
                if places[middle].entry.sequence < sequence { low = middle + 1 } else { high = middle }
            }
            return low < places.count && places[low].entry.sequence == sequence ? low : nil
        }

        /// Adds a message by its sequence. In place: a copy of a long group for each message would make sending slower and slower.
        mutating func insert(_ entry: QueueEntry) {
            var index = places.count
            while index > 0, places[index - 1].entry.sequence > entry.sequence { index -= 1 }
            places.insert(Place(entry: entry), at: index)
        }
    }

    fileprivate var groups: [String: Group] = [:]
    private var turns = Deque<String>()
    /// Messages that are not out.
    private(set) var waiting = 0
    private(set) var out = 0

    var count: Int { waiting + out }
    /// Whether a group may have its turn.
    var hasTurns: Bool { !turns.isEmpty }

    /// Adds a message to its group, by its sequence: nearly always behind all others.
    mutating func insert(_ entry: QueueEntry, group: String) {
        groups[group, default: Group()].insert(entry)
        waiting += 1
        list(group)
    }

    /// Says that a group may have its turn again.
    mutating func list(_ name: String) {
        guard let group = groups[name], !group.isListed, let first = group.places.first, !first.isOut else { return }
        groups[name]?.isListed = true
        turns.append(name)
    }

    mutating func nextTurn() -> String? {
        guard let name = turns.popFirst() else { return nil }
        groups[name]?.isListed = false
        return name
    }

    /// The first message of a group that may be received now, all before it being out since this turn began.
    /// `position`: how many of the group this turn has taken.
    func candidate(_ name: String, at position: Int) -> QueueEntry? {
        guard let group = groups[name], position < group.places.count, !group.places[position].isOut else { return nil }
        return group.places[position].entry
    }

    /// A message goes out.
    mutating func take(_ name: String, at position: Int, as entry: QueueEntry) {
        var kept = entry
        kept.content = nil
        groups[name]?.places[position] = Place(entry: kept, isOut: true)
        waiting -= 1
        out += 1
    }

    /// A message that was out can be received again.
    mutating func giveBack(_ entry: QueueEntry, group name: String) {
        guard let index = groups[name]?.index(of: entry.sequence) else { return }
        groups[name]?.places[index] = Place(entry: entry)
        waiting += 1
        out -= 1
        list(name)
    }

    /// A message is gone.
    /// - Returns: the message, if it was here.
    @discardableResult
    mutating func remove(_ sequence: Int64, group name: String) -> QueueEntry? {
        guard let index = groups[name]?.index(of: sequence), let place = groups[name]?.places.remove(at: index) else {
            return nil
        }
        if place.isOut { out -= 1 } else { waiting -= 1 }
        if groups[name]?.places.isEmpty == true {
            // A name that is listed is passed over when its turn comes.
            groups[name] = nil
        } else {
            list(name)
        }
        return place.entry
    }
}

extension FIFOLine {
    /// How many messages were sent after a time.
    func countDelayed(until time: Int64) -> Int {
        groups.values.reduce(0) { count, group in
            count + group.places.reduce(0) { !$1.isOut && $1.entry.sent > time ? $0 + 1 : $0 }
        }
    }
}
