import Foundation

/// Whether a condition holds for the values that a request has of its key, by the rules of its operator.
///
/// See <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html> and
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html>.
enum ConditionTest {
    /// - Parameters:
    ///   - actual: what the request has; nil or empty: the key is not there.
    ///   - resolve: a value of the policy with its variables; nil: it has one without a value, and is like nothing.
    static func holds(
        _ condition: PolicyCondition, actual: [String]?, resolve: (String) -> ResolvedPattern? = { ResolvedPattern($0) }
    ) -> Bool {
        let operation = condition.operator
        let actual = actual ?? []
        if operation.comparison == .null {
            return condition.values.contains { ($0.lowercased() == "true") == actual.isEmpty }
        }
        let isNegated = operation.comparison.isNegated
        if actual.isEmpty {
            switch operation.quantifier {
            case .forAllValues?: return true
            case .forAnyValue?: return operation.ifExists
            case nil: return operation.ifExists || isNegated
            }
        }
        let values = condition.values.compactMap { resolve($0) }
        func matches(_ actual: String) -> Bool { values.contains { test(operation.comparison, $0, actual) } }
        switch operation.quantifier {
        case .forAllValues?: return actual.allSatisfy { matches($0) != isNegated }
        case .forAnyValue?: return actual.contains { matches($0) != isNegated }
        case nil: return actual.contains(where: matches) != isNegated
        }
    }

    /// Whether a value could be one of its operator, for those that demand a form.
    static func isWellFormed(_ value: String, of comparison: PolicyCondition.Comparison) -> Bool {
        if value.contains("${") { return true }
        switch comparison {
        case .ipAddress, .notIPAddress: return addresses(value) != nil
        case .numericEquals, .numericNotEquals, .numericLessThan, .numericLessThanEquals, .numericGreaterThan,
            .numericGreaterThanEquals:
            return Double(value) != nil
        case .dateEquals, .dateNotEquals, .dateLessThan, .dateLessThanEquals, .dateGreaterThan, .dateGreaterThanEquals:
            return PolicyDate.read(value) != nil
        case .bool, .null: return ["true", "false"].contains(value.lowercased())
        default: return true
        }
    }

    /// The comparison itself; a negated operator's as if it were not.
    private static func test(
        _ comparison: PolicyCondition.Comparison, _ value: ResolvedPattern, _ actual: String
    ) -> Bool {
        switch comparison {
        case .stringEquals, .stringNotEquals: value.text == actual
        case .stringEqualsIgnoreCase, .stringNotEqualsIgnoreCase, .bool: value.text.lowercased() == actual.lowercased()
        case .stringLike, .stringNotLike: value.matches(actual)
        case .arnEquals, .arnLike, .arnNotEquals, .arnNotLike: value.matchesARN(actual)
        case .ipAddress, .notIPAddress: addresses(value.text)?.contains(actual) ?? false
        case .numericEquals, .numericNotEquals: compare(value.text, actual, number) { $0 == $1 }
        case .numericLessThan: compare(value.text, actual, number) { $0 < $1 }
        case .numericLessThanEquals: compare(value.text, actual, number) { $0 <= $1 }
        case .numericGreaterThan: compare(value.text, actual, number) { $0 > $1 }
        case .numericGreaterThanEquals: compare(value.text, actual, number) { $0 >= $1 }
        case .dateEquals, .dateNotEquals: compare(value.text, actual, PolicyDate.read) { $0 == $1 }
        case .dateLessThan: compare(value.text, actual, PolicyDate.read) { $0 < $1 }
        case .dateLessThanEquals: compare(value.text, actual, PolicyDate.read) { $0 <= $1 }
        case .dateGreaterThan: compare(value.text, actual, PolicyDate.read) { $0 > $1 }
        case .dateGreaterThanEquals: compare(value.text, actual, PolicyDate.read) { $0 >= $1 }
        case .binaryEquals:
            Data(base64Encoded: value.text).map { $0 == Data(base64Encoded: actual) } ?? false
        case .null: false
        }
    }

    private static func number(_ text: String) -> Double? { Double(text) }

    private static func compare<Value>(
        _ value: String, _ actual: String, _ read: (String) -> Value?, _ isMet: (Value, Value) -> Bool
    ) -> Bool {
        guard let value = read(value), let actual = read(actual) else { return false }
        return isMet(actual, value)
    }

    /// A block in CIDR notation, or one address; nil if it is neither.
    private static func addresses(_ text: String) -> EventAddressRange? {
        try? EventAddressRange(text.contains("/") ? text : text + (text.contains(":") ? "/128" : "/32"))
    }
}

extension PolicyCondition.Comparison {
    /// Whether it holds where its like without `Not` does not.
    var isNegated: Bool {
        switch self {
        case .stringNotEquals, .stringNotEqualsIgnoreCase, .stringNotLike, .numericNotEquals, .dateNotEquals,
            .notIPAddress, .arnNotEquals, .arnNotLike:
            true
        default: false
        }
    }
}

extension PolicyCondition {
    /// A value without the form that the operator demands: that of a number, a date, an address.
    public var malformedValue: String? {
        values.first { !ConditionTest.isWellFormed($0, of: `operator`.comparison) }
    }
}
