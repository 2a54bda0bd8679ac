/// Why a text is no JSON, and where. Lambda shows its parser's (Jackson's) own words.
struct JSONSyntaxError: Error, Sendable, Hashable {
    var message: String
    var line: Int
    var column: Int

    /// The message with its place, as Jackson writes it with the source withheld.
    var description: String { "\(message)\n at \(Self.place(line: line, column: column))" }

    static func place(line: Int, column: Int) -> String {
        "[Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: \(line), column: \(column)]"
    }
}
