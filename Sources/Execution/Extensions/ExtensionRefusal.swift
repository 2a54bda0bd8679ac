/// Why the Extensions API refuses a call. Follows
/// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html.
public enum ExtensionRefusal: Error, Sendable, Hashable {
    case missingName
    case registrationClosed
    case alreadyRegistered(String)
    case tooMany
    /// The event, and whether it is one that only external extensions can have.
    case invalidEvent(String, isForExternals: Bool)
    case invalidRequest(String)
    case missingIdentifier
    case invalidIdentifier
    case unknownIdentifier(String)
    case missingErrorType
    case invalidState(extension: String, from: String, to: String)

    /// The HTTP status.
    public var status: Int {
        if case .invalidRequest = self { 400 } else { 403 }
    }

    public var errorType: String {
        switch self {
        case .missingName: "Extension.InvalidExtensionName"
        case .registrationClosed: "Extension.RegistrationClosed"
        case .alreadyRegistered: "Extension.AlreadyRegistered"
        case .tooMany: "Extension.TooManyExtensions"
        case .invalidEvent: "Extension.InvalidEventType"
        case .invalidRequest: "InvalidRequestFormat"
        case .missingIdentifier: "Extension.MissingExtensionIdentifier"
        case .invalidIdentifier: "Extension.InvalidExtensionIdentifier"
        case .unknownIdentifier: "Extension.UnknownExtensionIdentifier"
        case .missingErrorType: "Extension.MissingHeader"
        case .invalidState: "Extension.InvalidExtensionState"
        }
    }

    public var message: String {
        switch self {
        case .missingName: "Empty extension name"
        case .registrationClosed: "Extension registration closed already"
        case .alreadyRegistered(let name): "Extension \(name) has registered already"
        case .tooMany: "Extension limit (\(ExtensionRegistry.limit)) reached"
        case .invalidEvent(let event, true): "\(event): event not supported for internal extensions"
        case .invalidEvent(let event, false): "\(event): invalid event type"
        case .invalidRequest(let why): why
        case .missingIdentifier: "Missing Lambda-Extension-Identifier header"
        case .invalidIdentifier: "Invalid Lambda-Extension-Identifier"
        case .unknownIdentifier(let id): "Unknown extension \(id)"
        case .missingErrorType: "Lambda-Extension-Function-Error-Type not found"
        case .invalidState(let name, let from, let to):
            "State transition from \(from) to \(to) failed for extension \(name). Error: State transition is not allowed"
        }
    }

    /// The body of the answer.
    public var body: String { JSONText.object([("errorMessage", message), ("errorType", errorType)]) }
}
