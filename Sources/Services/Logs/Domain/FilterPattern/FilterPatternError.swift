/// Why a filter pattern was refused, in the words of AWS's InvalidParameterException.
struct FilterPatternError: Error, Hashable {
    var message: String

    static let invalid = FilterPatternError(message: "Invalid filter pattern")

    static func character(_ byte: UInt8) -> FilterPatternError {
        FilterPatternError(message: "Invalid character(s) in term '\(String(decoding: [byte], as: UTF8.self))'")
    }

    static func character(_ scalar: Unicode.Scalar) -> FilterPatternError {
        FilterPatternError(message: "Invalid character(s) in term '\(scalar)'")
    }

    static func unclosed(_ opening: Character, _ closing: Character) -> FilterPatternError {
        FilterPatternError(message: "If a filter pattern starts with '\(opening)' it must end with '\(closing)'")
    }
}
