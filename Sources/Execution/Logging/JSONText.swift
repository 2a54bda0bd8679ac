import ServiceModel

/// Writes the small JSON texts of the data plane: errors and platform log records.
public enum JSONText {
    /// An object of strings, in the given order.
    public static func object(_ fields: [(String, String)]) -> String {
        "{" + fields.map { "\(string($0.0)):\(string($0.1))" }.joined(separator: ",") + "}"
    }

    /// An object whose values are JSON already.
    public static func raw(_ fields: [(String, String)]) -> String {
        "{" + fields.map { "\(string($0.0)):\($0.1)" }.joined(separator: ",") + "}"
    }

    /// An array of strings.
    public static func strings(_ list: [String]) -> String {
        "[" + list.map(string).joined(separator: ",") + "]"
    }

    /// A string with its quotes.
    public static func string(_ text: String) -> String { JSONString.quoted(text) }
}
