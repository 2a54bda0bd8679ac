public import ServiceKit
import ServiceModel

extension S3Service: BucketPages {
    public func getBucketCors(_ input: GetBucketCorsRequest, _ call: Call) async throws -> GetBucketCorsOutput {
        let bucket = try await open(input.bucket, call, "s3:GetBucketCORS")
        guard let stored = bucket.settings[BucketRecord.Setting.cors], let rules = stored["CORSRules"]?.listValue else {
            throw AWSError.s3(
                "NoSuchCORSConfiguration", 404, "The CORS configuration does not exist", ["BucketName": bucket.name])
        }
        return GetBucketCorsOutput(corsRules: try rules.map { try CORSRule(wire: $0) })
    }

    public func putBucketCors(_ input: PutBucketCorsRequest, _ call: Call) async throws {
        let bucket = try await open(input.bucket, call, "s3:PutBucketCORS")
        guard let configuration = call.input["CORSConfiguration"] else { throw AWSError.malformedXML }
        try CORSRules.check(configuration)
        try await set(BucketRecord.Setting.cors, configuration, of: bucket)
    }

    public func deleteBucketCors(_ input: DeleteBucketCorsRequest, _ call: Call) async throws {
        let bucket = try await open(input.bucket, call, "s3:PutBucketCORS")
        try await set(BucketRecord.Setting.cors, nil, of: bucket)
    }

    public func region(bucket: String) async throws -> String? {
        guard BucketName.isValid(bucket) else { return nil }
        return try await catalog.bucket(bucket)?.region
    }

    public func corsRules(bucket: String) async throws -> [CrossOriginRule]? {
        guard BucketName.isValid(bucket) else { return nil }
        return try await catalog.bucket(bucket)?.settings[BucketRecord.Setting.cors].map(CORSRules.rules)
    }
}
