public import Persistence
public import ServiceKit

/// Amazon Simple Queue Service.
///
/// See <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/Welcome.html>.
public final class SQSService: SQSAPI {
    let time: any TimeSource

    public init(database: any Database, jobs: JobQueue, time: any TimeSource) {
        self.time = time
    }

    public func listQueues(_ input: ListQueuesRequest, _ call: Call) async throws -> ListQueuesResult {
        throw AWSError.notImplemented(service: Self.modelName, operation: call.operation)
    }
}
