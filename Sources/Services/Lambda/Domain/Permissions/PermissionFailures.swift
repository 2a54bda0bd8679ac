import ServiceKit
import ServiceModel

extension LambdaFailures {
    static let latestTakesNoPolicy = invalidParameter("We currently do not support adding policies for $LATEST.")

    static let invalidPrincipal = invalidParameter(
        "The provided principal was invalid. Please check the principal and try again.")

    static let urlAuthTypeMisplaced = invalidParameter(
        "FunctionUrlAuthType is only supported for lambda:InvokeFunctionUrl action")

    static let viaURLMisplaced = invalidParameter(
        "InvokedViaFunctionUrl is only supported for lambda:InvokeFunction action")

    /// Of an operation that asks for something itself.
    static let resourceNotFound = notFound("The resource you requested does not exist.")

    static func aliasNotFound(_ arn: String) -> AWSError { notFound("Cannot find alias arn: \(arn)") }

    static func policyNotFound(_ arn: String) -> AWSError { notFound("No policy found for: \(arn)") }

    static let noPolicy = notFound("No policy is associated with the given resource.")

    static func statementExists(_ id: String) -> AWSError {
        conflict(
            "The statement id (\(id)) provided already exists. "
                + "Please provide a new statement id, or remove the existing statement.")
    }

    static func statementNotFound(_ id: String) -> AWSError {
        notFound("Statement \(id) is not found in resource policy.")
    }

    static let policyRevisionMismatch = AWSError(
        "PreconditionFailedException", shape: "PreconditionFailedException", status: 412,
        message: "The Revision Id provided does not match the latest Revision Id. "
            + "Call the GetPolicy API to retrieve the latest Revision Id", fields: ["Type": "User"])
}
