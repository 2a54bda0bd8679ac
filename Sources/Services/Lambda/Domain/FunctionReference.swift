import ServiceKit

/// A function as a caller named it: a name, a partial ARN or an ARN, with a qualifier in it or beside it.
///
/// The grammar is the pattern of `FunctionName` in Lambda's API reference, against which the input was validated:
/// `(arn:aws…:lambda:)?(region:)?(account:)?(function:)?name(:qualifier)?`, each part taken if a name is left after it.
struct FunctionReference: Sendable, Hashable {
    var partition: String?
    var region: String?
    var account: String?
    var name: String
    var qualifier: String?

    /// - Returns: nil if `text` does not fit the grammar.
    init?(parsing text: String) {
        // Nearly every call names a function plainly.
        if !text.utf8.contains(UInt8(ascii: ":")) {
            guard Self.isName(text) else { return nil }
            name = text
            return
        }
        var parts = text.split(separator: ":", omittingEmptySubsequences: false)[...]
        if parts.count > 3, parts[0] == "arn", Self.isPartition(parts[1]), parts[2] == "lambda" {
            partition = String(parts[1])
            parts = parts.dropFirst(3)
        }
        if parts.count > 1, let first = parts.first, Self.isRegion(first) {
            region = String(first)
            parts = parts.dropFirst()
        }
        if parts.count > 1, let first = parts.first, Self.isAccount(first) {
            account = String(first)
            parts = parts.dropFirst()
        }
        if parts.count > 1, parts.first == "function" { parts = parts.dropFirst() }
        guard let first = parts.first, Self.isName(first), parts.count <= 2 else { return nil }
        name = String(first)
        if parts.count == 2, let last = parts.last {
            guard Self.isQualifier(last) else { return nil }
            qualifier = String(last)
        }
    }

    static func isPartition(_ text: some StringProtocol) -> Bool {
        text.isEmpty
            || text.hasPrefix("aws") && text.utf8.dropFirst(3).allSatisfy { isLetter($0) || $0 == UInt8(ascii: "-") }
    }

    /// Such as `us-east-1`, `us-gov-west-1`, `us-isob-east-1`, `eusc-de-east-1`.
    static func isRegion(_ text: some StringProtocol) -> Bool {
        var parts = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)[...]
        if parts.first.map({ $0.elementsEqual("eusc".utf8) }) == true { parts = parts.dropFirst() }
        guard parts.count >= 3, let first = parts.first, first.count == 2, first.allSatisfy(isLower),
            let last = parts.last, last.count == 1, last.allSatisfy(isDigit)
        else { return false }
        let middle = parts.dropFirst().dropLast()
        guard let place = middle.last, !place.isEmpty, place.allSatisfy(isLower) else { return false }
        guard middle.count == 2, let kind = middle.first else { return middle.count == 1 }
        return kind.elementsEqual("gov".utf8) || kind.elementsEqual("iso".utf8)
            || (kind.count == 4 && kind.starts(with: "iso".utf8) && kind.allSatisfy(isLower))
    }

    static func isAccount(_ text: some StringProtocol) -> Bool {
        text.utf8.count == 12 && text.utf8.allSatisfy(isDigit)
    }

    static func isName(_ text: some StringProtocol) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { isWord($0) || $0 == UInt8(ascii: ".") }
    }

    static func isQualifier(_ text: some StringProtocol) -> Bool {
        text == latestVersion || text == "$LATEST.PUBLISHED" || (!text.isEmpty && text.utf8.allSatisfy(isWord))
    }

    /// Whether a qualifier names a published version rather than an alias.
    static func isVersionNumber(_ text: some StringProtocol) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy(isDigit)
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        isLetter(byte) || isDigit(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
    }

    private static func isLetter(_ byte: UInt8) -> Bool { isLower(byte | 0x20) }
    private static func isLower(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z") }
    private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }
}
