import ServiceModel

/// The members of REST inputs and outputs that are not in the body: labels, query parameters, headers, the status.
enum RESTBinding {
    /// What labels, query and headers say.
    static func read(
        _ request: HTTPRequestParts, _ shape: ShapeModel, labels: [(name: String, value: String)]
    ) throws(SerializationFailure) -> [String: WireValue] {
        var members: [String: WireValue] = [:]
        var query: QueryItems?
        for member in shape.members {
            switch member.location {
            case .uri:
                guard let label = labels.first(where: { $0.name == member.wireName }) else { continue }
                members[member.name] = try ScalarText.read(label.value, member, timestampFormat: .iso8601)
            case .querystring:
                if query == nil {
                    guard let items = QueryItems((request.query ?? "").utf8) else {
                        throw SerializationFailure("The query string contains a syntax error")
                    }
                    query = items
                }
                members[member.name] = try query.flatMap { (items) throws(SerializationFailure) in
                    try self.query(items, member, shape)
                }
            case .header:
                guard let text = request.header(member.wireName) else { continue }
                members[member.name] = try header(text, member)
            case .headers: members[member.name] = headers(request.headers, member)
            case .body, .statusCode: continue
            }
        }
        return members
    }

    private static func query(
        _ items: QueryItems, _ member: MemberModel, _ shape: ShapeModel
    ) throws(SerializationFailure) -> WireValue? {
        switch member.shape.kind {
        case .list:
            guard let element = member.shape.element else { return nil }
            var elements: [WireValue] = []
            for item in items.items where item.name == member.wireName {
                elements.append(try ScalarText.read(item.value, element, timestampFormat: .iso8601))
            }
            return elements.isEmpty ? nil : .list(elements)
        case .map:
            // All parameters that no other member takes.
            let taken = Set(
                shape.members.filter { $0.location == .querystring && $0.name != member.name }.map(\.wireName))
            let rest = items.items.filter { !taken.contains($0.name) }
            return rest.isEmpty
                ? nil
                : .map(Dictionary(rest.map { ($0.name, .string($0.value)) }, uniquingKeysWith: { first, _ in first }))
        default:
            guard let text = items[member.wireName] else { return nil }
            do throws(SerializationFailure) {
                return try ScalarText.read(text, member, timestampFormat: member.timestampFormat ?? .iso8601)
            } catch {
                guard member.shape.kind == .integer || member.shape.kind == .long else { throw error }
                throw SerializationFailure(error.message, number: (member.wireName, text))
            }
        }
    }

    private static func header(_ text: String, _ member: MemberModel) throws(SerializationFailure) -> WireValue {
        if member.isJSONValue {
            guard let bytes = Base64.decode(text), let json = String(validating: bytes, as: UTF8.self) else {
                throw SerializationFailure("Unable to decode base64")
            }
            return .string(json)
        }
        guard member.shape.kind == .list, let element = member.shape.element else {
            return try ScalarText.read(text, member, timestampFormat: member.timestampFormat ?? .rfc822)
        }
        var elements: [WireValue] = []
        for item in HeaderList.split(text, isDate: element.shape.kind == .timestamp) {
            elements.append(try ScalarText.read(item, element, timestampFormat: element.timestampFormat ?? .rfc822))
        }
        return .list(elements)
    }

    /// All headers with the member's prefix, by what follows it. What is said more than once is one list, as HTTP has it.
    private static func headers(_ headers: [(name: String, value: String)], _ member: MemberModel) -> WireValue? {
        let prefix = member.locationName ?? ""
        var entries: [String: WireValue] = [:]
        // As each was first written.
        var names: [String: String] = [:]
        for header in headers where HeaderNames.hasPrefix(header.name, prefix) {
            let given = String(header.name.dropFirst(prefix.count))
            let name = names[given.lowercased()] ?? given
            names[given.lowercased()] = name
            let earlier = entries[name]?.stringValue.map { $0 + "," } ?? ""
            entries[name] = .string(earlier + header.value)
        }
        return entries.isEmpty ? nil : .map(entries)
    }

    /// Headers and status of an answer.
    static func write(_ output: WireValue, _ shape: ShapeModel, to response: inout HTTPResponseParts) {
        for member in shape.members {
            guard let value = output[member.name], value != .null else { continue }
            switch member.location {
            case .statusCode: response.status = value.integerValue.flatMap { Int(exactly: $0) } ?? response.status
            case .header:
                guard let text = headerText(value, member) else { continue }
                response.headers.append((member.wireName, text))
            case .headers:
                for (key, value) in (value.mapValue ?? [:]).sorted(by: { $0.key < $1.key }) {
                    response.headers.append(((member.locationName ?? "") + key, value.stringValue ?? ""))
                }
            case .body, .uri, .querystring: continue
            }
        }
    }

    private static func headerText(_ value: WireValue, _ member: MemberModel) -> String? {
        if member.isJSONValue { return value.stringValue.map { Base64.encode(Array($0.utf8)) } }
        guard let elements = value.listValue, let element = member.shape.element else {
            return ScalarText.write(value, member, timestampFormat: .rfc822)
        }
        let texts = elements.compactMap { ScalarText.write($0, element, timestampFormat: .rfc822) }
        return texts.map { element.shape.kind == .string ? HeaderList.quoted($0) : $0 }.joined(separator: ", ")
    }
}
