/// The REST operations of a service, found by method and path.
package struct RESTRoutes: Sendable {
    /// One operation with its template taken apart.
    package struct Route: Sendable {
        package let operation: OperationModel
        let method: String
        let segments: [Segment]
        /// What the query must hold: names, with a value if the template gives one (`list-type=2`).
        let query: [(name: String, value: String?)]
        /// Headers and query parameters without which the operation is another one: what tells CopyObject from PutObject.
        let requiredHeaders: [String]
        let requiredQuery: [String]
        var isGreedy: Bool { segments.contains { if case .greedy = $0 { true } else { false } } }
    }

    enum Segment: Sendable, Hashable {
        case literal(String)
        case label(String)
        case greedy(String)
    }

    package struct Match {
        package let operation: OperationModel
        /// Label names and their values, percent-decoded.
        package let labels: [(name: String, value: String)]
    }

    private let routes: [String: [Route]]

    /// - Parameter isS3: operations are told apart by parameters they require as well, which other services answer with an error.
    init(_ operations: [OperationModel], isS3: Bool) {
        var routes: [String: [Route]] = [:]
        for operation in operations { routes[operation.method, default: []].append(Route(operation, isS3: isS3)) }
        // The most special first: query literals, required headers, literal segments, then labels, then greedy labels; of twins the one that is not deprecated.
        self.routes = routes.mapValues { $0.sorted { RESTRoutes.rank($0) > RESTRoutes.rank($1) } }
    }

    private static func rank(_ route: Route) -> (Int, Int, Int, Int, Int) {
        let literals = route.segments.count { if case .literal = $0 { true } else { false } }
        return (
            literals, route.isGreedy ? 0 : 1,
            route.query.count * 2 + route.query.count { $0.value != nil } + route.requiredQuery.count,
            route.requiredHeaders.count, route.operation.isDeprecated ? 0 : 1
        )
    }

    /// - Parameters:
    ///   - segments: the path's parts between slashes, still percent-encoded, without the leading slash.
    ///   - query: the value of a query parameter, decoded.
    package func match(
        method: String, segments: [Substring], query: (String) -> String?, header: (String) -> String?
    ) -> Match? {
        for route in routes[method] ?? [] {
            guard let labels = route.labels(in: segments),
                route.query.allSatisfy({ wanted in
                    guard let value = query(wanted.name) else { return false }
                    return wanted.value.map { $0 == value } ?? true
                }),
                route.requiredQuery.allSatisfy({ query($0) != nil }),
                route.requiredHeaders.allSatisfy({ header($0) != nil })
            else { continue }
            return Match(operation: route.operation, labels: labels)
        }
        return nil
    }

    /// Whether any method knows the path.
    package func knowsPath(_ segments: [Substring]) -> Bool {
        routes.values.contains { $0.contains { $0.labels(in: segments) != nil } }
    }
}
