/// Parses the text between two percent signs. Allowed are letters, digits, the symbols `_ # = @ / ; , - :`, and the
/// operators `^ $ ? [ ] { } | \ * + .`, as AWS documents them.
struct PatternRegexParser {
    private let bytes: [UInt8]
    private var index = 0
    private var placeCount = 0

    static func parse(_ source: String) throws(FilterPatternError) -> PatternRegex {
        if let scalar = source.unicodeScalars.first(where: { !$0.isASCII }) { throw .character(scalar) }
        var parser = PatternRegexParser(source)
        return try parser.alternatives(source)
    }

    private init(_ source: String) { bytes = Array(source.utf8) }

    private mutating func alternatives(_ source: String) throws(FilterPatternError) -> PatternRegex {
        guard !bytes.isEmpty else { throw .invalid }
        var chains: [PatternRegex.Chain] = []
        while true {
            chains.append(try chain())
            guard index < bytes.count else { break }
            index += 1  // the bar
        }
        return PatternRegex(source: source, alternatives: chains)
    }

    private mutating func chain() throws(FilterPatternError) -> PatternRegex.Chain {
        var chain = PatternRegex.Chain()
        while index < bytes.count, bytes[index] != UInt8(ascii: "|") {
            if bytes[index] == UInt8(ascii: "^") {
                index += 1
                if try quantifier() != nil { throw .invalid }
                if chain.places.isEmpty { chain.anchoredAtStart = true } else { chain.impossible = true }
                continue
            }
            if bytes[index] == UInt8(ascii: "$") {
                index += 1
                if try quantifier() != nil { throw .invalid }
                chain.anchoredAtEnd = true
                continue
            }
            if chain.anchoredAtEnd { chain.impossible = true }
            let characters = try atom()
            let (least, most) = try quantifier() ?? (1, 1)
            placeCount += most ?? max(least, 1)
            guard placeCount <= PatternRegex.maximumPlaces else { throw .invalid }
            append(characters, least, most, to: &chain)
        }
        return chain
    }

    private func append(_ characters: CharacterSet256, _ least: Int, _ most: Int?, to chain: inout PatternRegex.Chain) {
        for _ in 0..<least { chain.places.append(.init(characters: characters)) }
        if let most {
            for _ in least..<max(most, least) { chain.places.append(.init(characters: characters, optional: true)) }
        } else if least == 0 {
            chain.places.append(.init(characters: characters, optional: true, repeatable: true))
        } else {
            chain.places[chain.places.count - 1].repeatable = true
        }
    }

    /// The repetition that follows an atom, nil if none does; a most of nil means "any number".
    private mutating func quantifier() throws(FilterPatternError) -> (Int, Int?)? {
        guard index < bytes.count else { return nil }
        var result: (Int, Int?)
        switch bytes[index] {
        case UInt8(ascii: "?"): result = (0, 1)
        case UInt8(ascii: "*"): result = (0, nil)
        case UInt8(ascii: "+"): result = (1, nil)
        case UInt8(ascii: "{"):
            index += 1
            guard let least = number() else { throw .invalid }
            result = (least, least)
            if index < bytes.count, bytes[index] == UInt8(ascii: ",") {
                index += 1
                result.1 = number()
                if let most = result.1, most < least { throw .invalid }
            }
            guard index < bytes.count, bytes[index] == UInt8(ascii: "}") else { throw .invalid }
        default: return nil
        }
        index += 1
        if index < bytes.count {
            // A reluctant repetition finds the same lines as a greedy one; any other doubling is an error.
            if bytes[index] == UInt8(ascii: "?") { index += 1 }
            if index < bytes.count,
                [UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "?"), UInt8(ascii: "{")].contains(bytes[index])
            {
                throw .invalid
            }
        }
        return result
    }

    private mutating func number() -> Int? {
        var value: Int?
        while index < bytes.count, let digit = Self.digit(bytes[index]) {
            value = min((value ?? 0) * 10 + digit, 100_000)
            index += 1
        }
        return value
    }

    private mutating func atom() throws(FilterPatternError) -> CharacterSet256 {
        let byte = bytes[index]
        index += 1
        switch byte {
        case UInt8(ascii: "."):
            var any = CharacterSet256.all
            any.remove(UInt8(ascii: "\n"))
            any.remove(UInt8(ascii: "\r"))
            return any
        case UInt8(ascii: "\\"): return try escape()
        case UInt8(ascii: "["): return try bracket()
        case UInt8(ascii: "?"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "{"), UInt8(ascii: "}"),
            UInt8(ascii: "]"):
            throw .invalid
        default: return try literal(byte)
        }
    }

    private func literal(_ byte: UInt8) throws(FilterPatternError) -> CharacterSet256 {
        guard Self.isAlphanumeric(byte) || "_#=@/;,-:".utf8.contains(byte) else { throw .character(byte) }
        var set = CharacterSet256()
        set.insert(byte)
        return set
    }

    private mutating func escape() throws(FilterPatternError) -> CharacterSet256 {
        guard index < bytes.count else { throw .invalid }
        let byte = bytes[index]
        index += 1
        var set = CharacterSet256()
        switch byte {
        case UInt8(ascii: "d"), UInt8(ascii: "D"): set.insert(UInt8(ascii: "0")...UInt8(ascii: "9"))
        case UInt8(ascii: "s"), UInt8(ascii: "S"): set.insert(" \t\n\u{0B}\u{0C}\r".utf8)
        case UInt8(ascii: "w"), UInt8(ascii: "W"):
            set.insert((UInt8(0)...127).filter { Self.isAlphanumeric($0) || $0 == UInt8(ascii: "_") })
        case UInt8(ascii: "t"): set.insert(UInt8(ascii: "\t"))
        case UInt8(ascii: "n"): set.insert(UInt8(ascii: "\n"))
        case UInt8(ascii: "r"): set.insert(UInt8(ascii: "\r"))
        case UInt8(ascii: "x"):
            guard index + 1 < bytes.count,
                let value = UInt8(String(decoding: bytes[index..<index + 2], as: UTF8.self), radix: 16),
                value < 128
            else { throw .invalid }
            index += 2
            set.insert(value)
        default:
            if Self.isAlphanumeric(byte) { throw .invalid }
            set.insert(byte)
        }
        return [UInt8(ascii: "D"), UInt8(ascii: "S"), UInt8(ascii: "W")].contains(byte) ? set.inverted : set
    }

    private mutating func bracket() throws(FilterPatternError) -> CharacterSet256 {
        var set = CharacterSet256()
        var negated = false
        if index < bytes.count, bytes[index] == UInt8(ascii: "^") {
            negated = true
            index += 1
        }
        var first = true
        while true {
            guard index < bytes.count else { throw .invalid }
            let byte = bytes[index]
            index += 1
            if byte == UInt8(ascii: "]") {
                if first { throw .invalid }
                return negated ? set.inverted : set
            }
            first = false
            if byte == UInt8(ascii: "\\") {
                set.formUnion(try escape())
                continue
            }
            if byte == UInt8(ascii: "[") || byte == UInt8(ascii: "&") { throw .invalid }
            if index + 1 < bytes.count, bytes[index] == UInt8(ascii: "-"), bytes[index + 1] != UInt8(ascii: "]"),
                bytes[index + 1] != UInt8(ascii: "\\")
            {
                let end = bytes[index + 1]
                guard Self.isAlphanumeric(byte), Self.isAlphanumeric(end), byte <= end else { throw .invalid }
                set.insert(byte...end)
                index += 2
                continue
            }
            if !"^$?{}|*+.".utf8.contains(byte) { _ = try literal(byte) }
            set.insert(byte)
        }
    }

    static func isAlphanumeric(_ byte: UInt8) -> Bool {
        digit(byte) != nil || (byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z"))
    }

    private static func digit(_ byte: UInt8) -> Int? {
        byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") ? Int(byte - UInt8(ascii: "0")) : nil
    }
}
