/// JSON of a model's text, in order.
indirect enum ModelNode {
    case scalar(String)
    case number(Double)
    case bool(Bool)
    case list([ModelNode])
    case object([(key: String, value: ModelNode)])

    static func read(_ scanner: inout JSONScanner, depth: Int = 0) throws -> ModelNode {
        guard depth < JSONScanner.maximumDepth else { throw JSONScanner.Failure.tooDeep }
        switch try scanner.peek() {
        case UInt8(ascii: "{"):
            try scanner.take(UInt8(ascii: "{"))
            var members: [(key: String, value: ModelNode)] = []
            if try scanner.takeIf(UInt8(ascii: "}")) { return .object([]) }
            repeat {
                let key = try scanner.string()
                try scanner.take(UInt8(ascii: ":"))
                members.append((key, try read(&scanner, depth: depth + 1)))
            } while try scanner.takeIf(UInt8(ascii: ","))
            try scanner.take(UInt8(ascii: "}"))
            return .object(members)
        case UInt8(ascii: "["):
            try scanner.take(UInt8(ascii: "["))
            var values: [ModelNode] = []
            if try scanner.takeIf(UInt8(ascii: "]")) { return .list([]) }
            repeat { values.append(try read(&scanner, depth: depth + 1)) } while try scanner.takeIf(UInt8(ascii: ","))
            try scanner.take(UInt8(ascii: "]"))
            return .list(values)
        case 0x22: return .scalar(try scanner.string())
        case UInt8(ascii: "t"):
            try scanner.word("true")
            return .bool(true)
        case UInt8(ascii: "f"):
            try scanner.word("false")
            return .bool(false)
        default:
            switch try scanner.number() {
            case .integer(let value): return .number(Double(value))
            case .double(let value): return .number(value)
            }
        }
    }

    subscript(key: String) -> ModelNode? { members.first { $0.key == key }?.value }

    var members: [(key: String, value: ModelNode)] { if case .object(let members) = self { members } else { [] } }
    var list: [ModelNode] { if case .list(let values) = self { values } else { [] } }
    var string: String? { if case .scalar(let value) = self { value } else { nil } }
    var number: Double? { if case .number(let value) = self { value } else { nil } }
    var isTrue: Bool { if case .bool(let value) = self { value } else { false } }
}
