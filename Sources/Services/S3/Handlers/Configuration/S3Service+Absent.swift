public import ServiceKit
import ServiceModel

/// Configurations that no bucket has here: what asks for them is told so, what would make them is not implemented.
extension S3Service {
    public func getBucketLogging(_ input: GetBucketLoggingRequest, _ call: Call) async throws
        -> GetBucketLoggingOutput
    {
        _ = try await open(input.bucket, call, "s3:GetBucketLogging")
        return GetBucketLoggingOutput()
    }

    public func getBucketReplication(_ input: GetBucketReplicationRequest, _ call: Call) async throws
        -> GetBucketReplicationOutput
    {
        let bucket = try await open(input.bucket, call, "s3:GetReplicationConfiguration")
        throw AWSError.s3(
            "ReplicationConfigurationNotFoundError", 404, "The replication configuration was not found",
            ["BucketName": bucket.name])
    }

    public func getBucketWebsite(_ input: GetBucketWebsiteRequest, _ call: Call) async throws
        -> GetBucketWebsiteOutput
    {
        let bucket = try await open(input.bucket, call, "s3:GetBucketWebsite")
        throw AWSError.s3(
            "NoSuchWebsiteConfiguration", 404, "The specified bucket does not have a website configuration",
            ["BucketName": bucket.name])
    }
}
