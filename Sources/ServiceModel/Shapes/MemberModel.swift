/// A member of a structure, or what a list or map holds, with the traits that decide its form on the wire. Traits that the model
/// sets on the target shape are here too, unless the member sets its own.
public final class MemberModel: Sendable {
    public enum Location: String, Sendable {
        case body, header, headers, uri, querystring, statusCode
    }

    public enum TimestampFormat: String, Sendable {
        case iso8601, rfc822, unixTimestamp
    }

    public struct XMLNamespace: Sendable, Hashable {
        public let uri: String
        public let prefix: String?

        package init(uri: String, prefix: String?) {
            self.uri = uri
            self.prefix = prefix
        }
    }

    /// The name in the model; `member`, `key` or `value` for what lists and maps hold.
    public let name: String
    /// The model's `locationName`, if it has one.
    public let locationName: String?
    /// Another name in the query protocol, which some services keep beside a new one.
    public let queryName: String?
    public let shape: ShapeModel
    public let location: Location
    public let isRequired: Bool
    public let isFlattened: Bool
    public let isXMLAttribute: Bool
    public let xmlNamespace: XMLNamespace?
    public let timestampFormat: TimestampFormat?
    public let isStreaming: Bool
    public let isIdempotencyToken: Bool
    /// Whether the value is JSON that a header carries in base64.
    public let isJSONValue: Bool
    /// Whether the value is a part of the host's name.
    public let isHostLabel: Bool
    public let isEventPayload: Bool
    public let isEventHeader: Bool

    /// The name in JSON, CBOR and REST's XML, of a header, a query parameter or a label.
    public var wireName: String { locationName ?? name }

    /// The name in forms and XML.
    public var xmlName: String { queryName ?? locationName ?? name }

    /// The name in forms and XML that the model gives, if it does.
    public var givenXMLName: String? { queryName ?? locationName }

    init(
        name: String, locationName: String?, queryName: String? = nil, shape: ShapeModel, location: Location = .body,
        isRequired: Bool = false,
        isFlattened: Bool = false, isXMLAttribute: Bool = false, xmlNamespace: XMLNamespace? = nil,
        timestampFormat: TimestampFormat? = nil, isStreaming: Bool = false, isIdempotencyToken: Bool = false,
        isJSONValue: Bool = false, isHostLabel: Bool = false, isEventPayload: Bool = false, isEventHeader: Bool = false
    ) {
        self.name = name
        self.locationName = locationName
        self.queryName = queryName
        self.shape = shape
        self.location = location
        self.isRequired = isRequired
        self.isFlattened = isFlattened
        self.isXMLAttribute = isXMLAttribute
        self.xmlNamespace = xmlNamespace
        self.timestampFormat = timestampFormat
        self.isStreaming = isStreaming
        self.isIdempotencyToken = isIdempotencyToken
        self.isJSONValue = isJSONValue
        self.isHostLabel = isHostLabel
        self.isEventPayload = isEventPayload
        self.isEventHeader = isEventHeader
    }
}
