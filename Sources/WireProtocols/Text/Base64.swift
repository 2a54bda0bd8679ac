/// Base64 (RFC 4648, section 4).
enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    /// 64 for padding, 255 for what is no letter of the alphabet.
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 255, count: 256)
        for (value, letter) in alphabet.enumerated() { values[Int(letter)] = UInt8(value) }
        values[Int(UInt8(ascii: "="))] = 64
        return values
    }()

    static func encode(_ bytes: [UInt8], into text: inout [UInt8]) {
        text.reserveCapacity(text.count + (bytes.count + 2) / 3 * 4)
        bytes.withUnsafeBufferPointer { bytes in
            alphabet.withUnsafeBufferPointer { alphabet in
                var index = 0
                while index + 2 < bytes.count {
                    let group = UInt32(bytes[index]) << 16 | UInt32(bytes[index + 1]) << 8 | UInt32(bytes[index + 2])
                    text.append(alphabet[Int(group >> 18)])
                    text.append(alphabet[Int(group >> 12 & 63)])
                    text.append(alphabet[Int(group >> 6 & 63)])
                    text.append(alphabet[Int(group & 63)])
                    index += 3
                }
                guard index < bytes.count else { return }
                let second = index + 1 < bytes.count ? UInt32(bytes[index + 1]) : 0
                let group = UInt32(bytes[index]) << 16 | second << 8
                text.append(alphabet[Int(group >> 18 & 63)])
                text.append(alphabet[Int(group >> 12 & 63)])
                text.append(index + 1 < bytes.count ? alphabet[Int(group >> 6 & 63)] : UInt8(ascii: "="))
                text.append(UInt8(ascii: "="))
            }
        }
    }

    static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        encode(bytes, into: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// - Returns: nil if there is a byte that is not in the alphabet, or the length is impossible. Padding may be absent.
    static func decode(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        var count = text.count
        while count > 0, text.count - count < 2, text[count - 1] == UInt8(ascii: "=") { count -= 1 }
        let isPadded = count < text.count
        guard count % 4 != 1, !isPadded || text.count % 4 == 0 else { return nil }
        var isValid = true
        let decoded = [UInt8](unsafeUninitializedCapacity: count / 4 * 3 + 2) { buffer, written in
            values.withUnsafeBufferPointer { values in
                var index = 0
                while index < count {
                    var group: UInt32 = 0
                    let size = min(4, count - index)
                    for offset in 0..<size {
                        let value = values[Int(text[index + offset])]
                        if value >= 64 { isValid = false }
                        group = group << 6 | UInt32(value & 63)
                    }
                    group <<= UInt32(6 * (4 - size))
                    for offset in 0..<(size - 1) {
                        buffer[written] = UInt8(truncatingIfNeeded: group >> UInt32(16 - 8 * offset))
                        written += 1
                    }
                    index += size
                }
            }
        }
        return isValid ? decoded : nil
    }

    static func decode(_ text: String) -> [UInt8]? {
        var text = text
        return text.withUTF8 { decode($0) }
    }
}
