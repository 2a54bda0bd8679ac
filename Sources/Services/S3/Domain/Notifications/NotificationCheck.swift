import ServiceKit
import ServiceModel

/// What S3 demands of a configuration of notifications, before any target is asked. See
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketNotificationConfiguration.html>.
enum NotificationCheck {
    /// The configuration as it is kept: rules without an id get one, and filters' names are written as AWS writes them.
    static func checked(_ configuration: WireValue?, region: String) throws -> WireValue {
        guard let configuration else { throw AWSError.malformedXML }
        var members = configuration.structureValue ?? [:]
        for kind in NotificationRules.kinds {
            guard let list = members[kind.list]?.listValue else { continue }
            let checked = try list.map { try rule($0, kind.arn, region) }
            members[kind.list] = checked.isEmpty ? nil : .list(checked)
        }
        let result = WireValue.structure(members)
        let rules = NotificationRules(result).rules
        var ids: Set<String> = []
        for rule in rules where !ids.insert(rule.id).inserted {
            throw AWSError.invalidArgument(
                "Same ID used for multiple configurations. IDs must be unique", name: "Configurations")
        }
        for (index, one) in rules.enumerated() {
            for other in rules[(index + 1)...] where NotificationRules.overlap(one, other) {
                throw AWSError.invalidArgument(
                    "Configurations overlap. Configurations on the same bucket cannot share a common event type.",
                    name: "Configurations")
            }
        }
        return result
    }

    private static func rule(_ value: WireValue, _ member: String, _ region: String) throws -> WireValue {
        var members = value.structureValue ?? [:]
        guard let arn = members[member]?.stringValue, let events = members["Events"]?.listValue, !events.isEmpty else {
            throw AWSError.malformedXML
        }
        let (argument, kind): (String, DeliveryTarget.Kind) =
            switch member {
            case "QueueArn": ("Queue", .queue)
            case "TopicArn": ("Topic", .topic)
            default: ("CloudFunction", .function)
            }
        guard let target = DeliveryTarget(arn: arn), target.kind == kind else {
            throw AWSError.invalidArgument("The ARN could not be parsed", name: argument, value: arn)
        }
        if target.kind != .function, target.name.hasSuffix(".fifo") {
            throw AWSError.invalidArgument(
                kind == .queue ? "FIFO SQS queues are not supported" : "FIFO SNS topics are not supported",
                name: argument, value: arn)
        }
        if target.region != region {
            throw AWSError.invalidArgument(
                "The notification destination service region is not valid for the bucket location constraint",
                name: argument,
                value: arn)
        }
        for event in events.compactMap(\.stringValue) where !NotificationRules.eventNames.contains(event) {
            throw AWSError.invalidArgument(
                "The event '\(event)' is not supported for notifications", name: "Event", value: event)
        }
        if members["Id"]?.stringValue?.isEmpty ?? true { members["Id"] = .string(RandomUUID.make()) }
        if let filter = members["Filter"] { members["Filter"] = try self.filter(filter) }
        return .structure(members)
    }

    private static func filter(_ value: WireValue) throws -> WireValue {
        guard let rules = value["Key"]?["FilterRules"]?.listValue else { return value }
        var seen: Set<String> = []
        let checked = try rules.map { rule -> WireValue in
            guard let name = rule["Name"]?.stringValue, let text = rule["Value"]?.stringValue else {
                throw AWSError.malformedXML
            }
            let lowered = name.lowercased()
            guard ["prefix", "suffix"].contains(lowered) else {
                throw AWSError.invalidArgument(
                    "filter rule name must be either prefix or suffix", name: "FilterRule.Name", value: name)
            }
            guard seen.insert(lowered).inserted else {
                throw AWSError.invalidArgument(
                    "Cannot specify more than one \(lowered) rule in a filter.", name: "FilterRule")
            }
            guard text.utf8.count <= 1024 else {
                throw AWSError.invalidArgument(
                    "filter rule value cannot exceed 1024 characters", name: "FilterRule.Value")
            }
            return .structure(["Name": .string(lowered == "prefix" ? "Prefix" : "Suffix"), "Value": .string(text)])
        }
        return .structure(["Key": .structure(["FilterRules": .list(checked)])])
    }
}
