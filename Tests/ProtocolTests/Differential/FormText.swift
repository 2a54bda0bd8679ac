import ServiceModel

/// Writes a query request, as a client does.
enum FormText {
    static func write(_ value: WireValue, _ input: MemberModel) -> [UInt8] {
        var items: [String] = ["Action=X", "Version=1"]
        append(value, input, "", &items)
        return Array(items.joined(separator: "&").utf8)
    }

    private static func append(_ value: WireValue, _ member: MemberModel, _ prefix: String, _ items: inout [String]) {
        let dot = prefix.isEmpty ? "" : prefix + "."
        switch value {
        case .structure(let members):
            for part in member.shape.members {
                if let value = members[part.name] { append(value, part, dot + part.xmlName, &items) }
            }
        case .list(let elements):
            guard let element = member.shape.element else { return }
            let base = member.isFlattened ? prefix : dot + element.xmlName
            for (index, value) in elements.enumerated() { append(value, element, "\(base).\(index + 1)", &items) }
        case .map(let entries):
            guard let element = member.shape.element, let key = member.shape.key else { return }
            let base = member.isFlattened ? prefix : dot + "entry"
            for (index, entry) in entries.enumerated() {
                items.append("\(base).\(index + 1).\(key.xmlName)=\(entry.key)")
                append(entry.value, element, "\(base).\(index + 1).\(element.xmlName)", &items)
            }
        case .string(let text): items.append("\(prefix)=\(text)")
        case .integer(let number): items.append("\(prefix)=\(number)")
        case .boolean(let flag): items.append("\(prefix)=\(flag)")
        default: items.append("\(prefix)=2023-11-14T22:13:20Z")
        }
    }
}
