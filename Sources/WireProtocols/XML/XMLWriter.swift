import ServiceModel

/// Writes ``WireValue`` as XML, by shape, without white space between elements.
struct XMLWriter {
    private(set) var bytes: [UInt8] = []
    /// Whether control characters, which XML 1.0 can't hold, are written as references all the same, as S3 does.
    var hasControls = false

    mutating func declaration() { bytes.append(contentsOf: #"<?xml version="1.0" encoding="UTF-8"?>"#.utf8 + [0x0A]) }

    mutating func open(_ name: String, namespace: MemberModel.XMLNamespace? = nil, attributes: [(String, String)] = [])
    {
        bytes.append(UInt8(ascii: "<"))
        bytes.append(contentsOf: name.utf8)
        if let namespace {
            attribute(namespace.prefix.map { "xmlns:" + $0 } ?? "xmlns", namespace.uri)
        }
        for (name, value) in attributes { attribute(name, value) }
        bytes.append(UInt8(ascii: ">"))
    }

    private mutating func attribute(_ name: String, _ value: String) {
        bytes.append(0x20)
        bytes.append(contentsOf: name.utf8)
        bytes.append(contentsOf: [UInt8(ascii: "="), 0x22])
        text(value, isAttribute: true)
        bytes.append(0x22)
    }

    mutating func close(_ name: String) {
        bytes.append(contentsOf: [UInt8(ascii: "<"), UInt8(ascii: "/")])
        bytes.append(contentsOf: name.utf8)
        bytes.append(UInt8(ascii: ">"))
    }

    mutating func element(_ name: String, _ value: String) {
        open(name)
        text(value)
        close(name)
    }

    /// Character data. What XML cannot hold at all becomes U+FFFD, but for ``hasControls``. With `isAttribute`, line feeds and tabs are written
    /// as references: readers make spaces of an attribute's.
    mutating func text(_ value: String, isAttribute: Bool = false) {
        for scalar in value.unicodeScalars {
            switch scalar {
            case "&": bytes.append(contentsOf: "&amp;".utf8)
            case "<": bytes.append(contentsOf: "&lt;".utf8)
            case ">": bytes.append(contentsOf: "&gt;".utf8)
            case "\"": bytes.append(contentsOf: "&quot;".utf8)
            case "\r": bytes.append(contentsOf: "&#xD;".utf8)
            case "\n" where isAttribute: bytes.append(contentsOf: "&#xA;".utf8)
            case "\t" where isAttribute: bytes.append(contentsOf: "&#x9;".utf8)
            case "\n", "\t": bytes.append(UInt8(scalar.value))
            case _ where scalar.value < 0x20 && hasControls:
                bytes.append(contentsOf: "&#x\(String(scalar.value, radix: 16));".utf8)
            default:
                let isForbidden = scalar.value < 0x20 || scalar.value == 0xFFFE || scalar.value == 0xFFFF
                bytes.append(
                    contentsOf: UTF8.encode(isForbidden ? "\u{FFFD}" : scalar) ?? UTF8.encodedReplacementCharacter)
            }
        }
    }

    /// The value in an element of its own; a flattened list or map in as many as it has entries.
    mutating func write(_ value: WireValue, _ member: MemberModel, name: String) {
        switch value {
        case .structure(let members):
            open(name, namespace: member.xmlNamespace, attributes: attributes(members, member.shape))
            self.members(members, member.shape)
            close(name)
        case .list(let elements): list(elements, member, name)
        case .map(let entries): map(entries, member, name)
        default:
            guard let text = ScalarText.write(value, member, timestampFormat: .iso8601) else { return }
            open(name, namespace: member.xmlNamespace)
            self.text(text)
            close(name)
        }
    }

    private func attributes(_ members: [String: WireValue], _ shape: ShapeModel) -> [(String, String)] {
        shape.members.filter(\.isXMLAttribute).compactMap { member in
            members[member.name].flatMap { ScalarText.write($0, member, timestampFormat: .iso8601) }.map {
                (member.xmlName, $0)
            }
        }
    }

    /// The members of the body, in the model's order.
    mutating func members(_ members: [String: WireValue], _ shape: ShapeModel) {
        for member in shape.members where member.location == .body && !member.isXMLAttribute {
            guard let value = members[member.name], value != .null else { continue }
            write(value, member, name: member.xmlName)
        }
    }

    private mutating func list(_ elements: [WireValue], _ member: MemberModel, _ name: String) {
        guard let element = member.shape.element else { return }
        if member.isFlattened {
            for value in elements { write(value, element, name: element.givenXMLName ?? name) }
        } else {
            open(name, namespace: member.xmlNamespace)
            for value in elements { write(value, element, name: element.xmlName) }
            close(name)
        }
    }

    private mutating func map(_ entries: [String: WireValue], _ member: MemberModel, _ name: String) {
        guard let element = member.shape.element, let key = member.shape.key else { return }
        if !member.isFlattened { open(name, namespace: member.xmlNamespace) }
        for (entry, value) in entries.sorted(by: { $0.key < $1.key }) {
            let wrapper = member.isFlattened ? name : "entry"
            open(wrapper)
            self.element(key.xmlName, entry)
            write(value, element, name: element.xmlName)
            close(wrapper)
        }
        if !member.isFlattened { close(name) }
    }
}
