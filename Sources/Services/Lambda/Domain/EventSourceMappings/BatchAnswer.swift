/// What a function says of a batch:
/// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
enum BatchAnswer: Sendable, Hashable {
    case success
    case failure
    /// These records have failed.
    case partial(Set<String>)

    /// Reads the answer of a function that reports failures of single records. Nothing, or nothing of that kind, is a success. What names
    /// a failure that cannot be understood, or a record that is not in the batch, makes the whole batch one.
    /// `contains`: whether the batch has a record of this name.
    init(_ payload: [UInt8], contains: (String) -> Bool) {
        if payload.isEmpty || payload.elementsEqual("null".utf8) {
            self = .success
            return
        }
        switch JSONParts(payload) {
        case .object(let members):
            guard let failures = members["batchItemFailures"], let parts = JSONParts(part: failures) else {
                self = .success
                return
            }
            self = Self.read(parts, contains)
        case .other("null"): self = .success
        case .array(let items): self = items.isEmpty ? .success : .failure
        case .string(let text): self = text.isEmpty ? .success : .failure
        case .other, nil: self = .failure
        }
    }

    private static func read(_ parts: JSONParts, _ contains: (String) -> Bool) -> BatchAnswer {
        switch parts {
        case .other("null"): return .success
        case .array(let items):
            if items.isEmpty { return .success }
            var failed: Set<String> = []
            for item in items {
                guard case .object(let members)? = JSONParts(part: item), let value = members["itemIdentifier"],
                    case .string(let id)? = JSONParts(part: value), contains(id)
                else { return .failure }
                failed.insert(id)
            }
            return .partial(failed)
        case .object, .string, .other: return .failure
        }
    }
}
