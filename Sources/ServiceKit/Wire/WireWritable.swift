public import ServiceModel

/// What a generated shape is written to: the output of a call.
public protocol WireWritable {
    var wire: WireValue { get }
    /// A list of these; only bytes, whose list is a blob, have their own.
    static func wire(list: [Self]) -> WireValue
}

extension WireWritable {
    public static func wire(list: [Self]) -> WireValue { .list(list.map(\.wire)) }
}

extension String: WireWritable {
    public var wire: WireValue { .string(self) }
}

extension Int: WireWritable {
    public var wire: WireValue { .integer(Int64(self)) }
}

extension Int64: WireWritable {
    public var wire: WireValue { .integer(self) }
}

extension Bool: WireWritable {
    public var wire: WireValue { .boolean(self) }
}

extension Double: WireWritable {
    public var wire: WireValue { .double(self) }
}

extension Timestamp: WireWritable {
    public var wire: WireValue { .timestamp(self) }
}

extension WireValue: WireWritable {
    public var wire: WireValue { self }
}

extension UInt8: WireWritable {
    public var wire: WireValue { .integer(Int64(self)) }

    public static func wire(list: [UInt8]) -> WireValue { .blob(list) }
}

extension Array: WireWritable where Element: WireWritable {
    public var wire: WireValue { Element.wire(list: self) }
}

extension Dictionary: WireWritable where Key == String, Value: WireWritable {
    public var wire: WireValue { .map(mapValues(\.wire)) }
}
