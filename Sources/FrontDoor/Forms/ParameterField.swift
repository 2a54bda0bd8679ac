/// A header field with parameters, such as `form-data; name="file"; filename="a;b.txt"` (RFC 9110, section 5.6.6; RFC 7578 for what
/// browsers make of it).
struct ParameterField: Sendable, Equatable {
    /// What stands before the parameters.
    private(set) var value: String
    private var parameters: [(name: String, value: String)] = []

    init(_ text: Substring) {
        var scanner = text.utf8[...]
        value = Self.token(&scanner)
        while scanner.popFirst() != nil {
            let name = Self.token(&scanner, orEquals: true).lowercased()
            guard scanner.first == UInt8(ascii: "=") else { continue }
            scanner.removeFirst()
            Self.skipSpaces(&scanner)
            let value = scanner.first == UInt8(ascii: "\"") ? Self.quoted(&scanner) : Self.token(&scanner)
            parameters.append((name, value))
        }
    }

    /// The first parameter of that name, which is in lower case.
    subscript(name: String) -> String? { parameters.first { $0.name == name }?.value }

    static func == (a: ParameterField, b: ParameterField) -> Bool {
        a.value == b.value && a.parameters.elementsEqual(b.parameters) { $0 == $1 }
    }

    /// Up to the next semicolon, which stays.
    private static func token(_ scanner: inout Substring.UTF8View, orEquals: Bool = false) -> String {
        skipSpaces(&scanner)
        var bytes: [UInt8] = []
        while let byte = scanner.first, byte != UInt8(ascii: ";"), !orEquals || byte != UInt8(ascii: "=") {
            bytes.append(byte)
            scanner.removeFirst()
        }
        while let last = bytes.last, isSpace(last) { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// What stands in quotation marks; what follows it before the next semicolon is dropped.
    private static func quoted(_ scanner: inout Substring.UTF8View) -> String {
        scanner.removeFirst()
        var bytes: [UInt8] = []
        while let byte = scanner.popFirst(), byte != UInt8(ascii: "\"") {
            // Some write the paths of files as they are: a backslash escapes itself and the quotation mark, nothing else.
            if byte == UInt8(ascii: "\\"), let next = scanner.first,
                next == UInt8(ascii: "\\") || next == UInt8(ascii: "\"")
            {
                bytes.append(next)
                scanner.removeFirst()
            } else {
                bytes.append(byte)
            }
        }
        _ = token(&scanner)
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func skipSpaces(_ scanner: inout Substring.UTF8View) {
        while let byte = scanner.first, isSpace(byte) { scanner.removeFirst() }
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
}
