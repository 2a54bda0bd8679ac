/// A name for a version, which may send a part of its invocations to a second one.
struct AliasRecord: Sendable, Hashable {
    var key: FunctionKey
    var name: String
    /// The version that it points to.
    var version: String
    var description: String
    var routing: AliasRouting?
    var revisionID: String

    var arn: String { key.arn(name) }

    /// Whether the alias needs `version` to exist.
    func refers(to version: String) -> Bool { self.version == version || routing?.version == version }

    /// The version that an invocation goes to; `random` is evenly distributed in 0 ..< 1.
    func target(random: Double) -> String {
        guard let routing, random < routing.weight else { return version }
        return routing.version
    }
}

/// The second version of a weighted alias.
struct AliasRouting: Sendable, Hashable {
    var version: String
    /// The part of the invocations that goes to ``version``, 0 … 1.
    var weight: Double

    /// Reads `AdditionalVersionWeights` for an alias that points to `primary`.
    /// - Returns: nil for an empty map: no routing.
    /// - Throws: AWS's errors.
    static func parse(_ weights: [String: Double], primary: String) throws -> AliasRouting? {
        guard weights.count <= 1 else {
            throw LambdaFailures.invalidParameter(
                "Number of items in AdditionalVersionWeights cannot be greater than 1")
        }
        guard let (version, weight) = weights.first else { return nil }
        guard FunctionReference.isVersionNumber(version), version.utf8.count <= 1024 else {
            throw LambdaFailures.constraint(
                value: "{\(version)=\(weight)}", member: "routingConfig.additionalVersionWeights",
                "Map keys must satisfy constraint: [Member must have length less than or equal to 1024, "
                    + "Member must have length greater than or equal to 1, "
                    + "Member must satisfy regular expression pattern: [0-9]+]")
        }
        guard weight >= 0, weight <= 1 else {
            throw LambdaFailures.constraint(
                value: "{\(version)=\(weight)}", member: "routingConfig.additionalVersionWeights",
                "Map value must satisfy constraint: [Member must have value less than or equal to 1.0, "
                    + "Member must have value greater than or equal to 0.0, Member must not be null]")
        }
        if primary == latestVersion {
            throw LambdaFailures.invalidParameter(
                "$LATEST is not supported for an alias pointing to more than 1 version", typed: false)
        }
        if version == primary {
            throw LambdaFailures.invalidParameter(
                "Invalid function version \(version). "
                    + "Function version \(version) is already included in routing configuration.")
        }
        return AliasRouting(version: version, weight: weight)
    }
}
