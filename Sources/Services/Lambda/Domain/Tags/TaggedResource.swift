import ServiceKit

/// What can have tags.
enum TaggedResource: Sendable, Hashable {
    case function(FunctionKey)
    case codeSigning(CodeSigningKey)
    case mapping(MappingKey)

    /// Resolves a taggable resource's ARN, whose form the model's pattern has checked.
    /// - Throws: AWS's errors for versions and aliases, for resources of other accounts and regions, and for kinds of which
    ///   there is nothing here.
    init(_ arn: String, in call: Call) throws {
        guard let parsed = ARN(arn), let (type, name) = parsed.typed, type != "function" else {
            let target = try FunctionTarget(arn, in: call)
            guard target.qualifier == nil else {
                throw LambdaFailures.invalidParameter(
                    "Tags on function aliases and versions are not supported. Please specify a function ARN.")
            }
            self = .function(target.key)
            return
        }
        if parsed.account != call.account {
            throw LambdaFailures.notAllowed(call.principal, call.operation, on: arn)
        }
        let isHere = parsed.region == call.region
        switch type {
        case "code-signing-config" where isHere:
            self = .codeSigning(CodeSigningKey(account: parsed.account, region: parsed.region, id: name))
        case "event-source-mapping" where isHere:
            self = .mapping(MappingKey(account: parsed.account, region: parsed.region, uuid: name))
        default: throw Self.notFound(type, arn)
        }
    }

    /// AWS's error for a resource that does not exist.
    var notFound: AWSError {
        switch self {
        case .function(let key): LambdaFailures.functionNotFound(key.arn)
        case .codeSigning(let key): Self.notFound("code-signing-config", key.arn)
        case .mapping(let key): Self.notFound("event-source-mapping", key.arn)
        }
    }

    private static func notFound(_ type: String, _ arn: String) -> AWSError {
        let names = [
            "event-source-mapping": "Event source mapping", "capacity-provider": "Capacity provider",
            "code-signing-config": "Code signing configuration", "layer": "Layer",
        ]
        return LambdaFailures.notFound("\(names[type] ?? "Resource") not found: \(arn)")
    }
}
