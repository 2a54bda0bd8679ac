import ServiceModel

/// A JSON value whose objects keep their order, as policies are shown in the form in which they were given.
indirect enum JSONNode: Sendable, Hashable {
    struct Member: Sendable, Hashable {
        var name: String
        var value: JSONNode
    }

    case null
    case boolean(Bool)
    case integer(Int64)
    case double(Double)
    case string(String)
    case array([JSONNode])
    case object([Member])

    private static let maximumDepth = 64

    /// Nil if the text is not exactly one JSON value, or nests too deep.
    init?(_ text: String) {
        var text = text
        let value = text.withUTF8 { bytes -> JSONNode? in
            var scanner = JSONScanner(bytes)
            guard let value = try? Self.value(&scanner, depth: 0), scanner.atEnd() else { return nil }
            return value
        }
        guard let value else { return nil }
        self = value
    }

    private static func value(_ scanner: inout JSONScanner, depth: Int) throws(JSONScanner.Failure) -> JSONNode {
        guard depth < maximumDepth else { throw .tooDeep }
        switch try scanner.peek() {
        case UInt8(ascii: "{"):
            try scanner.take(UInt8(ascii: "{"))
            var members: [Member] = []
            if try scanner.takeIf(UInt8(ascii: "}")) { return .object([]) }
            repeat {
                let name = try scanner.string()
                try scanner.take(UInt8(ascii: ":"))
                members.append(Member(name: name, value: try value(&scanner, depth: depth + 1)))
            } while try scanner.takeIf(UInt8(ascii: ","))
            try scanner.take(UInt8(ascii: "}"))
            return .object(members)
        case UInt8(ascii: "["):
            try scanner.take(UInt8(ascii: "["))
            var elements: [JSONNode] = []
            if try scanner.takeIf(UInt8(ascii: "]")) { return .array([]) }
            repeat {
                elements.append(try value(&scanner, depth: depth + 1))
            } while try scanner.takeIf(UInt8(ascii: ","))
            try scanner.take(UInt8(ascii: "]"))
            return .array(elements)
        case UInt8(ascii: "\""): return .string(try scanner.string())
        case UInt8(ascii: "t"):
            try scanner.word("true")
            return .boolean(true)
        case UInt8(ascii: "f"):
            try scanner.word("false")
            return .boolean(false)
        case UInt8(ascii: "n"):
            try scanner.word("null")
            return .null
        default:
            return switch try scanner.number() {
            case .integer(let value): .integer(value)
            case .double(let value): .double(value)
            }
        }
    }

    // MARK: Reading

    var members: [Member]? { if case .object(let members) = self { members } else { nil } }
    var text: String? { if case .string(let text) = self { text } else { nil } }
    var elements: [JSONNode]? { if case .array(let elements) = self { elements } else { nil } }
    var flag: Bool? { if case .boolean(let flag) = self { flag } else { nil } }
    var integer: Int? { if case .integer(let value) = self { Int(value) } else { nil } }

    /// The last member of this name, as parsers that keep one take it; nil for null too.
    subscript(name: String) -> JSONNode? {
        guard let value = members?.last(where: { $0.name == name })?.value, value != .null else { return nil }
        return value
    }

    /// Puts a member in, in the place of one of the same name.
    mutating func set(_ name: String, _ value: JSONNode) {
        guard var members else { return }
        if let index = members.lastIndex(where: { $0.name == name }) {
            members[index].value = value
        } else {
            members.append(Member(name: name, value: value))
        }
        self = .object(members)
    }

    static func object(_ members: (String, JSONNode)...) -> JSONNode {
        .object(members.map { Member(name: $0.0, value: $0.1) })
    }

    // MARK: Writing

    /// Without white space.
    var compact: String {
        var bytes: [UInt8] = []
        append(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    private func append(to bytes: inout [UInt8]) {
        switch self {
        case .null: bytes += Array("null".utf8)
        case .boolean(let flag): bytes += Array((flag ? "true" : "false").utf8)
        case .integer(let value): bytes += Array(String(value).utf8)
        case .double(let value): bytes += Array((value.isFinite ? value.description : "null").utf8)
        case .string(let text): JSONString.append(text, to: &bytes)
        case .array(let elements):
            bytes.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                element.append(to: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let members):
            bytes.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                JSONString.append(member.name, to: &bytes)
                bytes.append(UInt8(ascii: ":"))
                member.value.append(to: &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }
}

extension JSONNode: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral {
    init(stringLiteral value: String) { self = .string(value) }
    init(booleanLiteral value: Bool) { self = .boolean(value) }
    init(integerLiteral value: Int64) { self = .integer(value) }
}

/// Texts by name, as one JSON object: how attributes and tags are kept.
enum TextMap {
    static func text(_ map: [String: String]) -> String {
        JSONNode.object(map.sorted { $0.key < $1.key }.map { JSONNode.Member(name: $0.key, value: .string($0.value)) })
            .compact
    }

    static func map(_ text: String) -> [String: String] {
        guard let members = JSONNode(text)?.members else { return [:] }
        return Dictionary(
            members.compactMap { member in member.value.text.map { (member.name, $0) } }, uniquingKeysWith: { $1 })
    }
}
