public import ServiceKit
public import ServiceModel

/// Checks an input against the model's constraints, and complains in AWS's own words.
public enum Validator {
    /// How many violations a message names. AWS's own lists are not unbounded either.
    static let maximumViolations = 10

    /// - Throws: the service's error for invalid input, such as `ValidationException`, with all violations in the order of the members.
    public static func validate(_ input: WireValue, _ operation: OperationModel, _ service: ServiceMetadata)
        throws(AWSError)
    {
        guard let shape = operation.input?.shape, shape.hasConstraints, service.validation != .none else { return }
        guard service.validation == .coral else { return try requireMembers(input, shape, service) }
        var check = ConstraintCheck(hidesValues: service.hidesInvalidValues)
        check.structure(input, shape)
        guard !check.violations.isEmpty else { return }
        let count = check.violations.count
        let head = "\(count) validation error\(count == 1 ? "" : "s") detected: "
        throw error(head + check.violations.joined(separator: "; "), service)
    }

    private static func error(_ message: String, _ service: ServiceMetadata) -> AWSError {
        let isModelled = ServiceModels.shared.model(named: service.name)?.shape(service.validationCode)?.error != nil
        return AWSError(
            service.validationCode, shape: isModelled ? service.validationCode : nil, status: 400, message: message)
    }

    /// Services that check by themselves: only what is missing at the top, in the service's words.
    private static func requireMembers(_ input: WireValue, _ shape: ShapeModel, _ service: ServiceMetadata)
        throws(AWSError)
    {
        guard let missing = shape.members.first(where: { $0.isRequired && input[$0.name] == nil }) else { return }
        switch service.validation {
        case .sqs:
            throw AWSError(
                "MissingParameter", shape: "MissingRequiredParameterException",
                message: "The request must contain the parameter \(missing.name).")
        case .sns:
            if missing.shape.kind == .map || missing.shape.kind == .list {
                throw AWSError(
                    "ValidationError",
                    message:
                        "1 validation error detected: Value null at '\(lowered(missing.name))' failed to satisfy constraint: Member must not be null"
                )
            }
            throw AWSError(
                "InvalidParameter",
                message: "Invalid parameter: \(missing.name) Reason: no value for required parameter")
        case .coral, .none: return
        }
    }

    /// A member's name as AWS's messages write it: FunctionName → functionName, KMSKeyArn → kMSKeyArn.
    static func lowered(_ name: String) -> String { name.prefix(1).lowercased() + name.dropFirst() }
}
