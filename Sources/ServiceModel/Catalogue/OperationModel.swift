/// One operation of a service.
public final class OperationModel: Sendable {
    public let name: String
    /// The key of the service's model, such as `lambda`.
    public let service: String
    public let method: String
    /// The template of path and query, such as `/2015-03-31/functions/{FunctionName}?x=y`.
    public let uri: String
    /// The status of a good answer.
    public let status: Int
    /// The input as a member: its shape, with the name and namespace of its XML document.
    public let input: MemberModel?
    public let output: MemberModel?
    /// The element around a query answer, such as `GetUserResult`.
    public let resultWrapper: String?
    public let errors: [ShapeModel]
    /// What the client puts before the host's name, such as `stream-`.
    public let hostPrefix: String?
    /// Whether AWS takes the operation without a signature.
    public let allowsAnonymous: Bool
    /// Whether a request must carry a checksum of its body.
    public let requiresChecksum: Bool
    /// The type of a raw body of the answer, if it is a fixed one.
    public let responseContentType: String?
    public let isDeprecated: Bool

    package init(
        name: String, service: String, method: String, uri: String, status: Int, input: MemberModel?,
        output: MemberModel?,
        resultWrapper: String?, errors: [ShapeModel], hostPrefix: String?, allowsAnonymous: Bool,
        requiresChecksum: Bool,
        responseContentType: String?, isDeprecated: Bool
    ) {
        self.name = name
        self.service = service
        self.method = method
        self.uri = uri
        self.status = status
        self.input = input
        self.output = output
        self.resultWrapper = resultWrapper
        self.errors = errors
        self.hostPrefix = hostPrefix
        self.allowsAnonymous = allowsAnonymous
        self.requiresChecksum = requiresChecksum
        self.responseContentType = responseContentType
        self.isDeprecated = isDeprecated
    }
}
