/// XML whose kind is not known yet.
public enum XMLText {
    /// Whether the bytes are a document, of whatever kind.
    public static func isWellFormed(_ bytes: [UInt8]) -> Bool { (try? XMLParser.parse(bytes)) != nil }
}
