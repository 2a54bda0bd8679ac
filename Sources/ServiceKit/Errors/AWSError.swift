public import ServiceModel

/// An error as the caller of an AWS API sees it. Generated factories make the modelled ones.
public struct AWSError: Error, Sendable, Hashable {
    public enum Fault: String, Sendable { case client, server }

    /// The error's code, such as `ResourceNotFoundException`: the shape's code in the model, not its query-compatible form.
    public var code: String
    /// The shape's name in the model if it is modelled; its members are written from ``fields``.
    public var shape: String?
    public var status: Int
    public var fault: Fault
    public var message: String
    /// Members of the error's shape beside its message, such as Lambda's `Type`.
    public var fields: [String: WireValue]
    /// Headers of the answer that the model does not know of, such as S3's `x-amz-delete-marker`.
    public var headers: [String: String] = [:]

    public init(
        _ code: String, shape: String? = nil, status: Int = 400, fault: Fault? = nil, message: String,
        fields: [String: WireValue] = [:]
    ) {
        self.code = code
        self.shape = shape
        self.status = status
        self.fault = fault ?? (status >= 500 ? .server : .client)
        self.message = message
        self.fields = fields
    }
}

extension AWSError {
    /// What AWS answers when it is at fault; the reason is in our log, never in the answer.
    public static let internalFailure = AWSError(
        "InternalFailure", status: 500,
        message: "The request processing has failed because of an unknown error, exception or failure.")

    /// The operation is known and not built.
    public static func notImplemented(service: String, operation: String) -> AWSError {
        AWSError(
            "NotImplemented", status: 501,
            message: "The operation \(service):\(operation) is not implemented by Martlet.")
    }

    /// A parameter that is known and not built was given a value other than its default.
    public static func notImplemented(service: String, operation: String, parameter: String) -> AWSError {
        AWSError(
            "NotImplemented", status: 501,
            message: "The parameter \(parameter) of \(service):\(operation) is not implemented by Martlet.")
    }

    /// A constraint of the model is violated; `message` is AWS's own ("1 validation error detected: …").
    public static func validation(_ message: String) -> AWSError {
        AWSError("ValidationException", status: 400, message: message)
    }
}
