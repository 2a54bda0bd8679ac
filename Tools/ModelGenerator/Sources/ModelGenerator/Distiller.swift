/// Makes our form of a model from botocore's: the same facts without documentation and without what only clients need.
enum Distiller {
    private static let metadata = [
        "apiVersion", "serviceId", "uid", "endpointPrefix", "globalEndpoint", "signingName", "protocol", "protocols",
        "jsonVersion",
        "targetPrefix", "xmlNamespace", "awsQueryCompatible",
    ]
    private static let operation = [
        "http", "input", "output", "errors", "endpoint", "httpChecksum", "authtype", "unsignedPayload", "deprecated",
    ]
    private static let shape = [
        "type", "required", "members", "payload", "member", "key", "value", "min", "max", "pattern", "enum",
        "flattened", "locationName",
        "xmlNamespace", "xmlOrder", "timestampFormat", "streaming", "sensitive", "union", "document", "eventstream",
        "event", "exception",
        "error", "fault", "jsonvalue",
    ]
    private static let member = [
        "shape", "location", "locationName", "queryName", "flattened", "xmlNamespace", "xmlAttribute",
        "timestampFormat", "streaming",
        "idempotencyToken", "jsonvalue", "hostLabel", "eventpayload", "eventheader",
    ]

    /// The model in our form: of `source`, botocore's `service-2.json`, with `patches`, our corrections, in the form of ``Patch``.
    static func distil(name: String, source: JSON, patches: JSON?) throws -> JSON {
        var operations: [JSON.Member] = []
        for entry in (source["operations"]?.members ?? []).sorted(by: { $0.key < $1.key }) {
            var kept = entry.value.keeping(operation)
            if let errors = kept["errors"]?.array { kept["errors"] = .array(errors.compactMap { $0["shape"] }) }
            operations.append(JSON.Member(key: entry.key, value: kept))
        }
        var shapes: [JSON.Member] = []
        for entry in (source["shapes"]?.members ?? []).sorted(by: { $0.key < $1.key }) {
            shapes.append(JSON.Member(key: entry.key, value: reduced(entry.value)))
        }
        var model = JSON.object([
            JSON.Member(key: "name", value: .string(name)),
            JSON.Member(key: "metadata", value: (source["metadata"] ?? .object([])).keeping(metadata)),
            JSON.Member(key: "operations", value: .object(operations)),
            JSON.Member(key: "shapes", value: .object(shapes)),
        ])
        for patch in patches?.array ?? [] { try Patch.apply(patch, to: &model) }
        return pruned(model)
    }

    private static func reduced(_ source: JSON) -> JSON {
        var kept = source.keeping(shape)
        for key in ["member", "key", "value"] {
            if let value = kept[key] { kept[key] = value.keeping(member) }
        }
        if let members = kept["members"] {
            kept["members"] = .object(members.members.map { JSON.Member(key: $0.key, value: $0.value.keeping(member)) })
        }
        return kept
    }

    /// The model without shapes that no operation reaches.
    private static func pruned(_ model: JSON) -> JSON {
        let shapes = Dictionary(uniqueKeysWithValues: (model["shapes"]?.members ?? []).map { ($0.key, $0.value) })
        var reached: Set<String> = []
        var waiting: [String] = []
        for entry in model["operations"]?.members ?? [] {
            waiting += [entry.value["input"]?["shape"]?.string, entry.value["output"]?["shape"]?.string].compactMap {
                $0
            }
            waiting += (entry.value["errors"]?.array ?? []).compactMap(\.string)
        }
        while let name = waiting.popLast() {
            guard reached.insert(name).inserted, let shape = shapes[name] else { continue }
            waiting += (shape["members"]?.members ?? []).compactMap { $0.value["shape"]?.string }
            waiting += ["member", "key", "value"].compactMap { shape[$0]?["shape"]?.string }
        }
        var model = model
        model["shapes"] = .object((model["shapes"]?.members ?? []).filter { reached.contains($0.key) })
        return model
    }

    /// The text of a model file: one line for each operation and each shape, which the loader relies on.
    static func text(_ model: JSON) -> String {
        func block(_ key: String) -> String {
            let lines = (model[key]?.members ?? []).map { JSON.quoted($0.key) + ":" + $0.value.text }
            return "\"\(key)\":{\n" + lines.joined(separator: ",\n") + "\n}"
        }
        return """
            {
            "name":\(model["name"]?.text ?? "\"\""),
            "metadata":\(model["metadata"]?.text ?? "{}"),
            \(block("operations")),
            \(block("shapes"))
            }

            """
    }
}
