public import ServiceKit

extension LambdaService {
    public func createEventSourceMapping(_ input: CreateEventSourceMappingRequest, _ call: Call) async throws
        -> EventSourceMappingConfiguration
    {
        throw AWSError.notImplemented(service: call.service, operation: call.operation)
    }

    public func getEventSourceMapping(_ input: GetEventSourceMappingRequest, _ call: Call) async throws
        -> EventSourceMappingConfiguration
    {
        throw AWSError.notImplemented(service: call.service, operation: call.operation)
    }

    public func updateEventSourceMapping(_ input: UpdateEventSourceMappingRequest, _ call: Call) async throws
        -> EventSourceMappingConfiguration
    {
        throw AWSError.notImplemented(service: call.service, operation: call.operation)
    }

    public func deleteEventSourceMapping(_ input: DeleteEventSourceMappingRequest, _ call: Call) async throws
        -> EventSourceMappingConfiguration
    {
        throw AWSError.notImplemented(service: call.service, operation: call.operation)
    }

    public func listEventSourceMappings(_ input: ListEventSourceMappingsRequest, _ call: Call) async throws
        -> ListEventSourceMappingsResponse
    {
        throw AWSError.notImplemented(service: call.service, operation: call.operation)
    }
}
