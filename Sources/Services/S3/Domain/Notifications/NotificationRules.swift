import ServiceKit
import ServiceModel

/// What a bucket tells of, and whom. See
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventNotifications.html>.
struct NotificationRules: Sendable, Hashable {
    struct Rule: Sendable, Hashable {
        var id: String
        var target: DeliveryTarget
        /// Such as `s3:ObjectCreated:*`.
        var events: [String]
        var prefix: String
        var suffix: String

        func matches(_ event: S3Event.Name, key: String) -> Bool {
            key.hasKeyPrefix(prefix) && key.utf8.reversed().starts(with: suffix.utf8.reversed())
                && events.contains { Self.matches($0, event.full) }
        }

        /// Whether an event's name, or a star in the place of its end, means the event.
        static func matches(_ pattern: String, _ event: String) -> Bool {
            pattern == event || (pattern.hasSuffix(":*") && event.hasPrefix(pattern.dropLast()))
        }
    }

    var rules: [Rule] = []
    /// Whether everything is told to EventBridge.
    var tellsEventBridge = false

    var isEmpty: Bool { rules.isEmpty && !tellsEventBridge }

    /// The lists of a configuration, and the member of each that names the target.
    static let kinds = [
        (list: "TopicConfigurations", arn: "TopicArn"), (list: "QueueConfigurations", arn: "QueueArn"),
        (list: "LambdaFunctionConfigurations", arn: "LambdaFunctionArn"),
    ]

    init(_ configuration: WireValue?) {
        guard let configuration else { return }
        tellsEventBridge = configuration["EventBridgeConfiguration"] != nil
        for kind in Self.kinds {
            for value in configuration[kind.list]?.listValue ?? [] {
                guard let arn = value[kind.arn]?.stringValue, let target = DeliveryTarget(arn: arn) else { continue }
                rules.append(
                    Rule(
                        id: value["Id"]?.stringValue ?? "", target: target,
                        events: value["Events"]?.listValue?.compactMap(\.stringValue) ?? [],
                        prefix: Self.filter(value, "prefix") ?? "", suffix: Self.filter(value, "suffix") ?? ""))
            }
        }
    }

    static func filter(_ value: WireValue, _ name: String) -> String? {
        value["Filter"]?["Key"]?["FilterRules"]?.listValue?.first { $0["Name"]?.stringValue?.lowercased() == name }?[
            "Value"]?
            .stringValue
    }

    /// Whether two rules could be meant by one event of one key, which AWS refuses.
    static func overlap(_ a: Rule, _ b: Rule) -> Bool {
        func begin(_ x: String, _ y: String) -> Bool { x.hasKeyPrefix(y) || y.hasKeyPrefix(x) }
        func end(_ x: String, _ y: String) -> Bool {
            x.utf8.reversed().starts(with: y.utf8.reversed()) || y.utf8.reversed().starts(with: x.utf8.reversed())
        }
        let shared = a.events.contains { one in
            b.events.contains { other in
                one == other || Rule.matches(one, other) || Rule.matches(other, one)
            }
        }
        return shared && begin(a.prefix, b.prefix) && end(a.suffix, b.suffix)
    }

    /// The events that a rule may name.
    static let eventNames: Set<String> = [
        "s3:TestEvent", "s3:ObjectCreated:*", "s3:ObjectCreated:Put", "s3:ObjectCreated:Post", "s3:ObjectCreated:Copy",
        "s3:ObjectCreated:CompleteMultipartUpload", "s3:ObjectRemoved:*", "s3:ObjectRemoved:Delete",
        "s3:ObjectRemoved:DeleteMarkerCreated", "s3:ObjectRestore:*", "s3:ObjectRestore:Post",
        "s3:ObjectRestore:Completed",
        "s3:ObjectRestore:Delete", "s3:ReducedRedundancyLostObject", "s3:Replication:*",
        "s3:Replication:OperationFailedReplication", "s3:Replication:OperationNotTracked",
        "s3:Replication:OperationMissedThreshold", "s3:Replication:OperationReplicatedAfterThreshold",
        "s3:LifecycleExpiration:*", "s3:LifecycleExpiration:Delete", "s3:LifecycleExpiration:DeleteMarkerCreated",
        "s3:LifecycleTransition", "s3:IntelligentTiering", "s3:ObjectTagging:*", "s3:ObjectTagging:Put",
        "s3:ObjectTagging:Delete", "s3:ObjectAcl:Put",
    ]
}
