/// A tag of a resource. (Services generate a `Tag` of their own, as does Swift Testing.)
public struct ResourceTag: Sendable, Hashable {
    public var key: String
    public var value: String

    public init(key: String, value: String) {
        self.key = key
        self.value = value
    }
}
