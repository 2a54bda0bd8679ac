/// Connects shapes to their members, and makes operations.
struct MemberBuilder {
    let shapes: [String: ShapeModel]
    let nodes: [String: JSONValue]

    init(shapes: [String: ShapeModel], nodes: JSONValue) {
        self.shapes = shapes
        self.nodes = Dictionary(
            (nodes.members ?? []).map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
    }

    /// Sets the members of a shape.
    func complete(_ shape: ShapeModel, _ node: JSONValue) throws {
        let required = Set(node["required"]?.elements?.compactMap(\.text) ?? [])
        for part in node["members"]?.members ?? [] {
            shape.members.append(try member(part.name, part.value, isRequired: required.contains(part.name)))
        }
        if let order = node["xmlOrder"]?.elements {
            // XML answers of this shape are written in an order of their own.
            let rank = Dictionary(
                order.enumerated().compactMap { index, name in name.text.map { ($0, index) } },
                uniquingKeysWith: { first, _ in first })
            shape.members.sort { (rank[$0.name] ?? .max) < (rank[$1.name] ?? .max) }
        }
        for (index, member) in shape.members.enumerated() {
            shape.memberIndex[member.name] = index
            if shape.wireIndex[member.wireName] == nil { shape.wireIndex[member.wireName] = index }
            if member.shape.isEventStream { shape.eventStream = member }
        }
        shape.element = try (node["member"] ?? node["value"]).map {
            try member(shape.kind == .map ? "value" : "member", $0, isRequired: false)
        }
        shape.key = try node["key"].map { try member("key", $0, isRequired: false) }
        shape.payload = node["payload"]?.text.flatMap { shape.member($0) }
    }

    private func member(_ name: String, _ traits: JSONValue, isRequired: Bool) throws -> MemberModel {
        guard let target = traits["shape"]?.text, let shape = shapes[target], let own = nodes[target] else {
            throw ModelLoader.Failure()
        }
        func trait(_ key: String) -> JSONValue? { traits[key] ?? own[key] }
        return MemberModel(
            name: name, locationName: trait("locationName")?.text, queryName: traits["queryName"]?.text,
            shape: shape,
            location: traits["location"]?.text.flatMap(MemberModel.Location.init) ?? .body, isRequired: isRequired,
            isFlattened: trait("flattened")?.flag ?? false, isXMLAttribute: traits["xmlAttribute"]?.flag ?? false,
            xmlNamespace: namespace(trait("xmlNamespace")), timestampFormat: format(trait("timestampFormat")?.text),
            isStreaming: trait("streaming")?.flag ?? false,
            isIdempotencyToken: traits["idempotencyToken"]?.flag ?? false,
            isJSONValue: trait("jsonvalue")?.flag ?? false, isHostLabel: traits["hostLabel"]?.flag ?? false,
            isEventPayload: traits["eventpayload"]?.flag ?? false,
            isEventHeader: traits["eventheader"]?.flag ?? false)
    }

    private func format(_ name: String?) -> MemberModel.TimestampFormat? {
        switch name?.lowercased() {
        case "iso8601": .iso8601
        case "rfc822": .rfc822
        case "unixtimestamp": .unixTimestamp
        default: nil
        }
    }

    private func namespace(_ node: JSONValue?) -> MemberModel.XMLNamespace? {
        if let uri = node?.text { return MemberModel.XMLNamespace(uri: uri, prefix: nil) }
        guard let uri = node?["uri"]?.text else { return nil }
        return MemberModel.XMLNamespace(uri: uri, prefix: node?["prefix"]?.text)
    }

    func operation(_ name: String, _ node: JSONValue, service: ServiceMetadata) throws -> OperationModel {
        let checksum = node["httpChecksum"]
        return OperationModel(
            name: name, service: service.name, method: node["http"]?["method"]?.text ?? "POST",
            uri: node["http"]?["requestUri"]?.text ?? "/",
            status: node["http"]?["responseCode"]?.integer ?? 200,
            input: try node["input"].map { try member(name, $0, isRequired: true) },
            output: try node["output"].map { try member(name, $0, isRequired: true) },
            resultWrapper: node["output"]?["resultWrapper"]?.text,
            errors: node["errors"]?.elements?.compactMap { $0.text.flatMap { shapes[$0] } } ?? [],
            hostPrefix: node["endpoint"]?["hostPrefix"]?.text, allowsAnonymous: node["authtype"]?.text == "none",
            requiresChecksum: checksum?["requestChecksumRequired"]?.flag ?? false,
            responseContentType: node["responseContentType"]?.text, isDeprecated: node["deprecated"]?.flag ?? false)
    }
}
