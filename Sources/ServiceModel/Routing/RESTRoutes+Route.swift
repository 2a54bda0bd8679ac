extension RESTRoutes.Route {
    init(_ operation: OperationModel, isS3: Bool) {
        self.operation = operation
        method = operation.method
        let parts = operation.uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        segments = parts[0].dropFirst().split(separator: "/", omittingEmptySubsequences: false).map { segment in
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

    /// The labels' values if the path has the template's form.
    func labels(in path: [Substring]) -> [(name: String, value: String)]? {
        var labels: [(name: String, value: String)] = []
        var index = 0
        for (position, segment) in segments.enumerated() {
            switch segment {
            case .literal(let text):
                guard index < path.count, path[index] == text else { return nil }
                index += 1
            case .label(let name):
                guard index < path.count, !path[index].isEmpty, let value = PercentCoding.decode(path[index]) else {
                    return nil
                }
                labels.append((name, value))
                index += 1
            case .greedy(let name):
                let rest = segments.count - position - 1
                let end = path.count - rest
                guard end > index else { return nil }
                let joined = path[index..<end].joined(separator: "/")
                guard !joined.isEmpty, let value = PercentCoding.decode(joined[...]) else { return nil }
                labels.append((name, value))
                index = end
            }
        }
        // A slash at the end of the path changes nothing for the templates that have none.
        if index == path.count - 1, path[index].isEmpty { return labels }
        return index == path.count ? labels : nil
    }
}
