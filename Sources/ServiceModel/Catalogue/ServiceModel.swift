/// The model of one AWS service. Immutable.
public final class ServiceModel: Sendable {
    public let metadata: ServiceMetadata
    public let operations: [String: OperationModel]
    /// The REST operations by method and path.
    package let routes: RESTRoutes
    private let shapes: [String: ShapeModel]

    public var name: String { metadata.name }

    init(metadata: ServiceMetadata, operations: [String: OperationModel], shapes: [String: ShapeModel]) {
        self.metadata = metadata
        self.operations = operations
        self.shapes = shapes
        let isREST = metadata.protocols.contains(.restJSON) || metadata.protocols.contains(.restXML)
        routes = RESTRoutes(
            isREST ? operations.values.sorted { $0.name < $1.name } : [], isS3: metadata.protocols.contains(.restXML))
    }

    public func operation(_ name: String) -> OperationModel? { operations[name] }

    package var allShapes: some Collection<ShapeModel> { shapes.values }

    /// A shape by its name in the model.
    public func shape(_ name: String) -> ShapeModel? { shapes[name] }
}
