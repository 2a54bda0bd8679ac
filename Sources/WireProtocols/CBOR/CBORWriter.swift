import ServiceModel

/// Writes ``WireValue`` as CBOR, by shape.
struct CBORWriter {
    private(set) var bytes: [UInt8] = []

    static func write(_ value: WireValue, _ member: MemberModel) -> [UInt8] {
        var writer = CBORWriter()
        writer.write(value, member)
        return writer.bytes
    }

    mutating func write(_ value: WireValue, _ member: MemberModel) {
        switch value {
        case .null: bytes.append(0xF6)
        case .boolean(let value): bytes.append(value ? 0xF5 : 0xF4)
        case .integer(let value): integer(value)
        case .double(let value): double(value)
        case .string(let value): string(value)
        case .blob(let value):
            head(2, UInt64(value.count))
            bytes.append(contentsOf: value)
        case .timestamp(let time):
            head(6, 1)
            if time.milliseconds % 1000 == 0 { integer(time.milliseconds / 1000) } else { double(time.seconds) }
        case .list(let elements):
            head(4, UInt64(elements.count))
            for element in elements { write(element, member.shape.element ?? member) }
        case .map(let entries):
            head(5, UInt64(entries.count))
            for (key, value) in entries.sorted(by: { $0.key < $1.key }) {
                string(key)
                write(value, member.shape.element ?? member)
            }
        case .structure(let members): structure(members, member.shape)
        }
    }

    private mutating func structure(_ members: [String: WireValue], _ shape: ShapeModel) {
        let present = shape.members.filter {
            members[$0.name] != nil && members[$0.name] != .null && !$0.shape.isEventStream
        }
        head(5, UInt64(present.count))
        for member in present {
            guard let value = members[member.name] else { continue }
            string(member.wireName)
            write(value, member)
        }
    }

    mutating func head(_ major: UInt8, _ argument: UInt64) {
        let first = major << 5
        switch argument {
        case 0..<24: bytes.append(first | UInt8(argument))
        case 24...0xFF: append(first | 24, argument, 1)
        case 0x100...0xFFFF: append(first | 25, argument, 2)
        case 0x10000...0xFFFF_FFFF: append(first | 26, argument, 4)
        default: append(first | 27, argument, 8)
        }
    }

    private mutating func append(_ first: UInt8, _ argument: UInt64, _ count: Int) {
        bytes.append(first)
        for index in (0..<count).reversed() { bytes.append(UInt8(truncatingIfNeeded: argument >> UInt64(index * 8))) }
    }

    mutating func string(_ text: String) {
        head(3, UInt64(text.utf8.count))
        bytes.append(contentsOf: text.utf8)
    }

    private mutating func integer(_ value: Int64) {
        if value >= 0 { head(0, UInt64(value)) } else { head(1, UInt64(-1 - value)) }
    }

    private mutating func double(_ value: Double) { append(0xFB, value.bitPattern, 8) }
}
