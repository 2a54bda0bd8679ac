import ServiceModel

/// A JSON value taken apart one level deep; its parts stay as they were written.
///
/// Functions answer with anything, and much of it: what is read here is read strictly, without recursion, in time proportional to it, and
/// copied only where it has to be.
enum JSONParts: Sendable, Hashable {
    /// Of several members with one name the last one counts.
    case object([String: ArraySlice<UInt8>])
    case array([ArraySlice<UInt8>])
    case string(String)
    /// A number, `true`, `false` or `null`, as written.
    case other(String)

    /// - Returns: nil for what is no JSON.
    init?(_ bytes: [UInt8]) {
        guard (try? PayloadScanner.check(bytes)) != nil else { return nil }
        self.init(part: bytes.starts(with: Self.mark) ? bytes[3...] : bytes[...])
    }

    /// Takes a part of JSON apart.
    init?(part: ArraySlice<UInt8>) {
        let part = Self.trimmed(part)
        guard let first = part.first else { return nil }
        switch first {
        case UInt8(ascii: "{"):
            var members: [String: ArraySlice<UInt8>] = [:]
            for member in Self.split(part) {
                guard let end = Self.end(ofString: member), let name = Self.text(member[..<end]),
                    let colon = member[end...].firstIndex(of: UInt8(ascii: ":"))
                else { return nil }
                members[name] = Self.trimmed(member[(colon + 1)...])
            }
            self = .object(members)
        case UInt8(ascii: "["): self = .array(Self.split(part))
        case UInt8(ascii: "\""):
            guard let text = Self.text(part) else { return nil }
            self = .string(text)
        default: self = .other(String(decoding: part, as: UTF8.self))
        }
    }

    private static let mark: [UInt8] = [0xEF, 0xBB, 0xBF]

    /// JSON without the white space between its tokens, and without a byte order mark.
    static func compacted(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var compact: [UInt8] = []
        compact.reserveCapacity(bytes.count)
        var place = Place()
        for byte in bytes.starts(with: mark) ? bytes.dropFirst(3) : bytes {
            place.pass(byte)
            if place.isInString || !isSpace(byte) { compact.append(byte) }
        }
        return compact
    }

    /// Where a reader of JSON is, as far as strings go.
    private struct Place {
        private(set) var isInString = false
        private var isEscaped = false

        mutating func pass(_ byte: UInt8) {
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\"") {
                isInString.toggle()
            } else if isInString, byte == UInt8(ascii: "\\") {
                isEscaped = true
            }
        }
    }

    /// The elements of an array, or the members of an object.
    private static func split(_ bytes: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        var parts: [ArraySlice<UInt8>] = []
        var depth = 0
        var place = Place()
        var start = bytes.startIndex + 1
        for index in bytes.indices {
            let byte = bytes[index]
            place.pass(byte)
            if place.isInString { continue }
            switch byte {
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                guard depth == 0 else { continue }
                let last = trimmed(bytes[start..<index])
                if !last.isEmpty { parts.append(last) }
            case UInt8(ascii: ",") where depth == 1:
                parts.append(trimmed(bytes[start..<index]))
                start = index + 1
            default: break
            }
        }
        return parts
    }

    /// Where the string that `bytes` begin with is over.
    private static func end(ofString bytes: ArraySlice<UInt8>) -> Int? {
        var place = Place()
        for index in bytes.indices {
            place.pass(bytes[index])
            if !place.isInString { return index + 1 }
        }
        return nil
    }

    /// The text of a JSON string; nil for another value, and for half of a surrogate pair.
    private static func text(_ bytes: ArraySlice<UInt8>) -> String? {
        bytes.withUnsafeBufferPointer { buffer in
            var scanner = JSONScanner(buffer)
            guard let text = try? scanner.string() else { return nil }
            return scanner.atEnd() ? text : nil
        }
    }

    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var (start, end) = (bytes.startIndex, bytes.endIndex)
        while start < end, isSpace(bytes[start]) { start += 1 }
        while start < end, isSpace(bytes[end - 1]) { end -= 1 }
        return bytes[start..<end]
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
    }
}
