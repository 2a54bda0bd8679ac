import ServiceKit
import ServiceModel

/// What may be set of a subscription. https://docs.aws.amazon.com/sns/latest/api/API_SetSubscriptionAttributes.html
enum SubscriptionAttributes {
    static let settable: Set<String> = [
        "DeliveryPolicy", "FilterPolicy", "FilterPolicyScope", "RawMessageDelivery", "RedrivePolicy",
        "SubscriptionRoleArn", "ReplayPolicy",
    ]

    /// The attributes of a new subscription.
    static func created(_ given: [String: String], for subscription: SubscriptionRecord, operation: String)
        throws(AWSError)
        -> [String: String]
    {
        let prefix = "Attributes Reason: "
        var subscription = subscription
        for name in given.keys.sorted() where !settable.contains(name) {
            throw SNSFailures.invalid("Attributes", reason: "Unknown attribute \(name)")
        }
        // The scope says how the policy is read.
        for name in ["FilterPolicyScope"] + given.keys.sorted().filter({ $0 != "FilterPolicyScope" }) {
            guard let value = given[name] else { continue }
            try set(name, value, on: &subscription, operation: operation, prefix: prefix)
        }
        return subscription.attributes
    }

    /// Sets an attribute; nil or empty: back to the default.
    static func set(
        _ name: String, _ value: String?, on subscription: inout SubscriptionRecord, operation: String,
        prefix: String = ""
    ) throws(AWSError) {
        guard settable.contains(name) else { throw SNSFailures.invalid("AttributeName") }
        let value = value ?? ""
        switch name {
        case "RawMessageDelivery":
            guard value.lowercased() == "true" || value.lowercased() == "false" else {
                throw SNSFailures.invalid(
                    "\(prefix)RawMessageDelivery: Invalid value [\(value)]. Must be true or false.")
            }
            let isRaw = value.lowercased() == "true"
            guard !isRaw || subscription.transport.takesRawMessages else {
                throw SNSFailures.invalid(
                    "\(prefix)Delivery protocol [\(subscription.transport.rawValue)] does not support raw message delivery."
                )
            }
            subscription.attributes[name] = isRaw ? "true" : "false"
        case "FilterPolicyScope":
            guard value == "MessageBody" || value == "MessageAttributes" else {
                throw SNSFailures.invalid(
                    "\(prefix)FilterPolicyScope: Invalid value [\(value)]. Please use either MessageBody or MessageAttributes"
                )
            }
            if let policy = subscription.attributes["FilterPolicy"] {
                try FilterPolicy.check(policy, isBody: value == "MessageBody", prefix: prefix)
            }
            subscription.attributes[name] = value
        case "FilterPolicy":
            guard !value.isEmpty else {
                subscription.attributes[name] = nil
                return
            }
            try FilterPolicy.check(value, isBody: subscription.filtersBody, prefix: prefix)
            subscription.attributes[name] = JSONValue(parsing: value)?.members?.isEmpty == true ? nil : value
        case "RedrivePolicy": subscription.attributes[name] = try redrive(value, subscription, prefix: prefix)
        case "DeliveryPolicy":
            guard subscription.transport.isHTTP || value.isEmpty else {
                throw SNSFailures.invalid(
                    "\(prefix)Delivery protocol [\(subscription.transport.rawValue)] does not support delivery policy.")
            }
            subscription.attributes[name] =
                value.isEmpty ? nil : try SubscriptionDeliveryPolicy.checked(value, prefix: prefix)
        case "SubscriptionRoleArn":
            guard let arn = ARN(value), arn.service == "iam", arn.typed?.type == "role" else {
                throw SNSFailures.invalid("\(prefix)SubscriptionRoleArn: Invalid value [\(value)]. Must be a role ARN.")
            }
            subscription.attributes[name] = value
        default:
            guard value.isEmpty else {
                throw AWSError.notImplemented(service: "sns", operation: operation, parameter: name)
            }
        }
    }

    /// `{"deadLetterTargetArn": …}`, a queue of the topic's region; nil: none.
    private static func redrive(_ text: String, _ subscription: SubscriptionRecord, prefix: String) throws(AWSError)
        -> String?
    {
        guard !text.isEmpty else { return nil }
        try JSONSyntax.check(text, "\(prefix)RedrivePolicy")
        guard let policy = JSONValue(parsing: text), let members = policy.members else {
            throw SNSFailures.invalid("\(prefix)RedrivePolicy: must be an object")
        }
        guard !members.isEmpty else { return nil }
        guard let target = policy["deadLetterTargetArn"]?.text, let arn = ARN(target), arn.service == "sqs",
            AccountID.isValid(arn.account), arn.region == subscription.key.topic.region
        else { throw SNSFailures.invalid("\(prefix)RedrivePolicy: deadLetterTargetArn is an invalid arn") }
        if subscription.key.topic.isFIFO, subscription.endpoint.hasSuffix(".fifo"), !arn.resource.hasSuffix(".fifo") {
            throw SNSFailures.invalid(
                "\(prefix)RedrivePolicy: must use a FIFO queue as DLQ for a FIFO Subscription to a FIFO Topic.")
        }
        return text
    }
}
