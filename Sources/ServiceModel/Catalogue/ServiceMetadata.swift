/// What tells one service from the others, known without reading the rest of its model.
public final class ServiceMetadata: Sendable {
    /// How a service words its complaints about parameters.
    public enum ValidationStyle: String, Sendable {
        /// "1 validation error detected: …", from the model's constraints.
        case coral
        /// The service checks by itself; only missing members are noted, in the words of its own.
        case sqs, sns
        /// The service checks everything by itself.
        case none
    }

    /// The key of the model, such as `lambda`.
    public let name: String
    /// The name in AWS's own lists, such as `CloudWatch Logs`.
    public let serviceID: String
    public let apiVersion: String
    /// The first label of the host's name, such as `monitoring`.
    public let endpointPrefix: String
    /// The service in the scope of a signature.
    public let signingName: String
    /// What stands before the operation in `X-Amz-Target`.
    public let targetPrefix: String?
    /// The protocols that clients may speak; the first is what new clients use.
    public let protocols: [WireProtocolKind]
    /// The protocol of them whose requests are told by method and path, if there is one.
    public let restProtocol: WireProtocolKind?
    /// `1.0` or `1.1`, of the JSON protocol.
    public let jsonVersion: String
    public let xmlNamespace: String?
    /// Whether JSON and CBOR errors name the code of the former query protocol in `x-amzn-query-error`.
    public let isQueryCompatible: Bool
    /// What stands before `#` in the `__type` of modelled JSON and CBOR errors, if anything.
    public let errorNamespace: String?
    public let validation: ValidationStyle
    /// The code of violated constraints.
    public let validationCode: String
    /// Whether messages about constraints leave out the value.
    public let hidesInvalidValues: Bool

    init(name: String, traits: JSONValue) {
        self.name = name
        serviceID = traits["serviceId"]?.text ?? name
        apiVersion = traits["apiVersion"]?.text ?? ""
        let prefix = traits["endpointPrefix"]?.text ?? name
        endpointPrefix = prefix
        signingName = traits["signingName"]?.text ?? prefix
        targetPrefix = traits["targetPrefix"]?.text
        let names = traits["protocols"]?.elements ?? traits["protocol"].map { [$0] } ?? []
        protocols = names.compactMap { $0.text.flatMap(WireProtocolKind.init) }
        restProtocol = protocols.first { $0 == .restJSON || $0 == .restXML }
        jsonVersion = traits["jsonVersion"]?.text ?? "1.1"
        xmlNamespace = traits["xmlNamespace"]?.text
        isQueryCompatible = traits["awsQueryCompatible"] != nil
        errorNamespace = traits["errorNamespace"]?.text
        validation = traits["validation"]?.text.flatMap(ValidationStyle.init) ?? .coral
        let isQuery = protocols.contains(.query)
        validationCode = traits["validationCode"]?.text ?? (isQuery ? "ValidationError" : "ValidationException")
        hidesInvalidValues = traits["hidesInvalidValues"]?.flag ?? false
    }
}
