/// The one way in: authorises a call and hands it to its service.
public struct Dispatcher: Sendable {
    private let services: [String: any AWSService]
    private let authorizer: any Authorizer

    public init(services: [any AWSService], authorizer: any Authorizer) {
        self.services = Dictionary(services.map { (type(of: $0).modelName, $0) }, uniquingKeysWith: { $1 })
        self.authorizer = authorizer
    }

    /// The services that are there, by their models' names.
    public var names: [String] { services.keys.sorted() }

    /// Whether `operation` is implemented.
    public func implements(_ service: String, _ operation: String) -> Bool {
        services[service].map { type(of: $0).implementedOperations.contains(operation) } ?? false
    }

    /// Only the authorisation, which the front door asks before it parses a body.
    public func authorize(_ principal: Principal, service: String, operation: String, account: String) async throws {
        try await authorizer.authorize(principal, service: service, operation: operation, account: account)
    }

    /// Runs an authorised call. In-process callers use ``dispatch(_:)``.
    public func perform(_ call: Call) async throws -> Reply {
        guard let service = services[call.service], type(of: service).implementedOperations.contains(call.operation)
        else {
            throw AWSError.notImplemented(service: call.service, operation: call.operation)
        }
        return try await service.handle(call)
    }

    /// Authorises and runs a call made in process.
    public func dispatch(_ call: Call) async throws -> Reply {
        try await authorize(call.principal, service: call.service, operation: call.operation, account: call.account)
        return try await perform(call)
    }
}
