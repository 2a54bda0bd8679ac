/// Reads the notation of Java's regular expressions, as far as AWS's models use it.
struct PatternParser {
    private let scalars: [Unicode.Scalar]
    private var position = 0
    private var depth = 0

    init(_ text: String) { scalars = Array(text.unicodeScalars) }

    mutating func parse() -> Pattern.Node? {
        guard let node = alternatives(), position == scalars.count else { return nil }
        return node
    }

    private var peek: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

    private mutating func takeIf(_ text: String) -> Bool {
        let wanted = Array(text.unicodeScalars)
        guard scalars.count - position >= wanted.count, Array(scalars[position..<(position + wanted.count)]) == wanted
        else { return false }
        position += wanted.count
        return true
    }

    private mutating func alternatives() -> Pattern.Node? {
        guard depth < 64 else { return nil }
        depth += 1
        defer { depth -= 1 }
        var choices: [Pattern.Node] = []
        repeat {
            guard let choice = sequence() else { return nil }
            choices.append(choice)
        } while takeIf("|")
        return choices.count == 1 ? choices[0] : .alternatives(choices)
    }

    private mutating func sequence() -> Pattern.Node? {
        var nodes: [Pattern.Node] = []
        while let scalar = peek, scalar != "|", scalar != ")" {
            guard let atom = atom(), let node = repeated(atom) else { return nil }
            nodes.append(node)
        }
        return .sequence(nodes)
    }

    private mutating func repeated(_ atom: Pattern.Node) -> Pattern.Node? {
        var node = atom
        while let scalar = peek {
            switch scalar {
            case "*": node = .repeated(node, minimum: 0, maximum: nil)
            case "+": node = .repeated(node, minimum: 1, maximum: nil)
            case "?": node = .repeated(node, minimum: 0, maximum: 1)
            case "{":
                guard let bounds = bounds() else { return nil }
                node = .repeated(node, minimum: bounds.0, maximum: bounds.1)
                continue
            default: return node
            }
            position += 1
            // Reluctant: the same for a match of the whole. Possessive ones differ, and are not known.
            _ = takeIf("?")
        }
        return node
    }

    private mutating func bounds() -> (Int, Int?)? {
        position += 1
        guard let minimum = number() else { return nil }
        var maximum: Int? = minimum
        if takeIf(",") { maximum = peek == "}" ? nil : number() }
        guard takeIf("}"), maximum.map({ $0 >= minimum }) ?? true else { return nil }
        return (minimum, maximum)
    }

    private mutating func number() -> Int? {
        var value: Int?
        while let scalar = peek, ("0"..."9").contains(scalar), (value ?? 0) < 100_000 {
            value = (value ?? 0) * 10 + Int(scalar.value - 0x30)
            position += 1
        }
        return value
    }

    private mutating func atom() -> Pattern.Node? {
        guard let scalar = peek else { return nil }
        position += 1
        switch scalar {
        case "(": return group()
        case "[":
            var parser = CharacterSetParser(scalars, position)
            guard let set = parser.set() else { return nil }
            position = parser.position
            return .set(set)
        case ".":
            return .set(
                Pattern.CharacterSet(ranges: [0x0A...0x0A, 0x0D...0x0D, 0x85...0x85, 0x2028...0x2029], isNegated: true))
        case "^": return .start
        case "$": return .end
        case "\\":
            var parser = CharacterSetParser(scalars, position)
            guard let set = parser.escape() else { return nil }
            position = parser.position
            return .set(set)
        case "*", "+", "?": return nil
        default: return .set(Pattern.CharacterSet(ranges: [scalar.value...scalar.value]))
        }
    }

    private mutating func group() -> Pattern.Node? {
        var look: (ahead: Bool, negative: Bool)?
        if takeIf("?=") {
            look = (true, false)
        } else if takeIf("?!") {
            look = (true, true)
        } else if takeIf("?<=") {
            look = (false, false)
        } else if takeIf("?<!") {
            look = (false, true)
        } else if takeIf("?:") {
            look = nil
        } else if peek == "?" {
            return nil
        }
        guard let node = alternatives(), takeIf(")") else { return nil }
        guard let look else { return node }
        // Behind: only single characters, which is all that the models use.
        if !look.ahead, case .sequence(let nodes) = node, nodes.count == 1, case .set = nodes[0] {
            return .look(nodes[0], ahead: false, negative: look.negative)
        }
        return look.ahead ? .look(node, ahead: true, negative: look.negative) : nil
    }
}
