public import ServiceKit
public import ServiceModel

/// How one call travels: its protocol, service and operation. Reads the request and writes the answer.
public struct WireProtocol: Sendable {
    public let kind: WireProtocolKind
    public let service: ServiceMetadata
    /// Nil when the request could not be led to one; errors can still be written.
    public let operation: OperationModel?
    /// `1.0` or `1.1`, of JSON.
    let jsonVersion: String

    public init(
        kind: WireProtocolKind, service: ServiceMetadata, operation: OperationModel? = nil, jsonVersion: String? = nil
    ) {
        self.kind = kind
        self.service = service
        self.operation = operation
        self.jsonVersion = jsonVersion ?? service.jsonVersion
    }

    /// The call's input: a structure by the model's member names. Nothing is validated but the types. `labels` are what the router
    /// found in the path.
    /// - Throws: AWS's error for a request that cannot be read, such as `SerializationException` or `MalformedXML`.
    public func parseInput(
        _ request: HTTPRequestParts, labels: [(name: String, value: String)] = []
    ) throws(AWSError) -> WireValue {
        guard let input = operation?.input else { return .structure([:]) }
        do {
            switch kind {
            case .json: return request.body.isEmpty ? .structure([:]) : try JSONReader.read(request.body, input)
            case .rpcV2CBOR: return request.body.isEmpty ? .structure([:]) : try CBORReader.read(request.body, input)
            case .query: return try readQuery(request, input)
            case .restJSON, .restXML: return try readREST(request, input, labels)
            }
        } catch {
            throw failure(error)
        }
    }

    private func readQuery(_ request: HTTPRequestParts, _ input: MemberModel) throws(SerializationFailure) -> WireValue
    {
        guard let items = QueryItems(RequestRouter.form(request)) else {
            throw SerializationFailure("The query string contains a syntax error")
        }
        let value = try QueryReader.read(items, input)
        // Requests to SQS may be sent to the queue's address itself, which then need not name it.
        guard service.validation == .sqs, request.path != "/", case .structure(var members) = value,
            members["QueueUrl"] == nil, input.shape.member("QueueUrl") != nil
        else { return value }
        members["QueueUrl"] = .string(request.path)
        return .structure(members)
    }

    private func readREST(
        _ request: HTTPRequestParts, _ input: MemberModel, _ labels: [(name: String, value: String)]
    ) throws(SerializationFailure) -> WireValue {
        var members = try RESTBinding.read(request, input.shape, labels: labels)
        if let payload = input.shape.payload {
            members[payload.name] = try readPayload(request.body, payload)
        } else if !request.body.isEmpty, input.shape.members.contains(where: { $0.location == .body }) {
            guard case .structure(let body) = try readBody(request.body, input) else { return .structure(members) }
            members.merge(body) { bound, _ in bound }
        }
        return .structure(members)
    }

    private func readPayload(_ body: [UInt8], _ payload: MemberModel) throws(SerializationFailure) -> WireValue? {
        guard !body.isEmpty else { return nil }
        switch payload.shape.kind {
        case .blob: return .blob(body)
        case .string:
            guard let text = String(validating: body, as: UTF8.self) else {
                throw SerializationFailure("The body is no UTF-8")
            }
            return .string(text)
        default: return try readBody(body, payload)
        }
    }

    private func readBody(_ body: [UInt8], _ member: MemberModel) throws(SerializationFailure) -> WireValue {
        guard kind == .restXML else { return try JSONReader.read(body, member) }
        do {
            return try XMLReader.read(try XMLParser.parse(body), member)
        } catch let failure as SerializationFailure {
            throw failure
        } catch {
            throw SerializationFailure()
        }
    }

    private func failure(_ failure: SerializationFailure) -> AWSError {
        switch kind {
        case .json, .rpcV2CBOR, .restJSON: return AWSError("SerializationException", message: failure.message)
        case .query: return AWSError("MalformedInput", message: failure.message)
        case .restXML:
            if let number = failure.number {
                return AWSError(
                    "InvalidArgument", message: "Provided \(number.name) not an integer or within integer range",
                    fields: ["ArgumentName": .string(number.name), "ArgumentValue": .string(number.value)])
            }
            let message = "The XML you provided was not well-formed or did not validate against our published schema"
            return failure.message.isEmpty
                ? AWSError("MalformedXML", message: message) : AWSError("InvalidArgument", message: failure.message)
        }
    }
}
