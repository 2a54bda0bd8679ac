import ServiceModel

/// Reads an XML body into ``WireValue`` by shape, and takes nothing else than what the shape has: neither another root nor further elements.
struct XMLReader {
    private let document: XMLDocument

    static func read(_ document: XMLDocument, _ member: MemberModel) throws(SerializationFailure) -> WireValue {
        let name = document.nodes[document.root].name
        guard name == member.xmlName || name == member.shape.name else { throw SerializationFailure() }
        return try XMLReader(document: document).value(member, document.root)
    }

    private func value(_ member: MemberModel, _ node: Int) throws(SerializationFailure) -> WireValue {
        switch member.shape.kind {
        case .structure: return try structure(member.shape, node)
        case .list: return try list(member, [node])
        case .map: return try map(member, [node])
        default:
            guard document.nodes[node].children.isEmpty else { throw SerializationFailure() }
            return try ScalarText.read(
                document.nodes[node].text, member, timestampFormat: member.timestampFormat ?? .iso8601)
        }
    }

    private func structure(_ shape: ShapeModel, _ node: Int) throws(SerializationFailure) -> WireValue {
        var members: [String: WireValue] = [:]
        var taken = 0
        for member in shape.members where member.location == .body {
            if member.isXMLAttribute {
                // Prefixes are gone from the document's names.
                let name = member.xmlName.split(separator: ":").last.map(String.init) ?? member.xmlName
                if let text = document.attribute(name, of: node) {
                    members[member.name] = try ScalarText.read(text, member, timestampFormat: .iso8601)
                }
                continue
            }
            var nodes = document.children(named: member.xmlName, of: node)
            if nodes.isEmpty, member.isFlattened, let name = member.shape.element?.givenXMLName {
                nodes = document.children(named: name, of: node)
            }
            guard let first = nodes.first else { continue }
            taken += nodes.count
            switch member.shape.kind {
            case .list: members[member.name] = try list(member, nodes)
            case .map: members[member.name] = try map(member, nodes)
            default: members[member.name] = try value(member, first)
            }
        }
        guard taken == document.nodes[node].children.count else { throw SerializationFailure() }
        return .structure(members)
    }

    /// The list's elements. `nodes` are these elements themselves if the list is flattened, else what holds them.
    private func list(_ member: MemberModel, _ nodes: [Int]) throws(SerializationFailure) -> WireValue {
        guard let element = member.shape.element else { return .list([]) }
        let items =
            member.isFlattened ? nodes : nodes.prefix(1).flatMap { document.children(named: element.xmlName, of: $0) }
        if !member.isFlattened, items.count != nodes.first.map({ document.nodes[$0].children.count }) ?? 0 {
            throw SerializationFailure()
        }
        var elements: [WireValue] = []
        for item in items { elements.append(try value(element, item)) }
        return .list(elements)
    }

    private func map(_ member: MemberModel, _ nodes: [Int]) throws(SerializationFailure) -> WireValue {
        guard let element = member.shape.element, let key = member.shape.key else { return .map([:]) }
        let items = member.isFlattened ? nodes : nodes.prefix(1).flatMap { document.children(named: "entry", of: $0) }
        var entries: [String: WireValue] = [:]
        for item in items {
            guard let keyNode = document.children(named: key.xmlName, of: item).first,
                let valueNode = document.children(named: element.xmlName, of: item).first
            else { throw SerializationFailure() }
            entries[document.nodes[keyNode].text] = try value(element, valueNode)
        }
        return .map(entries)
    }
}
