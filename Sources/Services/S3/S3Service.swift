public import Persistence
public import ServiceKit

/// Amazon Simple Storage Service.
///
/// See <https://docs.aws.amazon.com/AmazonS3/latest/API/Welcome.html>.
public final class S3Service: S3API {
    let time: any TimeSource

    /// The secrets encrypt the keys of objects' data.
    public init(
        database: any Database, folder: String, durability: Durability, jobs: JobQueue, deliveries: any EventDelivery,
        secrets: SecretBox, time: any TimeSource
    ) {
        self.time = time
    }

    public func createBucket(_ input: CreateBucketRequest, _ call: Call) async throws -> CreateBucketOutput {
        throw AWSError.notImplemented(service: Self.modelName, operation: call.operation)
    }
}
