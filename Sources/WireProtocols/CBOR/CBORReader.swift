import ServiceModel

/// Reads CBOR into ``WireValue`` by shape. Members that the model does not know are passed over.
struct CBORReader {
    private var scanner: CBORScanner

    static func read(_ body: [UInt8], _ member: MemberModel) throws(SerializationFailure) -> WireValue {
        try SerializationFailure.reading(body) { bytes in
            var reader = CBORReader(scanner: CBORScanner(bytes))
            let value = try reader.value(member, depth: 0) ?? .structure([:])
            guard reader.scanner.isAtEnd else { throw SerializationFailure() }
            return value
        }
    }

    /// - Returns: nil for null and undefined.
    private mutating func value(_ member: MemberModel, depth: Int) throws -> WireValue? {
        guard depth < CBORScanner.maximumDepth else { throw CBORScanner.Failure() }
        let head = try scanner.head()
        if head.major == 7, head.information == 22 || head.information == 23 { return nil }
        switch (member.shape.kind, head.major) {
        case (.structure, 5): return try structure(member.shape, head, depth)
        case (.map, 5): return try map(member.shape, head, depth)
        case (.list, 4): return try list(member.shape, head, depth)
        case (.string, 3): return .string(try scanner.text(head))
        case (.blob, 2): return .blob(try scanner.string(head))
        case (.boolean, 7) where head.information == 20 || head.information == 21:
            return .boolean(head.information == 21)
        case (.integer, 0), (.integer, 1):
            let value = try CBORReader.integer(head)
            guard Int32(exactly: value) != nil else { throw CBORReader.mistyped(member) }
            return .integer(value)
        case (.long, 0), (.long, 1): return .integer(try CBORReader.integer(head))
        case (.double, 0), (.double, 1), (.float, 0), (.float, 1): return .double(Double(try CBORReader.integer(head)))
        case (.double, 7), (.float, 7): return .double(try CBORReader.double(head))
        case (.timestamp, 6):
            guard head.argument == 1 else { throw CBORReader.mistyped(member) }
            return .timestamp(try timestamp())
        case (.document, _): throw SerializationFailure("Documents are not supported in CBOR")
        default: throw CBORReader.mistyped(member)
        }
    }

    private static func mistyped(_ member: MemberModel) -> SerializationFailure {
        SerializationFailure("Unexpected value type for \(member.name)")
    }

    private static func integer(_ head: CBORScanner.Head) throws -> Int64 {
        guard let argument = head.argument, let value = Int64(exactly: argument) else { throw CBORScanner.Failure() }
        return head.major == 0 ? value : -1 - value
    }

    private static func double(_ head: CBORScanner.Head) throws -> Double {
        guard let argument = head.argument else { throw CBORScanner.Failure() }
        switch head.information {
        case 25: return half(UInt16(truncatingIfNeeded: argument))
        case 26: return Double(Float(bitPattern: UInt32(truncatingIfNeeded: argument)))
        case 27: return Double(bitPattern: argument)
        default: throw CBORScanner.Failure()
        }
    }

    /// IEEE 754 binary16.
    static func half(_ bits: UInt16) -> Double {
        let exponent = Int(bits >> 10 & 0x1F)
        let fraction = Double(bits & 0x3FF)
        let magnitude: Double
        switch exponent {
        case 0: magnitude = fraction / 16_777_216
        case 31: magnitude = fraction == 0 ? .infinity : .nan
        default: magnitude = Double(sign: .plus, exponent: exponent - 15, significand: 1 + fraction / 1024)
        }
        return bits & 0x8000 == 0 ? magnitude : -magnitude
    }

    private mutating func timestamp() throws -> Timestamp {
        let head = try scanner.head()
        switch head.major {
        case 0, 1:
            let seconds = try CBORReader.integer(head)
            guard seconds.magnitude < 10_000_000_000_000 else {
                throw SerializationFailure("timestamp is out of range")
            }
            return Timestamp(milliseconds: seconds * 1000)
        case 7:
            let seconds = try CBORReader.double(head)
            guard seconds.magnitude < 1e13 else { throw SerializationFailure("timestamp is out of range") }
            return Timestamp(seconds: seconds)
        default: throw CBORScanner.Failure()
        }
    }

    private mutating func structure(_ shape: ShapeModel, _ head: CBORScanner.Head, _ depth: Int) throws -> WireValue {
        var members: [String: WireValue] = [:]
        try entries(head) { (reader: inout CBORReader) in
            let name = try reader.scanner.text(try reader.scanner.head())
            if let member = shape.member(onWire: name) {
                members[member.name] = try reader.value(member, depth: depth + 1)
            } else {
                try reader.scanner.skip(depth: depth + 1)
            }
        }
        return .structure(members)
    }

    private mutating func map(_ shape: ShapeModel, _ head: CBORScanner.Head, _ depth: Int) throws -> WireValue {
        guard let element = shape.element else { return .map([:]) }
        var found: [String: WireValue] = [:]
        try entries(head) { (reader: inout CBORReader) in
            let key = try reader.scanner.text(try reader.scanner.head())
            found[key] = try reader.value(element, depth: depth + 1) ?? .null
        }
        return .map(found)
    }

    private mutating func entries(_ head: CBORScanner.Head, _ entry: (inout CBORReader) throws -> Void) throws {
        if let length = head.argument {
            for _ in 0..<(try scanner.checked(length, size: 2)) { try entry(&self) }
        } else {
            while try !scanner.takeBreak() { try entry(&self) }
        }
    }

    private mutating func list(_ shape: ShapeModel, _ head: CBORScanner.Head, _ depth: Int) throws -> WireValue {
        guard let element = shape.element else { return .list([]) }
        var elements: [WireValue] = []
        if let length = head.argument {
            for _ in 0..<(try scanner.checked(length, size: 1)) {
                elements.append(try value(element, depth: depth + 1) ?? .null)
            }
        } else {
            while try !scanner.takeBreak() { elements.append(try value(element, depth: depth + 1) ?? .null) }
        }
        return .list(elements)
    }
}
