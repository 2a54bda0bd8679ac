/// Percent-encoding, as RFC 3986 has it.
package enum PercentCoding {
    /// The decoded text, nil if an escape is broken or the result is no UTF-8. Plus signs stay.
    package static func decode(_ text: Substring) -> String? {
        guard text.utf8.contains(0x25) else { return String(text) }
        return decode(Array(text.utf8), plusIsSpace: false)
    }

    /// As in forms: a plus sign is a space.
    package static func decodeForm(_ bytes: some Collection<UInt8>) -> String? {
        decode(bytes, plusIsSpace: true)
    }

    private static func decode(_ bytes: some Collection<UInt8>, plusIsSpace: Bool) -> String? {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count)
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let byte = bytes[index]
            bytes.formIndex(after: &index)
            if byte == 0x25 {
                guard index < bytes.endIndex, let high = Hexadecimal.value(bytes[index]) else { return nil }
                bytes.formIndex(after: &index)
                guard index < bytes.endIndex, let low = Hexadecimal.value(bytes[index]) else { return nil }
                bytes.formIndex(after: &index)
                decoded.append(high << 4 | low)
            } else {
                decoded.append(plusIsSpace && byte == 0x2B ? 0x20 : byte)
            }
        }
        return String(validating: decoded, as: UTF8.self)
    }
}
