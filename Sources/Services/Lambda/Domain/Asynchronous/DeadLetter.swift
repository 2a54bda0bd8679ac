import Foundation
import ServiceKit

/// What a dead-letter queue or topic is told of an event: the event, and in attributes what was wrong.
enum DeadLetter {
    /// Bytes of a function's message that are told.
    private static let limit = 1024

    static func attributes(requestID: String, response: InvocationRecord.Response?, reason: DiscardReason)
        -> [Delivery.Attribute]
    {
        [
            Delivery.Attribute(name: "RequestID", type: "String", value: requestID),
            Delivery.Attribute(name: "ErrorCode", type: "Number", value: response == nil ? "429" : "200"),
            Delivery.Attribute(name: "ErrorMessage", type: "String", value: message(response, reason)),
        ]
    }

    private static func message(_ response: InvocationRecord.Response?, _ reason: DiscardReason) -> String {
        var message = reason.rawValue
        if let response,
            let object = try? JSONSerialization.jsonObject(with: Data(response.payload)) as? [String: Any],
            let text = object["errorMessage"] as? String, !text.isEmpty
        {
            message = text
        }
        var bytes = message.utf8.prefix(limit)
        while !bytes.isEmpty, String(bytes) == nil { bytes = bytes.dropLast() }
        return String(bytes) ?? reason.rawValue
    }
}
