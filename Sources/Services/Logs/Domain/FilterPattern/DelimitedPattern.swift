/// A pattern that splits a message into fields: `[ip, user, ..., status = 4*, bytes > 1000]`.
struct DelimitedPattern: Hashable, Sendable {
    struct Field: Hashable, Sendable {
        /// Empty: known by its position alone.
        var name: String
        var condition: Condition?
    }

    indirect enum Condition: Hashable, Sendable {
        case compare(PatternComparison, PatternValue)
        case and([Condition])
        case or([Condition])

        func matches(_ field: String) -> Bool {
            switch self {
            case .compare(let comparison, let value): comparison.holds(field, value)
            case .and(let conditions): conditions.allSatisfy { $0.matches(field) }
            case .or(let conditions): conditions.contains { $0.matches(field) }
            }
        }
    }

    /// The fields from the left, up to the ellipsis if there is one.
    var leading: [Field]
    /// The fields after the ellipsis; nil without one, and then the number of fields must be exact.
    var trailing: [Field]?

    /// The fields of a message, as `$name` or, without a name, `$position` from 1; nil if the pattern does not match.
    func fields(_ message: String) -> [String: String]? {
        let values = Self.split(message)
        let tail = trailing ?? []
        guard trailing == nil ? values.count == leading.count : values.count >= leading.count + tail.count else {
            return nil
        }
        var result: [String: String] = [:]
        for (index, value) in values.enumerated() {
            let field: Field?
            if index < leading.count {
                field = leading[index]
            } else {
                let place = index - (values.count - tail.count)
                field = place >= 0 ? tail[place] : nil
            }
            if let condition = field?.condition, !condition.matches(value) { return nil }
            let name = field?.name ?? ""
            result[name.isEmpty ? "$\(index + 1)" : "$\(name)"] = value
        }
        return result
    }

    /// Splits at white space; what stands in square brackets or double quotes is one field, without them.
    static func split(_ message: String) -> [String] {
        var fields: [String] = []
        let bytes = Array(message.utf8)
        var index = 0
        while index < bytes.count {
            if isSpace(bytes[index]) {
                index += 1
                continue
            }
            let closing: UInt8? =
                switch bytes[index] {
                case UInt8(ascii: "["): UInt8(ascii: "]")
                case UInt8(ascii: "\""): UInt8(ascii: "\"")
                default: nil
                }
            if let closing, let end = bytes[(index + 1)...].firstIndex(of: closing) {
                fields.append(String(decoding: bytes[(index + 1)..<end], as: UTF8.self))
                index = end + 1
                continue
            }
            let start = index
            while index < bytes.count, !isSpace(bytes[index]) { index += 1 }
            fields.append(String(decoding: bytes[start..<index], as: UTF8.self))
        }
        return fields
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (byte >= 0x09 && byte <= 0x0D) }
}
