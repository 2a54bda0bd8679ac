import ServiceKit
import ServiceModel

/// What AWS checks of a message's parts.
enum MessageText {
    /// ASCII text without line breaks, fewer than 100 characters, that begins with a letter, a number or punctuation.
    static func checkSubject(_ subject: String?) throws(AWSError) {
        guard let subject else { return }
        guard !subject.isEmpty, subject.unicodeScalars.count <= 100,
            subject.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F }),
            subject.unicodeScalars.first.map({ $0 != " " }) == true
        else { throw SNSFailures.invalid("Subject") }
    }

    /// `json`, with a text for `default`.
    /// - Returns: whether the message is an object of texts by protocol.
    static func checkStructure(_ structure: String?, _ message: String) throws(AWSError) -> Bool {
        guard let structure, !structure.isEmpty else { return false }
        guard structure == "json" else {
            throw SNSFailures.invalid("MessageStructure", reason: "Unsupported message structure: \(structure)")
        }
        guard let node = JSONValue(parsing: message), node.members != nil else {
            throw SNSFailures.invalid("Message Structure - JSON message body failed to parse")
        }
        guard node["default"]?.text != nil else {
            throw SNSFailures.invalid("Message Structure - No default entry in JSON message body")
        }
        return true
    }

    /// Up to 128 letters, digits and marks.
    static func isFIFOName(_ text: String) -> Bool {
        (1...128).contains(text.utf8.count) && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    }
}
