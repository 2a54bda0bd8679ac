import ServiceKit

/// A package of code as it came: with the request, or from S3.
struct CodePackage: Sendable {
    var bytes: [UInt8]
    /// How many bytes it may have: only what is sent with a request has a limit of its own.
    var limit = LambdaLimits.zippedPackage
    /// The folder of the host that is the code; then there are no bytes.
    var localFolder: String?
}

/// Where a request says that its code is.
struct CodeSource: Sendable {
    var archive: [UInt8]?
    var bucket: String?
    var key: String?
    var version: String?
    /// The bucket's parameter, as the operation names it.
    var parameter: String
    /// What the code is of, as AWS's messages name it: `function` or `layer`.
    var kind = "function"
}

extension LambdaService {
    /// Fetches the code that a request names.
    /// - Throws: AWS's errors for none, for two, and for what S3 refuses.
    func package(_ source: CodeSource, _ call: Call) async throws -> CodePackage {
        let bucket = source.bucket.flatMap { $0.isEmpty ? nil : $0 }
        let key = source.key.flatMap { $0.isEmpty ? nil : $0 }
        if let archive = source.archive {
            guard bucket == nil, key == nil else {
                throw LambdaFailures.invalidParameter(
                    "Please do not provide other FunctionCode parameters when providing a ZipFile.")
            }
            return CodePackage(bytes: archive)
        }
        guard bucket != nil || key != nil else {
            throw LambdaFailures.invalidParameter("Please provide a source for \(source.kind) code.")
        }
        if bucket == LocalCodeRules.bucket, source.kind == "function" { return try await localPackage(source) }
        try UnsupportedParameters(operation: call.operation).refuse(source.parameter, if: !objects.isAvailable)
        guard let bucket, let key else {
            throw LambdaFailures.invalidParameter("Please provide a source for \(source.kind) code.")
        }
        do {
            let bytes = try await objects.object(
                bucket: bucket, key: key, version: source.version, as: call.principal, account: call.account,
                region: call.region)
            return CodePackage(bytes: bytes, limit: Int(LambdaLimits.unzippedPackage))
        } catch let error as AWSError where error.status < 500 {
            throw Self.refusal(error, bucket: bucket, key: key)
        }
    }

    private static func refusal(_ error: AWSError, bucket: String, key: String) -> AWSError {
        let cause = "S3 Error Code: \(error.code). S3 Error Message: \(error.message)"
        guard error.code != "AccessDenied" else {
            return LambdaFailures.accessDenied(
                "Your access has been denied by S3, please make sure your request credentials have permission to "
                    + "GetObject for \(bucket)/\(key). \(cause)")
        }
        return LambdaFailures.invalidParameter("Error occurred while GetObject. \(cause)")
    }
}
