public import Persistence
public import ServiceKit

/// Amazon Simple Notification Service.
///
/// See <https://docs.aws.amazon.com/sns/latest/api/welcome.html>.
public final class SNSService: SNSAPI {
    let time: any TimeSource

    public init(database: any Database, jobs: JobQueue, deliveries: any EventDelivery, time: any TimeSource) {
        self.time = time
    }

    public func listTopics(_ input: ListTopicsInput, _ call: Call) async throws -> ListTopicsResponse {
        throw AWSError.notImplemented(service: Self.modelName, operation: call.operation)
    }
}
