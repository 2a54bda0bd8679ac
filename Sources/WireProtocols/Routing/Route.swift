public import ServiceKit
public import ServiceModel

/// Where a request leads.
public struct Route: Sendable {
    public let wire: WireProtocol
    public let operation: OperationModel
    /// The labels of a REST path, decoded, for ``WireProtocol/parseInput(_:labels:)``.
    public let labels: [(name: String, value: String)]

    public var service: ServiceMetadata { wire.service }
}

/// Why a request leads nowhere.
public struct RoutingFailure: Error, Sendable {
    public let error: AWSError
    /// How to write the error; nil if not even the service is known.
    public let wire: WireProtocol?
}
