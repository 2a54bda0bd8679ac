import ServiceKit

/// Which messages a mapping takes:
/// https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
///
/// A pattern for the body is one for JSON, or one for a plain text, and matches no body of the other kind; so a body that is an object or
/// an array is looked at as JSON, and any other as a text.
struct MessageFilter: Sendable {
    private let patterns: [EventPattern]

    /// - Parameter texts: patterns that were checked when they were stored.
    init(_ texts: [String]) { patterns = texts.compactMap { try? EventPattern($0) } }

    var isEmpty: Bool { patterns.isEmpty }

    func matches(_ message: QueueMessage, _ writer: QueueRecordWriter) -> Bool {
        if patterns.isEmpty { return true }
        guard let document = document(message, writer) else { return false }
        return patterns.contains { $0.matches(document) }
    }

    private func document(_ message: QueueMessage, _ writer: QueueRecordWriter) -> EventDocument? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(writer.size(message))
        let first = message.body.utf8.first { $0 != 0x20 && $0 != 0x09 && $0 != 0x0A && $0 != 0x0D }
        if first == UInt8(ascii: "{") || first == UInt8(ascii: "["), (try? EventDocument(message.body)) != nil {
            writer.append(message, to: &bytes, bodyIsJSON: true)
        } else {
            writer.append(message, to: &bytes)
        }
        return try? EventDocument(bytes)
    }
}
