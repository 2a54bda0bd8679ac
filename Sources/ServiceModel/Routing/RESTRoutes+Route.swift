extension RESTRoutes {
    enum Segment: Sendable, Hashable {
        case literal(String)
        case label(String)
        /// Takes the rest of the path.
        case greedy(String)
    }

    /// One operation with its template taken apart.
    struct Route: Sendable {
        let operation: OperationModel
        let method: String
        let segments: [Segment]
        /// What the query must hold: names, with a value if the template gives one (`list-type=2`).
        private let query: [(name: String, value: String?)]
        /// Headers and query parameters without which the operation is another one: what tells CopyObject from PutObject.
        private let requiredHeaders: [String]
        private let requiredQuery: [String]

        init(_ operation: OperationModel, isS3: Bool) {
            self.operation = operation
            method = operation.method
            let parts = operation.uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
            segments = parts[0].dropFirst().split(separator: "/", omittingEmptySubsequences: false).filter {
                !$0.isEmpty
            }.map { segment in
                guard segment.hasPrefix("{"), segment.hasSuffix("}") else { return .literal(String(segment)) }
                let name = segment.dropFirst().dropLast()
                return name.hasSuffix("+") ? .greedy(String(name.dropLast())) : .label(String(name))
            }
            query = (parts.count > 1 ? parts[1].split(separator: "&") : []).map { item in
                let pair = item.split(separator: "=", maxSplits: 1)
                return (String(pair[0]), pair.count > 1 ? String(pair[1]) : nil)
            }
            let required = isS3 ? operation.input?.shape.members.filter(\.isRequired) ?? [] : []
            requiredHeaders = required.filter { $0.location == .header }.map(\.wireName)
            requiredQuery = required.filter { $0.location == .querystring }.map(\.wireName)
        }

        /// The more the query and the headers must hold, the earlier a route is tried; of twins the one that is not deprecated.
        var rank: (Int, Int, Int) {
            let literals = query.count * 2 + query.count { $0.value != nil }
            return (literals + requiredQuery.count, requiredHeaders.count, operation.isDeprecated ? 0 : 1)
        }

        func admits(query found: (String) -> String?, header: (String) -> String?) -> Bool {
            query.allSatisfy { wanted in
                guard let value = found(wanted.name) else { return false }
                return wanted.value.map { $0 == value } ?? true
            }
                && requiredQuery.allSatisfy { found($0) != nil } && requiredHeaders.allSatisfy { header($0) != nil }
        }

        /// The labels' values in a path that has the template's form; nil if one cannot be decoded.
        func labels(in path: ArraySlice<Substring>) -> [(name: String, value: String)]? {
            var labels: [(name: String, value: String)] = []
            for (index, segment) in segments.enumerated() {
                switch segment {
                case .literal: continue
                case .label(let name):
                    guard let value = PercentCoding.decode(path[index]) else { return nil }
                    labels.append((name, value))
                case .greedy(let name):
                    let rest = path[index...].joined(separator: "/")
                    guard !rest.isEmpty, let value = PercentCoding.decode(rest[...]) else { return nil }
                    labels.append((name, value))
                }
            }
            return labels
        }
    }
}
