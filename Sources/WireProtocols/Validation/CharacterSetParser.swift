/// Reads character classes and escapes.
struct CharacterSetParser {
    private let scalars: [Unicode.Scalar]
    private(set) var position: Int

    init(_ scalars: [Unicode.Scalar], _ position: Int) {
        self.scalars = scalars
        self.position = position
    }

    private var peek: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

    /// What follows `[`, with the closing bracket.
    mutating func set() -> Pattern.CharacterSet? {
        var set = Pattern.CharacterSet(ranges: [])
        if peek == "^" {
            set.isNegated = true
            position += 1
        }
        var isFirst = true
        while let scalar = peek {
            if scalar == "]", !isFirst {
                position += 1
                return set
            }
            isFirst = false
            guard let item = item() else { return nil }
            set.properties += item.properties
            // A hyphen between two characters makes a range; beside a class or at the end it is itself.
            guard let low = item.ranges.first, item.ranges.count == 1, low.count == 1, !item.isNegated, peek == "-",
                position + 1 < scalars.count, scalars[position + 1] != "]"
            else {
                guard !item.isNegated else { return nil }
                set.ranges += item.ranges
                continue
            }
            let before = position
            position += 1
            guard let high = self.item() else { return nil }
            if high.ranges.count == 1, let top = high.ranges.first, top.count == 1, high.properties.isEmpty {
                guard low.lowerBound <= top.lowerBound else { return nil }
                set.ranges.append(low.lowerBound...top.lowerBound)
            } else {
                position = before + 1
                set.ranges += [low, 0x2D...0x2D]
            }
        }
        return nil
    }

    private mutating func item() -> Pattern.CharacterSet? {
        guard let scalar = peek else { return nil }
        position += 1
        if scalar == "\\" { return escape() }
        // Nested classes and intersections are not known.
        if scalar == "[" || (scalar == "&" && peek == "&") { return nil }
        return Pattern.CharacterSet(ranges: [scalar.value...scalar.value])
    }

    /// What follows a backslash.
    mutating func escape() -> Pattern.CharacterSet? {
        guard let scalar = peek else { return nil }
        position += 1
        func single(_ value: UInt32) -> Pattern.CharacterSet { Pattern.CharacterSet(ranges: [value...value]) }
        let digit: [ClosedRange<UInt32>] = [0x30...0x39]
        let word: [ClosedRange<UInt32>] = [0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A]
        let space: [ClosedRange<UInt32>] = [0x09...0x0D, 0x20...0x20]
        switch scalar {
        case "d": return Pattern.CharacterSet(ranges: digit)
        case "w": return Pattern.CharacterSet(ranges: word)
        case "s": return Pattern.CharacterSet(ranges: space)
        case "D": return Pattern.CharacterSet(ranges: complement(digit))
        case "W": return Pattern.CharacterSet(ranges: complement(word))
        case "S": return Pattern.CharacterSet(ranges: complement(space))
        case "n": return single(0x0A)
        case "r": return single(0x0D)
        case "t": return single(0x09)
        case "f": return single(0x0C)
        case "x": return hexadecimal(2).map(single)
        case "u": return unicode().map(single)
        case "p": return property().map { Pattern.CharacterSet(ranges: [], properties: [$0]) }
        case "P": return property().map { Pattern.CharacterSet(ranges: [], properties: [.negated($0)]) }
        case _ where scalar.properties.isAlphabetic || scalar.value < 0x80 && ("0"..."9").contains(scalar): return nil
        default: return single(scalar.value)
        }
    }

    private func complement(_ ranges: [ClosedRange<UInt32>]) -> [ClosedRange<UInt32>] {
        var next: UInt32 = 0
        var rest: [ClosedRange<UInt32>] = []
        for range in ranges {
            if range.lowerBound > next { rest.append(next...(range.lowerBound - 1)) }
            next = range.upperBound + 1
        }
        return rest + [next...0x10FFFF]
    }

    private mutating func hexadecimal(_ count: Int) -> UInt32? {
        guard scalars.count - position >= count else { return nil }
        var value: UInt32 = 0
        for scalar in scalars[position..<(position + count)] {
            guard let digit = Character(scalar).hexDigitValue else { return nil }
            value = value << 4 | UInt32(digit)
        }
        position += count
        return value
    }

    /// A code unit, or two that make a surrogate pair.
    private mutating func unicode() -> UInt32? {
        guard let high = hexadecimal(4) else { return nil }
        guard (0xD800..<0xDC00).contains(high), position + 1 < scalars.count, scalars[position] == "\\",
            scalars[position + 1] == "u"
        else {
            return high
        }
        let before = position
        position += 2
        guard let low = hexadecimal(4), (0xDC00..<0xE000).contains(low) else {
            position = before
            return high
        }
        return 0x10000 + (high - 0xD800) << 10 + (low - 0xDC00)
    }

    private mutating func property() -> Pattern.Property? {
        guard peek == "{" else {
            guard let scalar = peek else { return nil }
            position += 1
            return named(String(scalar))
        }
        guard let end = scalars[position...].firstIndex(of: "}") else { return nil }
        let name = String(String.UnicodeScalarView(scalars[(position + 1)..<end]))
        position = end + 1
        return named(name)
    }

    private func named(_ name: String) -> Pattern.Property? {
        switch name.hasPrefix("Is") ? String(name.dropFirst(2)) : name {
        case "L", "Alpha": .letter
        case "Z": .separator
        case "N": .number
        case "Lu", "Upper": .upper
        case "Ll", "Lower": .lower
        case "P", "Punct": .punctuation
        case "Print": .printable
        case "Graph": .graphic
        default: nil
        }
    }
}
