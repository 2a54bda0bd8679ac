import ServiceModel

/// A policy's text, into which statements are put and out of which they are taken; the rest of it stays as it was given.
package struct PolicyText: Sendable {
    private var policy: JSONValue

    /// Nil if the text is no JSON object.
    package init?(_ text: String) {
        guard let policy = JSONValue(parsing: text), policy.members != nil else { return nil }
        self.policy = policy
    }

    /// A policy without a statement, in the version that the console and AddPermission begin with.
    package init(id: String) { policy = .object(("Version", "2008-10-17"), ("Id", .string(id))) }

    package var text: String { policy.compact }

    package var count: Int { statements.count }

    package func contains(_ label: String) -> Bool { statements.contains { $0["Sid"]?.text == label } }

    /// Lets accounts do something with a resource. A list of one is written as its element, as AWS does.
    package mutating func allow(_ label: String, accounts: [String], actions: [String], on resource: String) {
        func one(_ texts: [String]) -> JSONValue {
            texts.count == 1 ? .string(texts[0]) : .array(texts.map(JSONValue.string))
        }
        let statement = JSONValue.object(
            ("Sid", .string(label)), ("Effect", "Allow"),
            ("Principal", .object(("AWS", one(accounts.map { "arn:aws:iam::\($0):root" })))),
            ("Action", one(actions)), ("Resource", .string(resource)))
        policy.set("Statement", .array(statements + [statement]))
    }

    /// - Returns: whether there was such a statement.
    package mutating func remove(_ label: String) -> Bool {
        let statements = statements
        let rest = statements.filter { $0["Sid"]?.text != label }
        guard rest.count < statements.count else { return false }
        policy.set("Statement", .array(rest))
        return true
    }

    private var statements: [JSONValue] {
        switch policy["Statement"] {
        case .array(let statements)?: statements
        case .some(let statement): [statement]
        case nil: []
        }
    }
}
