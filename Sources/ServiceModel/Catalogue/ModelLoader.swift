/// Makes a ``ServiceModel`` from the text of a file in `Models/`.
enum ModelLoader {
    struct Failure: Error {}

    /// Only the `metadata` at the beginning.
    static func metadata(_ text: UnsafeBufferPointer<UInt8>) throws -> ServiceMetadata {
        var scanner = JSONScanner(text)
        return try metadata(&scanner)
    }

    private static func metadata(_ scanner: inout JSONScanner) throws -> ServiceMetadata {
        try scanner.take(UInt8(ascii: "{"))
        guard try scanner.string() == "name" else { throw Failure() }
        try scanner.take(UInt8(ascii: ":"))
        let name = try scanner.string()
        try scanner.take(UInt8(ascii: ","))
        guard try scanner.string() == "metadata" else { throw Failure() }
        try scanner.take(UInt8(ascii: ":"))
        return ServiceMetadata(name: name, traits: try JSONValue.read(&scanner))
    }

    static func load(_ text: UnsafeBufferPointer<UInt8>) throws -> ServiceModel {
        var scanner = JSONScanner(text)
        let metadata = try metadata(&scanner)
        try scanner.take(UInt8(ascii: ","))
        guard try scanner.string() == "operations" else { throw Failure() }
        try scanner.take(UInt8(ascii: ":"))
        let operations = try JSONValue.read(&scanner)
        try scanner.take(UInt8(ascii: ","))
        guard try scanner.string() == "shapes" else { throw Failure() }
        try scanner.take(UInt8(ascii: ":"))
        let nodes = try JSONValue.read(&scanner)

        var shapes: [String: ShapeModel] = [:]
        for node in nodes.members ?? [] { shapes[node.name] = ShapeModel(name: node.name, traits: node.value) }
        let builder = MemberBuilder(shapes: shapes, nodes: nodes)
        for node in nodes.members ?? [] {
            guard let shape = shapes[node.name] else { continue }
            try builder.complete(shape, node.value)
        }
        markConstrained(shapes)
        var models: [String: OperationModel] = [:]
        for node in operations.members ?? [] {
            models[node.name] = try builder.operation(node.name, node.value, service: metadata)
        }
        return ServiceModel(metadata: metadata, operations: models, shapes: shapes)
    }

    /// Notes which shapes have constraints, themselves or below, so that the validator passes over the others.
    private static func markConstrained(_ shapes: [String: ShapeModel]) {
        for shape in shapes.values {
            shape.hasConstraints =
                shape.minimum != nil || shape.maximum != nil || shape.pattern != nil || !shape.values.isEmpty
                || shape.members.contains(where: \.isRequired)
        }
        var isChanged = true
        while isChanged {
            isChanged = false
            for shape in shapes.values where !shape.hasConstraints {
                let below =
                    shape.members.contains { $0.shape.hasConstraints } || shape.element?.shape.hasConstraints == true
                    || shape.key?.shape.hasConstraints == true
                if below {
                    shape.hasConstraints = true
                    isChanged = true
                }
            }
        }
    }
}
