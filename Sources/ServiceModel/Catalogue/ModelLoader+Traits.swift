extension ShapeModel {
    convenience init(name: String, traits: JSONValue) {
        self.init(
            name: name, kind: Kind(traits: traits), minimum: traits["min"]?.double, maximum: traits["max"]?.double,
            pattern: traits["pattern"]?.text, values: traits["enum"]?.elements?.compactMap(\.text) ?? [],
            isSensitive: traits["sensitive"]?.flag ?? false, isUnion: traits["union"]?.flag ?? false,
            isEventStream: traits["eventstream"]?.flag ?? false, error: ErrorTraits(name: name, traits: traits))
    }
}

extension ShapeModel.Kind {
    init(traits: JSONValue) {
        switch traits["type"]?.text {
        case "structure": self = traits["document"]?.flag == true ? .document : .structure
        case "character", "string": self = .string
        case "byte", "short", "integer": self = .integer
        case let type: self = type.flatMap(ShapeModel.Kind.init) ?? .document
        }
    }
}

extension ShapeModel.ErrorTraits {
    init?(name: String, traits: JSONValue) {
        guard traits["exception"]?.flag == true else { return nil }
        let isFault = traits["fault"]?.flag ?? false
        let error = traits["error"]
        code = error?["code"]?.text ?? name
        status = error?["httpStatusCode"]?.integer ?? (isFault ? 500 : 400)
        let isSender = error?["senderFault"]?.flag ?? !isFault
        isServerFault = !isSender || status >= 500
    }
}
