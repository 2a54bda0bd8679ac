import ServiceModel

/// The pairs of a query string, as they came.
struct QueryPairs: Sendable {
    struct Item: Sendable, Equatable {
        /// As on the wire, percent-encoded.
        var rawName: Substring
        var rawValue: Substring
    }

    let items: [Item]

    init(_ query: String) {
        items = query.split(separator: "&").map { pair in
            guard let equals = pair.utf8.firstIndex(of: UInt8(ascii: "=")) else {
                return Item(rawName: pair, rawValue: "")
            }
            return Item(rawName: pair[..<equals], rawValue: pair[pair.index(after: equals)...])
        }
    }

    /// The decoded value of the first pair of that name; the name is compared without regard to case if `anyCase` says so.
    func first(_ name: String) -> String? {
        items.first { $0.rawName == name }.map {
            String(decoding: PercentCoding.leniently($0.rawValue, plusIsSpace: false), as: UTF8.self)
        }
    }
}
