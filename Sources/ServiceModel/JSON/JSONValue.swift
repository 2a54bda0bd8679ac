/// What a JSON text says: members keep their order and may repeat, numbers keep their spelling.
package enum JSONValue: Sendable, Hashable {
    package struct Member: Sendable, Hashable {
        package var name: String
        package var value: JSONValue

        package init(name: String, value: JSONValue) {
            self.name = name
            self.value = value
        }
    }

    case null
    case boolean(Bool)
    /// As it is written.
    case number(String)
    case string(String)
    case array([JSONValue])
    case object([Member])

    package static func integer(_ value: Int64) -> JSONValue { .number(String(value)) }

    package static func object(_ members: (String, JSONValue)...) -> JSONValue {
        .object(members.map { Member(name: $0.0, value: $0.1) })
    }

    // MARK: Looking

    package var members: [Member]? { if case .object(let members) = self { members } else { nil } }
    package var text: String? { if case .string(let text) = self { text } else { nil } }
    package var elements: [JSONValue]? { if case .array(let elements) = self { elements } else { nil } }
    package var flag: Bool? { if case .boolean(let flag) = self { flag } else { nil } }
    /// Of a number without a point or an exponent.
    package var integer: Int? { if case .number(let text) = self { Int(text) } else { nil } }
    /// The nearest; infinite if the number is too large.
    package var double: Double? { if case .number(let text) = self { Double(text) } else { nil } }

    /// The last member of this name, as parsers that keep one take it; nil for null too.
    package subscript(name: String) -> JSONValue? {
        guard let value = members?.last(where: { $0.name == name })?.value, value != .null else { return nil }
        return value
    }

    /// Puts a member in, in the place of one of the same name.
    package mutating func set(_ name: String, _ value: JSONValue) {
        guard var members else { return }
        if let index = members.lastIndex(where: { $0.name == name }) {
            members[index].value = value
        } else {
            members.append(Member(name: name, value: value))
        }
        self = .object(members)
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral {
    package init(stringLiteral value: String) { self = .string(value) }
    package init(booleanLiteral value: Bool) { self = .boolean(value) }
    package init(integerLiteral value: Int64) { self = .integer(value) }
}
