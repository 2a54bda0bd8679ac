/// Connects shapes to their members, and makes operations.
struct MemberBuilder {
    let shapes: [String: ShapeModel]
    let nodes: [String: ModelNode]

    init(shapes: [String: ShapeModel], nodes: ModelNode) {
        self.shapes = shapes
        self.nodes = Dictionary(nodes.members.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
    }

    /// Sets the members of a shape.
    func complete(_ shape: ShapeModel, _ node: ModelNode) throws {
        let required = Set(node["required"]?.list.compactMap(\.string) ?? [])
        for (name, traits) in node["members"]?.members ?? [] {
            shape.members.append(try member(name, traits, isRequired: required.contains(name)))
        }
        if case .some(.list(let order)) = node["xmlOrder"] {
            // XML answers of this shape are written in an order of their own.
            let rank = Dictionary(
                order.enumerated().compactMap { index, name in name.string.map { ($0, index) } },
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
        shape.payload = node["payload"]?.string.flatMap { shape.member($0) }
    }

    private func member(_ name: String, _ traits: ModelNode, isRequired: Bool) throws -> MemberModel {
        guard let target = traits["shape"]?.string, let shape = shapes[target], let own = nodes[target] else {
            throw ModelLoader.Failure()
        }
        func trait(_ key: String) -> ModelNode? { traits[key] ?? own[key] }
        return MemberModel(
            name: name, locationName: trait("locationName")?.string, queryName: traits["queryName"]?.string,
            shape: shape,
            location: traits["location"]?.string.flatMap(MemberModel.Location.init) ?? .body, isRequired: isRequired,
            isFlattened: trait("flattened")?.isTrue ?? false, isXMLAttribute: traits["xmlAttribute"]?.isTrue ?? false,
            xmlNamespace: namespace(trait("xmlNamespace")), timestampFormat: format(trait("timestampFormat")?.string),
            isStreaming: trait("streaming")?.isTrue ?? false,
            isIdempotencyToken: traits["idempotencyToken"]?.isTrue ?? false,
            isJSONValue: trait("jsonvalue")?.isTrue ?? false, isHostLabel: traits["hostLabel"]?.isTrue ?? false,
            isEventPayload: traits["eventpayload"]?.isTrue ?? false,
            isEventHeader: traits["eventheader"]?.isTrue ?? false)
    }

    private func format(_ name: String?) -> MemberModel.TimestampFormat? {
        switch name?.lowercased() {
        case "iso8601": .iso8601
        case "rfc822": .rfc822
        case "unixtimestamp": .unixTimestamp
        default: nil
        }
    }

    private func namespace(_ node: ModelNode?) -> MemberModel.XMLNamespace? {
        if let uri = node?.string { return MemberModel.XMLNamespace(uri: uri, prefix: nil) }
        guard let uri = node?["uri"]?.string else { return nil }
        return MemberModel.XMLNamespace(uri: uri, prefix: node?["prefix"]?.string)
    }

    func operation(_ name: String, _ node: ModelNode, service: ServiceMetadata) throws -> OperationModel {
        let checksum = node["httpChecksum"]
        return OperationModel(
            name: name, service: service.name, method: node["http"]?["method"]?.string ?? "POST",
            uri: node["http"]?["requestUri"]?.string ?? "/",
            status: node["http"]?["responseCode"]?.number.map { Int($0) } ?? 200,
            input: try node["input"].map { try member(name, $0, isRequired: true) },
            output: try node["output"].map { try member(name, $0, isRequired: true) },
            resultWrapper: node["output"]?["resultWrapper"]?.string,
            errors: node["errors"]?.list.compactMap { $0.string.flatMap { shapes[$0] } } ?? [],
            hostPrefix: node["endpoint"]?["hostPrefix"]?.string, allowsAnonymous: node["authtype"]?.string == "none",
            requiresChecksum: checksum?["requestChecksumRequired"]?.isTrue ?? false,
            responseContentType: node["responseContentType"]?.string, isDeprecated: node["deprecated"]?.isTrue ?? false)
    }
}
