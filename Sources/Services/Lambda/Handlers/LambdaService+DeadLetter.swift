import ServiceKit

extension LambdaService {
    /// Checks where a function's dead letters are to go.
    /// - Throws: AWS's error for what is no queue or topic; `NotImplemented` for one whose service is not here.
    func requireDeadLetterTarget(_ config: DeadLetterConfig?, _ call: Call) throws {
        guard let arn = config?.targetArn, !arn.isEmpty else { return }
        guard let target = DeliveryTarget(arn: arn), target.kind == .queue || target.kind == .topic else {
            throw LambdaFailures.invalidParameter(
                "The provided target ARN \(arn) is not supported as a dead letter target. "
                    + "Specify an Amazon SQS queue or an Amazon SNS topic.")
        }
        try requireDeliverable(target, "DeadLetterConfig (\(target.serviceName))", call)
    }
}
