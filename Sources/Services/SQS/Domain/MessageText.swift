import ServiceKit

/// What a message may consist of.
enum MessageText {
    /// `#x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF`
    static func check(_ text: String) throws(AWSError) {
        guard isAllowed(text) else {
            throw SQSError.invalidMessageContents(
                "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF"
            )
        }
    }

    static func isAllowed(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            for (index, byte) in bytes.enumerated() {
                if byte < 0x20, byte != 0x09, byte != 0x0A, byte != 0x0D { return false }
                // U+FFFE and U+FFFF are EF BF BE and EF BF BF.
                if byte == 0xEF, index + 2 < bytes.count, bytes[index + 1] == 0xBF, bytes[index + 2] >= 0xBE {
                    return false
                }
            }
            return true
        }
    }

    /// Message group and deduplication ids: letters, digits and punctuation, 1 to 128.
    static func checkID(_ value: String, _ parameter: String) throws(AWSError) {
        guard (1...128).contains(value.utf8.count), value.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw SQSFailures.invalidParameter(
                value, parameter,
                "\(parameter) can only include alphanumeric and punctuation characters. 1 to 128 in length.")
        }
    }
}
