/// An XML document as a tree in one array. Names are without their prefixes; comments and processing instructions are gone.
struct XMLDocument {
    struct Node {
        var name: String
        /// By local name.
        var attributes: [(name: String, value: String)]
        var text: String = ""
        var children: [Int] = []
    }

    var nodes: [Node] = []

    /// The root is the first node. There always is one.
    var root: Int { 0 }

    func children(named name: String, of node: Int) -> [Int] { nodes[node].children.filter { nodes[$0].name == name } }

    func attribute(_ name: String, of node: Int) -> String? { nodes[node].attributes.first { $0.name == name }?.value }
}
