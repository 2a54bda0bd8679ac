public import ServiceModel

/// What a generated shape is read from: the input of a call.
public protocol WireReadable {
    /// - Throws: ``AWSError`` if the value has another type, or a required member is missing.
    init(wire: WireValue) throws(AWSError)
    /// A list of these; only bytes, whose list is a blob, have their own.
    static func list(wire: WireValue) throws(AWSError) -> [Self]
}

extension WireReadable {
    public static func list(wire: WireValue) throws(AWSError) -> [Self] {
        guard case .list(let elements) = wire else { throw .mistyped("list") }
        var values: [Self] = []
        values.reserveCapacity(elements.count)
        for element in elements { values.append(try Self(wire: element)) }
        return values
    }
}

extension AWSError {
    fileprivate static func mistyped(_ expected: String) -> AWSError {
        .validation("1 validation error detected: expected a value of type \(expected)")
    }
}

extension WireValue {
    /// The members of a structure.
    public func members() throws(AWSError) -> [String: WireValue] {
        guard case .structure(let members) = self else { throw .mistyped("structure") }
        return members
    }
}

extension [String: WireValue] {
    /// A member that must be there.
    public func required<Member: WireReadable>(_ name: String) throws(AWSError) -> Member {
        guard let value = self[name] else {
            throw .validation(
                "1 validation error detected: Value null at '\(name.prefix(1).lowercased() + name.dropFirst())' failed to satisfy constraint: "
                    + "Member must not be null")
        }
        return try Member(wire: value)
    }

    /// A member that may be absent.
    public func optional<Member: WireReadable>(_ name: String) throws(AWSError) -> Member? {
        guard let value = self[name], value != .null else { return nil }
        return try Member(wire: value)
    }
}

extension String: WireReadable {
    public init(wire: WireValue) throws(AWSError) {
        guard case .string(let value) = wire else { throw .mistyped("string") }
        self = value
    }
}

extension Int: WireReadable {
    public init(wire: WireValue) throws(AWSError) {
        guard case .integer(let value) = wire, let value = Int(exactly: value) else { throw .mistyped("integer") }
        self = value
    }
}

extension Int64: WireReadable {
    public init(wire: WireValue) throws(AWSError) {
        guard case .integer(let value) = wire else { throw .mistyped("long") }
        self = value
    }
}

extension Bool: WireReadable {
    public init(wire: WireValue) throws(AWSError) {
        guard case .boolean(let value) = wire else { throw .mistyped("boolean") }
        self = value
    }
}

extension Double: WireReadable {
    public init(wire: WireValue) throws(AWSError) {
        guard let value = wire.doubleValue else { throw .mistyped("double") }
        self = value
    }
}

extension Timestamp: WireReadable {
    public init(wire: WireValue) throws(AWSError) {
        guard case .timestamp(let value) = wire else { throw .mistyped("timestamp") }
        self = value
    }
}

extension WireValue: WireReadable {
    public init(wire: WireValue) throws(AWSError) { self = wire }
}

extension UInt8: WireReadable {
    public init(wire: WireValue) throws(AWSError) {
        guard case .integer(let value) = wire, let value = UInt8(exactly: value) else { throw .mistyped("byte") }
        self = value
    }

    public static func list(wire: WireValue) throws(AWSError) -> [UInt8] {
        guard case .blob(let bytes) = wire else { throw .mistyped("blob") }
        return bytes
    }
}

extension Array: WireReadable where Element: WireReadable {
    public init(wire: WireValue) throws(AWSError) { self = try Element.list(wire: wire) }
}

extension Dictionary: WireReadable where Key == String, Value: WireReadable {
    public init(wire: WireValue) throws(AWSError) {
        guard case .map(let entries) = wire else { throw .mistyped("map") }
        self.init(minimumCapacity: entries.count)
        for (key, value) in entries { self[key] = try Value(wire: value) }
    }
}
