/// Variables in the values of a policy, such as `${aws:username}`, and `${aws:username, 'nobody'}` with a default.
///
/// See <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>.
enum PolicyVariables {
    /// A text with the values of its variables; nil if one of them has none, or is none.
    /// - Parameter value: of a condition key, in lower case.
    static func resolve(_ text: String, value: (String) -> String?) -> ResolvedPattern? {
        var resolved = ResolvedPattern()
        var rest = text[...]
        while let start = rest.firstRange(of: "${") {
            resolved.append(pattern: rest[..<start.lowerBound])
            guard let end = rest[start.upperBound...].firstIndex(of: "}") else { return nil }
            let name = rest[start.upperBound..<end]
            rest = rest[rest.index(after: end)...]
            switch name {
            case "*", "?", "$": resolved.append(literal: name)
            default:
                guard let found = find(name, value) else { return nil }
                resolved.append(literal: found)
            }
        }
        resolved.append(pattern: rest)
        return resolved
    }

    private static func find(_ name: Substring, _ value: (String) -> String?) -> String? {
        let sides = name.split(separator: ",", maxSplits: 1, omittingEmptySubsequences: false)
        let key = sides[0].filter { $0 != " " }.lowercased()
        if let found = value(key) { return found }
        guard sides.count == 2 else { return nil }
        let quoted = sides[1].drop { $0 == " " }
        guard quoted.count >= 2, quoted.first == "'", let close = quoted.lastIndex(of: "'") else { return nil }
        return close > quoted.startIndex ? String(quoted[quoted.index(after: quoted.startIndex)..<close]) : nil
    }
}
