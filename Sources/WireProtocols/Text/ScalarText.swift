import ServiceKit
import ServiceModel

/// Scalars that a header, a query parameter, a label, a form or an XML element carries as text.
enum ScalarText {
    static func read(
        _ text: String, _ member: MemberModel, timestampFormat: MemberModel.TimestampFormat
    ) throws(SerializationFailure) -> WireValue {
        switch member.shape.kind {
        case .string, .document: return .string(text)
        case .integer:
            guard let value = Int32(trimmed(text)) else {
                throw SerializationFailure("STRING_VALUE cannot be converted to Integer")
            }
            return .integer(Int64(value))
        case .long:
            guard let value = Int64(trimmed(text)) else {
                throw SerializationFailure("STRING_VALUE cannot be converted to Long")
            }
            return .integer(value)
        case .float, .double:
            guard let value = NumberText.double(trimmed(text)) else {
                throw SerializationFailure("STRING_VALUE cannot be converted to Double")
            }
            return .double(value)
        case .boolean:
            guard let value = NumberText.boolean(trimmed(text)) else {
                throw SerializationFailure("STRING_VALUE cannot be converted to Boolean")
            }
            return .boolean(value)
        case .blob:
            guard let bytes = Base64.decode(text) else { throw SerializationFailure("Unable to decode base64") }
            return .blob(bytes)
        case .timestamp:
            guard let time = TimestampText.parse(trimmed(text)) else {
                throw SerializationFailure(message(timestampFormat))
            }
            return .timestamp(time)
        case .structure, .list, .map: throw SerializationFailure("Unexpected value type in payload")
        }
    }

    private static func message(_ format: MemberModel.TimestampFormat) -> String {
        switch format {
        case .iso8601: "timestamp must follow ISO8601"
        case .rfc822: "timestamp must follow RFC822"
        case .unixTimestamp: "timestamp must be a number of seconds"
        }
    }

    private static func trimmed(_ text: String) -> String {
        guard let first = text.utf8.first, let last = text.utf8.last, first <= 0x20 || last <= 0x20 else { return text }
        return String(text.trimmingWhitespace)
    }

    /// - Returns: nil for what is no scalar.
    static func write(_ value: WireValue, _ member: MemberModel, timestampFormat: MemberModel.TimestampFormat)
        -> String?
    {
        switch value {
        case .string(let value): value
        case .integer(let value): String(value)
        case .double(let value): NumberText.text(value)
        case .boolean(let value): value ? "true" : "false"
        case .blob(let value): Base64.encode(value)
        case .timestamp(let value): text(value, member.timestampFormat ?? timestampFormat)
        case .null, .list, .map, .structure: nil
        }
    }

    static func text(_ time: Timestamp, _ format: MemberModel.TimestampFormat) -> String {
        switch format {
        case .iso8601: TimestampText.iso8601(time)
        case .rfc822: TimestampText.rfc822(time)
        case .unixTimestamp: TimestampText.unix(time)
        }
    }
}
