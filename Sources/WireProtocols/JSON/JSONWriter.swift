import ServiceModel

/// Writes ``WireValue`` as JSON, by shape, without spaces.
struct JSONWriter {
    private(set) var bytes: [UInt8] = []

    static func write(_ value: WireValue, _ member: MemberModel) -> [UInt8] {
        var writer = JSONWriter()
        writer.write(value, member)
        return writer.bytes
    }

    mutating func write(_ value: WireValue, _ member: MemberModel) {
        switch value {
        case .structure(let members): structure(members, member.shape)
        case .list(let elements):
            bytes.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                write(element, member.shape.element ?? member)
            }
            bytes.append(UInt8(ascii: "]"))
        case .map(let entries):
            bytes.append(UInt8(ascii: "{"))
            for (index, entry) in entries.sorted(by: { $0.key < $1.key }).enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                string(entry.key)
                bytes.append(UInt8(ascii: ":"))
                write(entry.value, member.shape.element ?? member)
            }
            bytes.append(UInt8(ascii: "}"))
        case .null: bytes.append(contentsOf: "null".utf8)
        case .string(let value): string(value)
        case .boolean(let value): bytes.append(contentsOf: (value ? "true" : "false").utf8)
        case .integer(let value): bytes.append(contentsOf: value.description.utf8)
        case .double(let value):
            let text = NumberText.text(value)
            if value.isFinite { bytes.append(contentsOf: text.utf8) } else { string(text) }
        case .blob(let value):
            bytes.append(0x22)
            Base64.encode(value, into: &bytes)
            bytes.append(0x22)
        case .timestamp(let time):
            let format = member.timestampFormat ?? .unixTimestamp
            let text = ScalarText.text(time, format)
            if format == .unixTimestamp { bytes.append(contentsOf: text.utf8) } else { string(text) }
        }
    }

    /// The members of the body, in the model's order. What the model does not know is left out.
    private mutating func structure(_ members: [String: WireValue], _ shape: ShapeModel) {
        bytes.append(UInt8(ascii: "{"))
        var isFirst = true
        for member in shape.members where member.location == .body && !member.shape.isEventStream {
            guard let value = members[member.name], value != .null else { continue }
            if !isFirst { bytes.append(UInt8(ascii: ",")) }
            isFirst = false
            string(member.wireName)
            bytes.append(UInt8(ascii: ":"))
            write(value, member)
        }
        bytes.append(UInt8(ascii: "}"))
    }

    mutating func string(_ text: String) { JSONString.append(text, to: &bytes) }

    /// An object of given members, for errors.
    static func object(_ members: [(name: String, value: WireValue, member: MemberModel?)]) -> [UInt8] {
        var writer = JSONWriter()
        writer.bytes.append(UInt8(ascii: "{"))
        for (index, entry) in members.enumerated() {
            if index > 0 { writer.bytes.append(UInt8(ascii: ",")) }
            writer.string(entry.name)
            writer.bytes.append(UInt8(ascii: ":"))
            if let member = entry.member {
                writer.write(entry.value, member)
            } else {
                writer.string(entry.value.stringValue ?? "")
            }
        }
        writer.bytes.append(UInt8(ascii: "}"))
        return writer.bytes
    }
}
