public import ServiceKit
import ServiceModel

extension S3Service {
    public func getBucketVersioning(_ input: GetBucketVersioningRequest, _ call: Call) async throws
        -> GetBucketVersioningOutput
    {
        let bucket = try await open(input.bucket, call, "s3:GetBucketVersioning")
        return GetBucketVersioningOutput(status: bucket.versioning == .never ? nil : bucket.versioning.rawValue)
    }

    public func putBucketVersioning(_ input: PutBucketVersioningRequest, _ call: Call) async throws {
        let bucket = try await open(input.bucket, call, "s3:PutBucketVersioning")
        let configuration = input.versioningConfiguration
        guard let status = configuration.status else {
            throw AWSError.s3(
                "IllegalVersioningConfigurationException", 400,
                "The Versioning element must be specified")
        }
        guard ["Enabled", "Suspended"].contains(status) else { throw AWSError.malformedXML }
        if configuration.mfaDelete == "Enabled" || input.mfa != nil {
            throw AWSError.notImplemented(service: "s3", operation: "PutBucketVersioning", parameter: "MFADelete")
        }
        try await configure(bucket) { current, settings in
            if current.hasObjectLock, status == "Suspended" {
                throw AWSError.s3(
                    "InvalidBucketState", 409,
                    "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed."
                )
            }
            settings[BucketRecord.Setting.versioning] = .string(status)
        }
    }

    public func getBucketAccelerateConfiguration(_ input: GetBucketAccelerateConfigurationRequest, _ call: Call)
        async throws -> GetBucketAccelerateConfigurationOutput
    {
        let bucket = try await open(input.bucket, call, "s3:GetAccelerateConfiguration")
        return GetBucketAccelerateConfigurationOutput(
            status: bucket.settings[BucketRecord.Setting.accelerate]?.stringValue)
    }

    /// Every request is as fast as can be here: that it is to be so is noted, and answered.
    public func putBucketAccelerateConfiguration(_ input: PutBucketAccelerateConfigurationRequest, _ call: Call)
        async throws
    {
        let bucket = try await open(input.bucket, call, "s3:PutAccelerateConfiguration")
        guard let status = input.accelerateConfiguration.status, ["Enabled", "Suspended"].contains(status) else {
            throw AWSError.malformedXML
        }
        if bucket.name.contains(".") {
            throw AWSError.invalidRequest(
                "S3 Transfer Acceleration is not supported for buckets with periods (.) in their names")
        }
        try await set(BucketRecord.Setting.accelerate, .string(status), of: bucket)
    }

    public func getBucketRequestPayment(_ input: GetBucketRequestPaymentRequest, _ call: Call) async throws
        -> GetBucketRequestPaymentOutput
    {
        let bucket = try await open(input.bucket, call, "s3:GetBucketRequestPayment")
        return GetBucketRequestPaymentOutput(
            payer: bucket.settings[BucketRecord.Setting.payment]?.stringValue ?? "BucketOwner")
    }

    public func putBucketRequestPayment(_ input: PutBucketRequestPaymentRequest, _ call: Call) async throws {
        let bucket = try await open(input.bucket, call, "s3:PutBucketRequestPayment")
        let payer = input.requestPaymentConfiguration.payer
        guard ["BucketOwner", "Requester"].contains(payer) else { throw AWSError.malformedXML }
        try await set(BucketRecord.Setting.payment, .string(payer), of: bucket)
    }
}
