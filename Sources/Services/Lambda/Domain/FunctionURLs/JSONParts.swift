import ServiceModel

/// A JSON value taken apart one level deep, its parts left as they were written but for white space.
///
/// Functions answer with anything: what is read here is read strictly, without recursion, and in time and memory proportional to it.
enum JSONParts: Sendable, Hashable {
    /// The members in their order; of several with one name the last one counts.
    case object([String: [UInt8]])
    case array([[UInt8]])
    case string(String)
    /// A number, `true`, `false` or `null`, as written.
    case other(String)

    /// - Returns: nil for what is no JSON.
    init?(_ bytes: [UInt8]) {
        guard (try? PayloadScanner.check(bytes)) != nil else { return nil }
        let compact = Self.compacted(bytes)
        guard let first = compact.first else { return nil }
        switch first {
        case UInt8(ascii: "{"):
            var members: [String: [UInt8]] = [:]
            for part in Self.split(compact) {
                guard let end = Self.end(ofString: part), end + 1 < part.count,
                    let name = Self.text(part[..<end])
                else { return nil }
                members[name] = Array(part[(end + 1)...])
            }
            self = .object(members)
        case UInt8(ascii: "["): self = .array(Self.split(compact))
        case UInt8(ascii: "\""):
            guard let text = Self.text(compact[...]) else { return nil }
            self = .string(text)
        default: self = .other(String(decoding: compact, as: UTF8.self))
        }
    }

    /// Valid JSON without the white space between its tokens, and without a byte order mark.
    static func compacted(_ bytes: [UInt8]) -> [UInt8] {
        var compact: [UInt8] = []
        compact.reserveCapacity(bytes.count)
        var isString = false
        var isEscaped = false
        for byte in bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...] {
            if isString {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isString = false
                }
            } else if byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D {
                continue
            } else if byte == UInt8(ascii: "\"") {
                isString = true
            }
            compact.append(byte)
        }
        return compact
    }

    /// The elements of a compact array, or the members of an object.
    private static func split(_ bytes: [UInt8]) -> [[UInt8]] {
        var parts: [[UInt8]] = []
        var depth = 0
        var isString = false
        var isEscaped = false
        var start = 1
        for (index, byte) in bytes.enumerated() {
            if isString {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isString = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): isString = true
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                if depth == 0, index > start { parts.append(Array(bytes[start..<index])) }
            case UInt8(ascii: ",") where depth == 1:
                parts.append(Array(bytes[start..<index]))
                start = index + 1
            default: break
            }
        }
        return parts
    }

    /// Where the string that `bytes` begin with is over.
    private static func end(ofString bytes: [UInt8]) -> Int? {
        var isEscaped = false
        for (index, byte) in bytes.enumerated().dropFirst() {
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                return index + 1
            }
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
}
