public import ServiceKit
import ServiceModel

extension S3Service {
    public func getBucketEncryption(_ input: GetBucketEncryptionRequest, _ call: Call) async throws
        -> GetBucketEncryptionOutput
    {
        let bucket = try await open(input.bucket, call, "s3:GetEncryptionConfiguration")
        // Objects are encrypted whether or not anybody asked for it.
        let stored =
            bucket.settings[BucketRecord.Setting.encryption]
            ?? .structure([
                "Rules": .list([
                    .structure([
                        "ApplyServerSideEncryptionByDefault": .structure(["SSEAlgorithm": "AES256"]),
                        "BucketKeyEnabled": false,
                    ])
                ])
            ])
        return GetBucketEncryptionOutput(
            serverSideEncryptionConfiguration: try ServerSideEncryptionConfiguration(wire: stored))
    }

    public func putBucketEncryption(_ input: PutBucketEncryptionRequest, _ call: Call) async throws {
        let bucket = try await open(input.bucket, call, "s3:PutEncryptionConfiguration")
        guard let rules = call.input["ServerSideEncryptionConfiguration"]?["Rules"]?.listValue, rules.count == 1,
            let byDefault = rules[0]["ApplyServerSideEncryptionByDefault"],
            let algorithm = byDefault["SSEAlgorithm"]?.stringValue
        else { throw AWSError.malformedXML }
        switch algorithm {
        case "AES256": break
        case "aws:kms", "aws:kms:dsse":
            throw AWSError.notImplemented(
                service: "s3", operation: "PutBucketEncryption", parameter: "SSEAlgorithm=\(algorithm)")
        default: throw AWSError.malformedXML
        }
        if byDefault["KMSMasterKeyID"] != nil {
            throw AWSError.invalidArgument(
                "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse",
                name: "ApplyServerSideEncryptionByDefault")
        }
        var rule = rules[0].structureValue ?? [:]
        if rule["BucketKeyEnabled"] == nil { rule["BucketKeyEnabled"] = false }
        try await set(
            BucketRecord.Setting.encryption, .structure(["Rules": .list([.structure(rule)])]), of: bucket)
    }

    public func deleteBucketEncryption(_ input: DeleteBucketEncryptionRequest, _ call: Call) async throws {
        let bucket = try await open(input.bucket, call, "s3:PutEncryptionConfiguration")
        try await set(BucketRecord.Setting.encryption, nil, of: bucket)
    }
}
