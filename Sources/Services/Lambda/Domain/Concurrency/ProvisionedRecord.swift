import ServiceModel

/// The provisioned concurrency of a version or an alias, as it is stored.
struct ProvisionedRecord: Sendable, Hashable {
    var key: FunctionKey
    /// A version's number or an alias's name.
    var qualifier: String
    /// How many environments were asked for.
    var requested: Int
    var lastModified: Timestamp

    var arn: String { key.arn(qualifier) }
}

extension Timestamp {
    /// As provisioned concurrency writes `LastModified`: `2019-12-31T20:28:49+0000`.
    var secondsText: String { rfc3339.prefix(19) + "+0000" }
}
