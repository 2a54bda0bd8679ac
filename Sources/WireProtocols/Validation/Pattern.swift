/// A regular expression of a model, in Java's notation, matched against whole values in time proportional to their length: states are
/// followed side by side, and nothing is tried again. (Foundation's and Swift's own engines go back, and hostile input makes them hang.)
struct Pattern: Sendable {
    /// A program that a value is run through.
    indirect enum Node: Sendable {
        case empty
        case set(CharacterSet)
        case sequence([Node])
        case alternatives([Node])
        case repeated(Node, minimum: Int, maximum: Int?)
        case start
        case end
        case look(Node, ahead: Bool, negative: Bool)
    }

    /// Ranges of characters.
    struct CharacterSet: Sendable {
        var ranges: [ClosedRange<UInt32>]
        var properties: [Property] = []
        var isNegated = false

        func contains(_ scalar: Unicode.Scalar) -> Bool {
            let found = ranges.contains { $0.contains(scalar.value) } || properties.contains { $0.matches(scalar) }
            return found != isNegated
        }
    }

    enum Property: Sendable {
        case letter, separator, number, printable, graphic, upper, lower, punctuation
        indirect case negated(Property)

        func matches(_ scalar: Unicode.Scalar) -> Bool {
            let category = scalar.properties.generalCategory
            switch self {
            case .letter:
                return [.uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter].contains(
                    category)
            case .separator: return [.spaceSeparator, .lineSeparator, .paragraphSeparator].contains(category)
            case .number: return [.decimalNumber, .letterNumber, .otherNumber].contains(category)
            case .upper: return category == .uppercaseLetter
            case .lower: return category == .lowercaseLetter
            case .punctuation:
                return [
                    .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
                    .finalPunctuation,
                    .otherPunctuation,
                ].contains(category)
            case .printable: return (0x20...0x7E).contains(scalar.value)
            case .graphic: return (0x21...0x7E).contains(scalar.value)
            case .negated(let property): return !property.matches(scalar)
            }
        }
    }

    let program: PatternProgram

    /// - Returns: nil if the notation is one that is not known here.
    init?(_ text: String) {
        var parser = PatternParser(text)
        guard let node = parser.parse(), let program = PatternProgram(node) else { return nil }
        self.program = program
    }

    /// Whether the pattern matches all of `text`.
    func matches(_ text: String) -> Bool { program.matches(Array(text.unicodeScalars)) }
}
