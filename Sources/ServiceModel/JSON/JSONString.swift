/// Writes a JSON string; only what must be is escaped.
package enum JSONString {
    /// The text with its quotes.
    package static func quoted(_ text: String) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count + 2)
        append(text, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Appends the text with its quotes.
    package static func append(_ text: String, to bytes: inout [UInt8]) {
        bytes.append(0x22)
        if text.utf8.withContiguousStorageIfAvailable({ append($0, to: &bytes) }) == nil {
            var text = text
            text.withUTF8 { append($0, to: &bytes) }
        }
        bytes.append(0x22)
    }

    /// What needs no escapes is copied in one go: nearly always everything.
    private static func append(_ text: UnsafeBufferPointer<UInt8>, to bytes: inout [UInt8]) {
        var start = 0
        for index in 0..<text.count {
            let byte = text[index]
            guard byte < 0x20 || byte == 0x22 || byte == 0x5C else { continue }
            bytes.append(contentsOf: text[start..<index])
            start = index + 1
            appendEscaped(byte, to: &bytes)
        }
        bytes.append(contentsOf: text[start...])
    }

    private static func appendEscaped(_ byte: UInt8, to bytes: inout [UInt8]) {
        bytes.append(0x5C)
        switch byte {
        case 0x22, 0x5C: bytes.append(byte)
        case 0x0A: bytes.append(UInt8(ascii: "n"))
        case 0x0D: bytes.append(UInt8(ascii: "r"))
        case 0x09: bytes.append(UInt8(ascii: "t"))
        default:
            bytes.append(contentsOf: "u00".utf8)
            bytes.append(Hexadecimal.digits[Int(byte >> 4)])
            bytes.append(Hexadecimal.digits[Int(byte & 15)])
        }
    }
}
