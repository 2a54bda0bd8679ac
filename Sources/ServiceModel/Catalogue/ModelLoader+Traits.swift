extension ShapeModel {
    convenience init(name: String, traits: ModelNode) {
        self.init(
            name: name, kind: Kind(traits: traits), minimum: traits["min"]?.number, maximum: traits["max"]?.number,
            pattern: traits["pattern"]?.string, values: traits["enum"]?.list.compactMap(\.string) ?? [],
            isSensitive: traits["sensitive"]?.isTrue ?? false, isUnion: traits["union"]?.isTrue ?? false,
            isEventStream: traits["eventstream"]?.isTrue ?? false, error: ErrorTraits(name: name, traits: traits))
    }
}

extension ShapeModel.Kind {
    init(traits: ModelNode) {
        switch traits["type"]?.string {
        case "structure": self = traits["document"]?.isTrue == true ? .document : .structure
        case "character", "string": self = .string
        case "byte", "short", "integer": self = .integer
        case let type: self = type.flatMap(ShapeModel.Kind.init) ?? .document
        }
    }
}

extension ShapeModel.ErrorTraits {
    init?(name: String, traits: ModelNode) {
        guard traits["exception"]?.isTrue == true else { return nil }
        let isFault = traits["fault"]?.isTrue ?? false
        let error = traits["error"]
        code = error?["code"]?.string ?? name
        status = error?["httpStatusCode"]?.number.map { Int($0) } ?? (isFault ? 500 : 400)
        let isSender = error?["senderFault"]?.isTrue ?? !isFault
        isServerFault = !isSender || status >= 500
    }
}
