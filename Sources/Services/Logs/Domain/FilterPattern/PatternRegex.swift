/// A regular expression in the restricted syntax of filter patterns: `%…%`.
///
/// There are no groups on AWS, so an expression is a choice between chains of repeated characters. A chain is matched by
/// keeping the set of places reached so far: the time is at most (places × bytes), whatever the expression.
struct PatternRegex: Hashable, Sendable {
    /// The source, without the percent signs.
    let source: String
    let alternatives: [Chain]

    /// A sequence of places to pass, from left to right.
    struct Chain: Hashable, Sendable {
        var places: [Place] = []
        var anchoredAtStart = false
        var anchoredAtEnd = false
        /// An anchor stands where it can never hold, as in `a^b`.
        var impossible = false
    }

    /// One character to be read. An optional place may be passed without reading, a repeatable one may read again.
    struct Place: Hashable, Sendable {
        var characters: CharacterSet256
        var optional = false
        var repeatable = false
    }

    /// The most places that an expression may have, once its counted repetitions are written out.
    static let maximumPlaces = 512

    /// Whether the expression matches anywhere in the text.
    func matches(_ text: some Collection<UInt8>) -> Bool {
        alternatives.contains { $0.matches(text) }
    }

    func matches(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { matches($0) }
    }
}

extension PatternRegex.Chain {
    func matches(_ text: some Collection<UInt8>) -> Bool {
        if impossible { return false }
        // `reached[i]`: everything before place i has been passed.
        var reached = [Bool](repeating: false, count: places.count + 1)
        var next = reached
        enter(0, &reached)
        if reached[places.count], !anchoredAtEnd || text.isEmpty { return true }
        var active = true
        for byte in text {
            // A character counts once, by its leading byte.
            if byte & 0xC0 == 0x80 { continue }
            if !active && anchoredAtStart { return false }
            active = false
            for index in next.indices { next[index] = false }
            for index in places.indices where reached[index] && places[index].characters.contains(byte) {
                enter(index + 1, &next)
                if places[index].repeatable { enter(index, &next) }
                active = true
            }
            if !anchoredAtStart { enter(0, &next) }
            swap(&reached, &next)
            if reached[places.count], !anchoredAtEnd { return true }
        }
        return reached[places.count]
    }

    private func enter(_ start: Int, _ reached: inout [Bool]) {
        var index = start
        while true {
            if reached[index] { return }
            reached[index] = true
            guard index < places.count, places[index].optional else { return }
            index += 1
        }
    }
}

/// A set of bytes; every byte above 127 stands for "some character beyond ASCII".
struct CharacterSet256: Hashable, Sendable {
    private var low: UInt64 = 0
    private var high: UInt64 = 0
    private var beyond = false

    static let all = CharacterSet256().inverted

    func contains(_ byte: UInt8) -> Bool {
        if byte < 64 { return low & (1 << UInt64(byte)) != 0 }
        if byte < 128 { return high & (1 << UInt64(byte - 64)) != 0 }
        return beyond
    }

    mutating func insert(_ byte: UInt8) {
        if byte < 64 {
            low |= 1 << UInt64(byte)
        } else if byte < 128 {
            high |= 1 << UInt64(byte - 64)
        } else {
            beyond = true
        }
    }

    mutating func remove(_ byte: UInt8) {
        if byte < 64 {
            low &= ~(1 << UInt64(byte))
        } else if byte < 128 {
            high &= ~(1 << UInt64(byte - 64))
        } else {
            beyond = false
        }
    }

    mutating func insert(_ bytes: some Sequence<UInt8>) { for byte in bytes { insert(byte) } }

    mutating func formUnion(_ other: CharacterSet256) {
        low |= other.low
        high |= other.high
        beyond = beyond || other.beyond
    }

    var inverted: CharacterSet256 {
        var result = self
        result.low = ~low
        result.high = ~high
        result.beyond = !beyond
        return result
    }
}
