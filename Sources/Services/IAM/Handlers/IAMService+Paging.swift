import ServiceKit

extension IAMService {
    /// Where a page begins.
    /// - Throws: `ValidationError` if the marker was not made for this listing.
    static func position(_ marker: String?, scope: String) throws(AWSError) -> [String]? {
        guard let marker else { return nil }
        guard let token = PageToken(marker, scope: scope) else { throw .validationError("Invalid Marker: \(marker)") }
        return token.position
    }

    /// A page of a list that is at hand as a whole, sorted by its keys.
    static func page<Item: Sendable>(
        _ items: [Item], marker: String?, size: Int?, scope: String, key: (Item) -> [String]
    ) throws(AWSError) -> Page<Item> {
        var rest = items[...]
        if let position = try position(marker, scope: scope) {
            rest = rest.drop { !position.lexicographicallyPrecedes(key($0)) }
        }
        let size = size ?? pageSize
        return Page(found: Array(rest.prefix(size + 1)), size: size, scope: scope, position: key)
    }
}
