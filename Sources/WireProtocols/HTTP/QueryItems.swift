import ServiceModel

/// The parameters of a URL's query or of a form, decoded.
struct QueryItems {
    /// How many parameters one request may have; AWS's own limits are far lower.
    static let maximumCount = 50_000

    private(set) var items: [(name: String, value: String)] = []

    /// - Returns: nil if an escape is broken, or there are too many parameters.
    init?(_ text: some Collection<UInt8>) {
        for item in text.split(separator: UInt8(ascii: "&")) {
            let pair = item.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = PercentCoding.decodeForm(pair[0]), items.count < QueryItems.maximumCount else {
                return nil
            }
            guard let value = pair.count > 1 ? PercentCoding.decodeForm(pair[1]) : "" else { return nil }
            items.append((name, value))
        }
    }

    subscript(name: String) -> String? { items.first { $0.name == name }?.value }
}
