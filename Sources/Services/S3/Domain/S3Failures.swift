import ServiceKit
import ServiceModel

/// S3's refusals, in its words. What the model does not know of them (the bucket, the key) is written into the answer's document.
extension AWSError {
    static func s3(_ code: String, _ status: Int, _ message: String, _ fields: [String: String] = [:]) -> AWSError {
        AWSError(code, status: status, message: message, fields: fields.mapValues(WireValue.string))
    }

    func with(_ fields: [String: String]) -> AWSError {
        var error = self
        error.fields.merge(fields.mapValues(WireValue.string)) { $1 }
        return error
    }

    func with(headers: [String: String]) -> AWSError {
        var error = self
        error.headers.merge(headers) { $1 }
        return error
    }

    /// Something else has happened to the same objects meanwhile.
    static var operationAborted: AWSError {
        s3(
            "OperationAborted", 409,
            "A conflicting conditional operation is currently in progress against this resource. Please try again.")
    }

    static func noSuchBucket(_ name: String) -> AWSError {
        S3Error.noSuchBucket("The specified bucket does not exist").with(["BucketName": name])
    }

    static func noSuchKey(_ key: String) -> AWSError {
        S3Error.noSuchKey("The specified key does not exist.").with(["Key": key])
    }

    static func noSuchVersion(_ key: String, _ version: String) -> AWSError {
        s3("NoSuchVersion", 404, "The specified version does not exist.", ["Key": key, "VersionId": version])
    }

    static func noSuchUpload(_ upload: String) -> AWSError {
        S3Error.noSuchUpload(
            "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed."
        ).with(["UploadId": upload])
    }

    static func invalidArgument(_ message: String, name: String, value: String? = nil) -> AWSError {
        var fields = ["ArgumentName": name]
        fields["ArgumentValue"] = value
        return s3("InvalidArgument", 400, message, fields)
    }

    static func invalidRequest(_ message: String) -> AWSError { S3Error.invalidRequest(message) }

    static let malformedXML = s3(
        "MalformedXML", 400, "The XML you provided was not well-formed or did not validate against our published schema"
    )

    static func preconditionFailed(_ condition: String) -> AWSError {
        s3(
            "PreconditionFailed", 412, "At least one of the pre-conditions you specified did not hold",
            ["Condition": condition])
    }

    static func conditionalConflict(_ condition: String, key: String) -> AWSError {
        s3(
            "ConditionalRequestConflict", 409,
            "The conditional request cannot succeed due to a conflicting operation against this resource.",
            ["Condition": condition, "Key": key])
    }

    /// What S3 itself does not implement, by the header that asks for it.
    static func unsupportedHeader(_ header: String, _ more: String? = nil) -> AWSError {
        var fields = ["Header": header]
        fields["additionalMessage"] = more
        return s3(
            "NotImplemented", 501, "A header you provided implies functionality that is not implemented", fields)
    }

    static func methodNotAllowed(_ method: String, resource: String) -> AWSError {
        s3(
            "MethodNotAllowed", 405, "The specified method is not allowed against this resource.",
            ["Method": method, "ResourceType": resource])
    }

    static let s3AccessDenied = s3("AccessDenied", 403, "Access Denied")
}
