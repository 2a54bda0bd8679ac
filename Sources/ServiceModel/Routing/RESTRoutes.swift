/// The REST operations of a service, found by method and path: a tree of the templates' segments.
package struct RESTRoutes: Sendable {
    package struct Match {
        package let operation: OperationModel
        /// Label names and their values, percent-decoded.
        package let labels: [(name: String, value: String)]
    }

    private struct Node: Sendable {
        var literals: [String: Int] = [:]
        var label: Int?
        /// The operations whose template ends here, the most special first.
        var routes: [Route] = []
        /// Those whose template goes on with a label that takes the rest.
        var greedy: [Route] = []
    }

    private var nodes = [Node()]

    /// With `isS3`, operations are told apart by parameters they require as well, which other services answer with an error.
    init(_ operations: [OperationModel], isS3: Bool) {
        for operation in operations { insert(Route(operation, isS3: isS3)) }
        for index in nodes.indices {
            nodes[index].routes.sort { $0.rank > $1.rank }
            nodes[index].greedy.sort { $0.rank > $1.rank }
        }
    }

    private mutating func insert(_ route: Route) {
        var index = 0
        for segment in route.segments {
            switch segment {
            case .literal(let text):
                index = next(nodes[index].literals[text]) { $0.nodes[index].literals[text] = $1 }
            case .label:
                index = next(nodes[index].label) { $0.nodes[index].label = $1 }
            case .greedy:
                nodes[index].greedy.append(route)
                return
            }
        }
        nodes[index].routes.append(route)
    }

    private mutating func next(_ existing: Int?, _ add: (inout RESTRoutes, Int) -> Void) -> Int {
        if let existing { return existing }
        nodes.append(Node())
        add(&self, nodes.count - 1)
        return nodes.count - 1
    }

    /// The operation of a request. `segments` are the path's parts between slashes, still percent-encoded, without the leading
    /// slash; `query` gives the value of a query parameter, decoded.
    package func match(
        method: String, segments: [Substring], query: @escaping (String) -> String?,
        header: @escaping (String) -> String?
    ) -> Match? {
        let request = Request(method: method, segments: segments[...], query: query, header: header)
        if let match = match(request, 0, 0) { return match }
        // A slash at the end of the path changes nothing for the templates that have none.
        guard segments.last?.isEmpty == true else { return nil }
        return match(Request(method: method, segments: segments.dropLast(), query: query, header: header), 0, 0)
    }

    private struct Request {
        let method: String
        let segments: ArraySlice<Substring>
        let query: (String) -> String?
        let header: (String) -> String?
    }

    /// Literals before labels before labels that take the rest.
    private func match(_ request: Request, _ depth: Int, _ index: Int) -> Match? {
        let node = nodes[index]
        guard depth < request.segments.count else { return first(node.routes, request) }
        let segment = request.segments[depth]
        if let next = node.literals[String(segment)], let match = match(request, depth + 1, next) { return match }
        if let next = node.label, !segment.isEmpty, let match = match(request, depth + 1, next) { return match }
        return first(node.greedy, request)
    }

    private func first(_ routes: [Route], _ request: Request) -> Match? {
        for route in routes
        where route.method == request.method && route.admits(query: request.query, header: request.header) {
            if let labels = route.labels(in: request.segments) {
                return Match(operation: route.operation, labels: labels)
            }
        }
        return nil
    }
}
