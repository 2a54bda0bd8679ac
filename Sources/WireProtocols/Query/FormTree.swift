/// The parameters of a query request as the tree that their dotted names describe: `Tags.member.1.Key=…`.
struct FormTree {
    /// How many parts a name may have.
    static let maximumDepth = 64

    struct Node {
        var value: String?
        var children: [String: Int] = [:]
    }

    private(set) var nodes: [Node] = [Node()]

    /// - Returns: nil if a name has too many parts.
    init?(_ items: QueryItems) {
        for item in items.items {
            var index = 0
            var depth = 0
            for part in item.name.split(separator: ".", omittingEmptySubsequences: false) {
                depth += 1
                guard depth <= FormTree.maximumDepth else { return nil }
                let name = String(part)
                if let next = nodes[index].children[name] {
                    index = next
                } else {
                    nodes.append(Node())
                    nodes[index].children[name] = nodes.count - 1
                    index = nodes.count - 1
                }
            }
            // The first of several values counts.
            if nodes[index].value == nil { nodes[index].value = item.value }
        }
    }

    func child(_ name: String, of index: Int) -> Int? { nodes[index].children[name] }

    /// The children whose names are numbers, in their order.
    func numbered(_ index: Int) -> [Int] {
        nodes[index].children
            .compactMap { name, node in Int(name).flatMap { $0 > 0 ? (number: $0, node: node) : nil } }
            .sorted { $0.number < $1.number }
            .map(\.node)
    }
}
