import ServiceModel

/// Reads the input of a query request by shape.
struct QueryReader {
    private let tree: FormTree

    static func read(_ items: QueryItems, _ input: MemberModel) throws(SerializationFailure) -> WireValue {
        guard let tree = FormTree(items) else {
            throw SerializationFailure("The names of parameters are nested too deeply")
        }
        let reader = QueryReader(tree: tree)
        return try reader.structure(input.shape, 0)
    }

    private func value(_ member: MemberModel, _ node: Int) throws(SerializationFailure) -> WireValue {
        switch member.shape.kind {
        case .structure: return try structure(member.shape, node)
        case .list: return try list(member, node)
        case .map: return try map(member, node)
        default:
            guard let text = tree.nodes[node].value else {
                throw SerializationFailure("Start of structure or map found where not expected.")
            }
            return try ScalarText.read(text, member, timestampFormat: member.timestampFormat ?? .iso8601)
        }
    }

    private func structure(_ shape: ShapeModel, _ node: Int) throws(SerializationFailure) -> WireValue {
        var members: [String: WireValue] = [:]
        for member in shape.members {
            guard let child = child(member, of: node) else { continue }
            members[member.name] = try value(member, child)
        }
        return .structure(members)
    }

    /// A flattened list goes by the name of its elements, if that has one.
    private func child(_ member: MemberModel, of node: Int) -> Int? {
        if member.isFlattened, member.shape.kind == .list, let name = member.shape.element?.givenXMLName,
            let child = tree.child(name, of: node)
        {
            return child
        }
        return tree.child(member.xmlName, of: node)
    }

    private func list(_ member: MemberModel, _ node: Int) throws(SerializationFailure) -> WireValue {
        guard let element = member.shape.element else { return .list([]) }
        let holder = member.isFlattened ? node : tree.child(element.xmlName, of: node)
        var elements: [WireValue] = []
        for child in holder.map(tree.numbered) ?? [] { elements.append(try value(element, child)) }
        return .list(elements)
    }

    private func map(_ member: MemberModel, _ node: Int) throws(SerializationFailure) -> WireValue {
        guard let element = member.shape.element, let key = member.shape.key else { return .map([:]) }
        let holder = member.isFlattened ? node : tree.child("entry", of: node)
        var entries: [String: WireValue] = [:]
        for child in holder.map(tree.numbered) ?? [] {
            guard let keyNode = tree.child(key.xmlName, of: child), let name = tree.nodes[keyNode].value else {
                throw SerializationFailure("A map's entry has no key")
            }
            guard let valueNode = tree.child(element.xmlName, of: child) else {
                entries[name] = .null
                continue
            }
            entries[name] = try value(element, valueNode)
        }
        return .map(entries)
    }
}
