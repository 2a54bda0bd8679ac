import ServiceModel

extension PolicyDocument {
    /// How deep arrays and objects may nest; policies need five levels.
    private static let maximumDepth = 32

    /// Reads a policy's text.
    public init(parsing text: String) throws(PolicySyntaxError) {
        guard let first = text.utf8.first else { throw .notJSON }
        if first == 0x20 || first == 0x0A || first == 0x0D || first == 0x09 { throw .leadingSpace }
        guard let json = JSONValue(parsing: text, maximumDepth: Self.maximumDepth) else { throw .notJSON }
        guard case .object(let members) = json else { throw .invalidValue(field: "Policy") }
        var fields = try PolicyFields(members)
        version = try Self.version(fields.take("Version"))
        id = try fields.take("Id").map { value throws(PolicySyntaxError) in try Self.string(value, "Id") }
        let statement = fields.take("Statement")
        try fields.end()
        switch statement {
        case .object(let members)?:
            statements = [try PolicyStatement(members)]
        case .array(let elements)?:
            var statements: [PolicyStatement] = []
            for element in elements {
                guard case .object(let members) = element else { throw .invalidValue(field: "Statement") }
                statements.append(try PolicyStatement(members))
            }
            self.statements = statements
        case nil: throw .missingField("Statement")
        default: throw .invalidValue(field: "Statement")
        }
    }

    private static func version(_ value: JSONValue?) throws(PolicySyntaxError) -> Version? {
        guard let value else { return nil }
        guard case .string(let text) = value, let version = Version(rawValue: text) else { throw .invalidVersion }
        return version
    }

    fileprivate static func string(_ value: JSONValue, _ field: String) throws(PolicySyntaxError) -> String {
        guard case .string(let text) = value else { throw .invalidValue(field: field) }
        return text
    }

    /// One string or a list of strings.
    fileprivate static func strings(_ value: JSONValue, _ field: String) throws(PolicySyntaxError) -> [String] {
        guard case .array(let elements) = value else { return [try string(value, field)] }
        var strings: [String] = []
        for element in elements { strings.append(try string(element, field)) }
        return strings
    }
}

extension PolicyStatement {
    fileprivate init(_ members: [JSONValue.Member]) throws(PolicySyntaxError) {
        var fields = try PolicyFields(members)
        sid = try fields.take("Sid").map { value throws(PolicySyntaxError) in try PolicyDocument.string(value, "Sid") }
        let effect = fields.take("Effect")
        principals = try Self.element("Principal", &fields, Self.principals)
        actions = try Self.element("Action", &fields, PolicyDocument.strings)
        resources = try Self.element("Resource", &fields, PolicyDocument.strings)
        conditions = try fields.take("Condition").map(Self.conditions) ?? []
        try fields.end()
        guard let effect else { throw .missingField("Effect") }
        let text = try PolicyDocument.string(effect, "Effect")
        guard let effect = Effect(rawValue: text) else { throw .invalidEffect(text) }
        self.effect = effect
    }

    private static func element<Value>(
        _ name: String, _ fields: inout PolicyFields,
        _ read: (JSONValue, String) throws(PolicySyntaxError) -> [Value]
    ) throws(PolicySyntaxError) -> PolicyElement<Value>? {
        switch (fields.take(name), fields.take("Not" + name)) {
        case (nil, nil): return nil
        case (let value?, nil): return PolicyElement(try read(value, name))
        case (nil, let value?): return PolicyElement(try read(value, "Not" + name), isNegated: true)
        case (_?, _?): throw .conflictingFields(name, "Not" + name)
        }
    }

    private static func principals(_ value: JSONValue, _ field: String) throws(PolicySyntaxError) -> [PolicyPrincipal] {
        switch value {
        case .string("*"): return [.everyone]
        case .object(let members):
            var principals: [PolicyPrincipal] = []
            for member in members {
                let values = try PolicyDocument.strings(member.value, field)
                switch member.name {
                case "AWS": principals += values.map(PolicyPrincipal.aws)
                case "Service": principals += values.map(PolicyPrincipal.service)
                case "Federated": principals += values.map(PolicyPrincipal.federated)
                case "CanonicalUser": principals += values.map(PolicyPrincipal.canonicalUser)
                default: throw .unknownPrincipalType(member.name)
                }
            }
            return principals
        default: throw .invalidValue(field: field)
        }
    }

    private static func conditions(_ value: JSONValue) throws(PolicySyntaxError) -> [PolicyCondition] {
        guard case .object(let operators) = value else { throw .invalidValue(field: "Condition") }
        var seen: Set<String> = []
        var conditions: [PolicyCondition] = []
        for entry in operators {
            guard let `operator` = PolicyCondition.Operator(entry.name) else {
                throw .unknownConditionOperator(entry.name)
            }
            guard seen.insert(entry.name).inserted else { throw .duplicateField(entry.name) }
            guard case .object(let keys) = entry.value else { throw .invalidValue(field: "Condition") }
            var seenKeys: Set<String> = []
            for key in keys {
                guard seenKeys.insert(key.name.lowercased()).inserted else { throw .duplicateField(key.name) }
                conditions.append(PolicyCondition(`operator`, key: key.name, values: try conditionValues(key.value)))
            }
        }
        return conditions
    }

    private static func conditionValues(_ value: JSONValue) throws(PolicySyntaxError) -> [String] {
        switch value {
        case .string(let text), .number(let text): return [text]
        case .boolean(let flag): return [flag ? "true" : "false"]
        case .array(let elements):
            var values: [String] = []
            for element in elements {
                if case .array = element { throw .invalidValue(field: "Condition") }
                values += try conditionValues(element)
            }
            return values
        default: throw .invalidValue(field: "Condition")
        }
    }
}

/// The members of an object, taken one by one; what is left over is unknown.
private struct PolicyFields {
    private var members: [String: JSONValue] = [:]
    private var order: [String] = []

    init(_ list: [JSONValue.Member]) throws(PolicySyntaxError) {
        for member in list {
            guard members.updateValue(member.value, forKey: member.name) == nil else {
                throw .duplicateField(member.name)
            }
            order.append(member.name)
        }
    }

    mutating func take(_ name: String) -> JSONValue? { members.removeValue(forKey: name) }

    func end() throws(PolicySyntaxError) {
        if let name = order.first(where: { members[$0] != nil }) { throw .unknownField(name) }
    }
}
