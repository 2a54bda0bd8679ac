/// One line of a `Condition` block: an operator, a key, and the values of which one must match.
///
/// See <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>.
public struct PolicyCondition: Sendable, Hashable {
    /// How a key with several values in the request is compared.
    public enum Quantifier: String, Sendable {
        case forAllValues = "ForAllValues"
        case forAnyValue = "ForAnyValue"
    }

    public enum Comparison: String, Sendable, CaseIterable {
        case stringEquals = "StringEquals"
        case stringNotEquals = "StringNotEquals"
        case stringEqualsIgnoreCase = "StringEqualsIgnoreCase"
        case stringNotEqualsIgnoreCase = "StringNotEqualsIgnoreCase"
        case stringLike = "StringLike"
        case stringNotLike = "StringNotLike"
        case numericEquals = "NumericEquals"
        case numericNotEquals = "NumericNotEquals"
        case numericLessThan = "NumericLessThan"
        case numericLessThanEquals = "NumericLessThanEquals"
        case numericGreaterThan = "NumericGreaterThan"
        case numericGreaterThanEquals = "NumericGreaterThanEquals"
        case dateEquals = "DateEquals"
        case dateNotEquals = "DateNotEquals"
        case dateLessThan = "DateLessThan"
        case dateLessThanEquals = "DateLessThanEquals"
        case dateGreaterThan = "DateGreaterThan"
        case dateGreaterThanEquals = "DateGreaterThanEquals"
        case bool = "Bool"
        case binaryEquals = "BinaryEquals"
        case ipAddress = "IpAddress"
        case notIPAddress = "NotIpAddress"
        case arnEquals = "ArnEquals"
        case arnLike = "ArnLike"
        case arnNotEquals = "ArnNotEquals"
        case arnNotLike = "ArnNotLike"
        case null = "Null"
    }

    /// An operator as it is written, such as `ForAnyValue:StringLikeIfExists`.
    public struct Operator: Sendable, Hashable {
        public var quantifier: Quantifier?
        public var comparison: Comparison
        /// Whether the condition also holds if the request has no such key.
        public var ifExists: Bool

        public init(_ comparison: Comparison, quantifier: Quantifier? = nil, ifExists: Bool = false) {
            self.comparison = comparison
            self.quantifier = quantifier
            self.ifExists = ifExists
        }

        /// Nil if there is no such operator.
        public init?(_ text: String) {
            var name = text[...]
            var quantifier: Quantifier?
            if let colon = name.firstIndex(of: ":") {
                guard let found = Quantifier(rawValue: String(name[..<colon])) else { return nil }
                quantifier = found
                name = name[name.index(after: colon)...]
            }
            var ifExists = false
            if name.hasSuffix("IfExists") {
                ifExists = true
                name = name.dropLast(8)
            }
            guard let comparison = Comparison(rawValue: String(name)), !(comparison == .null && ifExists) else {
                return nil
            }
            self.init(comparison, quantifier: quantifier, ifExists: ifExists)
        }
    }

    public var `operator`: Operator
    /// The condition key; case does not count.
    public var key: String
    /// Numbers and booleans are in their JSON form.
    public var values: [String]

    public init(_ operator: Operator, key: String, values: [String]) {
        self.operator = `operator`
        self.key = key
        self.values = values
    }
}
