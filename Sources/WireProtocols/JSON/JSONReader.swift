import ServiceModel

/// Reads JSON into ``WireValue`` by shape. Members that the model does not know are passed over.
struct JSONReader {
    private var scanner: JSONScanner

    /// The value of a whole body.
    static func read(_ body: [UInt8], _ member: MemberModel) throws(SerializationFailure) -> WireValue {
        try SerializationFailure.reading(body) { bytes in
            var reader = JSONReader(scanner: JSONScanner(bytes))
            guard let value = try reader.value(member, depth: 0) else { return .structure([:]) }
            guard reader.scanner.atEnd() else { throw SerializationFailure() }
            return value
        }
    }

    /// - Returns: nil for null.
    private mutating func value(_ member: MemberModel, depth: Int) throws -> WireValue? {
        guard depth < JSONScanner.maximumDepth else { throw JSONScanner.Failure.tooDeep }
        let first = try scanner.peek()
        if first == UInt8(ascii: "n") {
            try scanner.word("null")
            return nil
        }
        switch member.shape.kind {
        case .structure:
            try expect(first, UInt8(ascii: "{"))
            return try structure(member.shape, depth: depth)
        case .list:
            try expect(first, UInt8(ascii: "["))
            return try list(member.shape, depth: depth)
        case .map:
            try expect(first, UInt8(ascii: "{"))
            return try map(member.shape, depth: depth)
        case .document: return WireValue(try JSONValue.read(&scanner, depth: depth))
        default:
            if first == UInt8(ascii: "{") {
                throw SerializationFailure("Start of structure or map found where not expected.")
            }
            if first == UInt8(ascii: "[") { throw SerializationFailure("Start of list found where not expected") }
            return try scalar(member, first)
        }
    }

    private func expect(_ first: UInt8, _ expected: UInt8) throws {
        guard first != expected else { return }
        switch first {
        case UInt8(ascii: "{"): throw SerializationFailure("Start of structure or map found where not expected.")
        case UInt8(ascii: "["): throw SerializationFailure("Start of list found where not expected")
        case 0x22: throw SerializationFailure("Unrecognized collection type class java.lang.String")
        default: throw SerializationFailure("Unexpected value type in payload")
        }
    }

    private mutating func structure(_ shape: ShapeModel, depth: Int) throws -> WireValue {
        var members: [String: WireValue] = [:]
        try scanner.take(UInt8(ascii: "{"))
        if try scanner.takeIf(UInt8(ascii: "}")) { return .structure(members) }
        repeat {
            let name = try scanner.string()
            try scanner.take(UInt8(ascii: ":"))
            if let member = shape.member(onWire: name), member.location == .body {
                members[member.name] = try value(member, depth: depth + 1)
            } else {
                try scanner.skipValue(depth: depth + 1)
            }
        } while try scanner.takeIf(UInt8(ascii: ","))
        try scanner.take(UInt8(ascii: "}"))
        return .structure(members)
    }

    private mutating func list(_ shape: ShapeModel, depth: Int) throws -> WireValue {
        var elements: [WireValue] = []
        guard let element = shape.element else { return .list([]) }
        try scanner.take(UInt8(ascii: "["))
        if try scanner.takeIf(UInt8(ascii: "]")) { return .list([]) }
        repeat {
            elements.append(try value(element, depth: depth + 1) ?? .null)
        } while try scanner.takeIf(UInt8(ascii: ","))
        try scanner.take(UInt8(ascii: "]"))
        return .list(elements)
    }

    private mutating func map(_ shape: ShapeModel, depth: Int) throws -> WireValue {
        var entries: [String: WireValue] = [:]
        guard let element = shape.element else { return .map([:]) }
        try scanner.take(UInt8(ascii: "{"))
        if try scanner.takeIf(UInt8(ascii: "}")) { return .map([:]) }
        repeat {
            let key = try scanner.string()
            try scanner.take(UInt8(ascii: ":"))
            entries[key] = try value(element, depth: depth + 1) ?? .null
        } while try scanner.takeIf(UInt8(ascii: ","))
        try scanner.take(UInt8(ascii: "}"))
        return .map(entries)
    }

    private mutating func scalar(_ member: MemberModel, _ first: UInt8) throws -> WireValue {
        switch first {
        case 0x22:
            if member.shape.kind == .blob { return try blob() }
            let text = try scanner.string()
            switch member.shape.kind {
            case .string: return .string(text)
            case .double, .float:
                // JSON has no numbers for these.
                guard ["NaN", "Infinity", "-Infinity"].contains(text), let value = NumberText.double(text) else {
                    throw SerializationFailure("STRING_VALUE cannot be converted to Double")
                }
                return .double(value)
            case .timestamp:
                return try ScalarText.read(text, member, timestampFormat: member.timestampFormat ?? .unixTimestamp)
            default:
                throw SerializationFailure("STRING_VALUE cannot be converted to \(JSONReader.name(member.shape.kind))")
            }
        case UInt8(ascii: "t"), UInt8(ascii: "f"):
            let isTrue = first == UInt8(ascii: "t")
            try scanner.word(isTrue ? "true" : "false")
            guard member.shape.kind == .boolean else {
                let token = isTrue ? "TRUE_VALUE" : "FALSE_VALUE"
                throw SerializationFailure("\(token) cannot be converted to \(JSONReader.name(member.shape.kind))")
            }
            return .boolean(isTrue)
        default: return try number(member)
        }
    }

    private mutating func blob() throws -> WireValue {
        guard let text = try scanner.plainString() else {
            guard let bytes = Base64.decode(try scanner.string()) else {
                throw SerializationFailure("Unable to decode base64")
            }
            return .blob(bytes)
        }
        guard let bytes = Base64.decode(text) else { throw SerializationFailure("Unable to decode base64") }
        return .blob(bytes)
    }

    private mutating func number(_ member: MemberModel) throws -> WireValue {
        let number = try scanner.number()
        switch (member.shape.kind, number) {
        case (.integer, .integer(let value)):
            guard Int32(exactly: value) != nil else {
                throw SerializationFailure("NUMBER_VALUE is out of the range of Integer")
            }
            return .integer(value)
        case (.long, .integer(let value)): return .integer(value)
        case (.integer, .double(let value)), (.long, .double(let value)):
            guard let whole = Int64(exactly: value), member.shape.kind == .long || Int32(exactly: whole) != nil else {
                throw SerializationFailure("FLOAT_VALUE cannot be converted to \(JSONReader.name(member.shape.kind))")
            }
            return .integer(whole)
        case (.double, .integer(let value)), (.float, .integer(let value)): return .double(Double(value))
        case (.double, .double(let value)), (.float, .double(let value)): return .double(value)
        case (.timestamp, .integer(let value)):
            guard value.magnitude < 10_000_000_000_000 else { throw SerializationFailure("timestamp is out of range") }
            return .timestamp(Timestamp(milliseconds: value * 1000))
        case (.timestamp, .double(let value)):
            guard value.magnitude < 1e13 else { throw SerializationFailure("timestamp is out of range") }
            return .timestamp(Timestamp(seconds: value))
        default: throw SerializationFailure("NUMBER_VALUE cannot be converted to \(JSONReader.name(member.shape.kind))")
        }
    }

    private static func name(_ kind: ShapeModel.Kind) -> String {
        switch kind {
        case .string: "String"
        case .integer: "Integer"
        case .long: "Long"
        case .float, .double: "Double"
        case .boolean: "Boolean"
        case .blob: "ByteBuffer"
        case .timestamp: "Date"
        default: "Object"
        }
    }
}

extension WireValue {
    /// Any JSON, where the model leaves the form open. Of several members with one name the last one counts.
    fileprivate init(_ value: JSONValue) {
        switch value {
        case .null: self = .null
        case .boolean(let flag): self = .boolean(flag)
        case .number(let text): self = Int64(text).map(WireValue.integer) ?? .double(Double(text) ?? 0)
        case .string(let text): self = .string(text)
        case .array(let elements): self = .list(elements.map(WireValue.init))
        case .object(let members):
            self = .map(Dictionary(members.map { ($0.name, WireValue($0.value)) }, uniquingKeysWith: { $1 }))
        }
    }
}
