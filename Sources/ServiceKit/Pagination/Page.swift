/// One page of a listing.
public struct Page<Item: Sendable>: Sendable {
    public var items: [Item]
    /// The token of the next page, nil on the last one.
    public var next: String?

    public init(items: [Item], next: String? = nil) {
        self.items = items
        self.next = next
    }

    /// Makes a page of what was found when one item more than the page's size was asked for. `position` is an item's
    /// sort key, as ``PageToken/position``.
    public init(found: [Item], size: Int, scope: String, position: (Item) -> [String]) {
        guard found.count > size, size > 0 else {
            self.init(items: found)
            return
        }
        let items = Array(found.prefix(size))
        self.init(items: items, next: items.last.map { PageToken(scope: scope, position: position($0)).text })
    }

    public func map<Other: Sendable>(_ transform: (Item) throws -> Other) rethrows -> Page<Other> {
        Page<Other>(items: try items.map(transform), next: next)
    }
}
