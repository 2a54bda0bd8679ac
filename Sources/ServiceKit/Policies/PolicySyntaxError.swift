/// Why a text is no policy. Services word it as they do on AWS.
public enum PolicySyntaxError: Error, Sendable, Hashable {
    case notJSON
    /// White space before the document.
    case leadingSpace
    /// The document or a statement has an element that does not exist.
    case unknownField(String)
    case missingField(String)
    /// An element and its `Not…` form at once.
    case conflictingFields(String, String)
    /// An element, or a condition operator or key, is there twice.
    case duplicateField(String)
    /// An element's value is of the wrong type or not among those allowed.
    case invalidValue(field: String)
    case invalidVersion
    case invalidEffect(String)
    case unknownConditionOperator(String)
    case unknownPrincipalType(String)
}
