/// One value of an AWS API, free of any protocol: what every wire format is parsed into and written from.
///
/// Structures and unions are keyed by the *model's* member names, never by their names on the wire.
public enum WireValue: Sendable, Hashable {
    /// An explicit null: an element of a sparse list or map, or a document's null. An absent member has no value at all.
    case null
    case boolean(Bool)
    /// byte, short, integer, long.
    case integer(Int64)
    /// float, double; NaN and the infinities included.
    case double(Double)
    case string(String)
    case blob([UInt8])
    case timestamp(Timestamp)
    case list([WireValue])
    /// A map with string keys. Its order says nothing on AWS.
    case map([String: WireValue])
    /// A structure or union, by member name.
    case structure([String: WireValue])
}

extension WireValue {
    /// The member of a structure, or nil if this is no structure or the member is absent.
    public subscript(member: String) -> WireValue? {
        guard case .structure(let members) = self else { return nil }
        return members[member]
    }

    public var booleanValue: Bool? { if case .boolean(let value) = self { value } else { nil } }
    public var integerValue: Int64? { if case .integer(let value) = self { value } else { nil } }
    public var doubleValue: Double? {
        switch self {
        case .double(let value): value
        case .integer(let value): Double(value)
        default: nil
        }
    }
    public var stringValue: String? { if case .string(let value) = self { value } else { nil } }
    public var blobValue: [UInt8]? { if case .blob(let value) = self { value } else { nil } }
    public var timestampValue: Timestamp? { if case .timestamp(let value) = self { value } else { nil } }
    public var listValue: [WireValue]? { if case .list(let value) = self { value } else { nil } }
    public var mapValue: [String: WireValue]? { if case .map(let value) = self { value } else { nil } }
    public var structureValue: [String: WireValue]? { if case .structure(let value) = self { value } else { nil } }
}

extension WireValue: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral {
    public init(stringLiteral value: String) { self = .string(value) }
    public init(booleanLiteral value: Bool) { self = .boolean(value) }
    public init(integerLiteral value: Int64) { self = .integer(value) }
}
