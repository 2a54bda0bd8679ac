import Foundation

/// The body of `POST /extension/register`.
public struct ExtensionRegistration: Sendable, Hashable {
    public var events: [String]

    /// - Throws: ``ExtensionRefusal/invalidRequest(_:)`` for anything but an object with a list of events.
    public init(json: some Collection<UInt8>) throws(ExtensionRefusal) {
        guard let object = (try? JSONSerialization.jsonObject(with: Data(json))) as? [String: Any] else {
            throw .invalidRequest("The request body is no JSON object")
        }
        switch object["events"] {
        case nil, is NSNull: events = []
        case let list as [String]: events = list
        default: throw .invalidRequest("events is no list of strings")
        }
    }
}
