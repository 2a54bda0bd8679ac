/// One step of a store's schema. Steps run once, in order of `version`; the missing ones of all stores share a
/// transaction. A step that has shipped never changes.
public struct Migration: Sendable {
    /// Whose schema: the service's model name, such as `lambda`.
    public var store: String
    /// 1, 2, 3 …
    public var version: Int
    /// Statements in common SQL (see ``SQLConnection``), in order.
    public var statements: [String]

    public init(store: String, version: Int, statements: [String]) {
        self.store = store
        self.version = version
        self.statements = statements
    }
}
