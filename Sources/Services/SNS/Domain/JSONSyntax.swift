import ServiceKit

/// Whether a text is JSON, and what AWS says if it is not.
enum JSONSyntax {
    /// `what` is the attribute, with what stands before it.
    static func check(_ text: String, _ what: String) throws(AWSError) {
        do throws(EventPatternError) {
            _ = try EventDocument(text)
        } catch {
            throw SNSFailures.invalid("\(what): failed to parse JSON. \(message(error, text))")
        }
    }

    /// The parser's words, and the place; of an unexpected character it is that of the character itself.
    private static func message(_ error: EventPatternError, _ text: String) -> String {
        var error = error
        if error.reason.hasPrefix("Unexpected character"), let offset = error.offset { error.offset = offset - 1 }
        let place = error.place(in: text) ?? (line: 1, column: 1)
        return error.reason + "\n at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); "
            + "line: \(place.line), column: \(place.column)]"
    }
}
