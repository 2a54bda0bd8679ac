import Foundation
import ServiceKit
import ServiceModel

/// How a subscription's endpoint is reached.
enum SubscriptionProtocol: String, Sendable, Hashable, CaseIterable {
    case http, https, email, sms, sqs, application, lambda, firehose
    case emailJSON = "email-json"

    /// Whether somebody has to confirm before anything is sent.
    var wantsConfirmation: Bool {
        switch self {
        case .http, .https, .email, .emailJSON: true
        case .sms, .sqs, .application, .lambda, .firehose: false
        }
    }

    var isHTTP: Bool { self == .http || self == .https }

    /// Whether messages may be sent as they are.
    var takesRawMessages: Bool { self == .http || self == .https || self == .sqs || self == .firehose }

    /// What attributes of delivery status logging begin with.
    var feedbackName: String? {
        switch self {
        case .http, .https: "HTTP"
        case .lambda: "Lambda"
        case .sqs: "SQS"
        case .firehose: "Firehose"
        case .application: "Application"
        case .email, .emailJSON, .sms: nil
        }
    }
}

/// A subscription as it is kept.
struct SubscriptionRecord: Sendable, Hashable {
    var key: SubscriptionKey
    /// The topic's own id: one of the same name, made later, has another.
    var topicID: Int64
    /// The account that it belongs to.
    var owner: String
    var transport: SubscriptionProtocol
    var endpoint: String
    /// Who subscribed.
    var principal: String
    var isConfirmed: Bool
    var wasAuthenticated = false
    /// Whether only the owner may end it.
    var authenticatesUnsubscribe = false
    /// What confirms it, and until when; in time of the platform.
    var token: String?
    var tokenExpires = Timestamp(milliseconds: 0)
    /// What was given, by AWS's names; absent is the default.
    var attributes: [String: String] = [:]
    /// Where the subscriber reached this server.
    var origin: String

    /// Whether an account's root or one of its users subscribed, who run this server or are trusted by those who do. Functions have the
    /// sessions of roles.
    var isOfOperator: Bool { principal.hasPrefix("arn:aws:iam::") }

    /// The endpoint, without a password that a URL may hold.
    var shownEndpoint: String {
        guard transport.isHTTP, let start = endpoint.range(of: "://")?.upperBound else { return endpoint }
        let end = endpoint[start...].firstIndex { "/?#".contains($0) } ?? endpoint.endIndex
        guard let at = endpoint[start..<end].lastIndex(of: "@"), let colon = endpoint[start..<at].firstIndex(of: ":")
        else { return endpoint }
        return endpoint[...colon] + "****" + endpoint[at...]
    }

    var arn: String { key.arn }
    var isRaw: Bool { attributes["RawMessageDelivery"] == "true" }
    var filtersBody: Bool { attributes["FilterPolicyScope"] == "MessageBody" }

    /// Where messages go that cannot be delivered.
    var deadLetterTarget: String? {
        attributes["RedrivePolicy"].flatMap { JSONValue(parsing: $0) }?["deadLetterTargetArn"]?.text
    }

    /// What lists show.
    var shownARN: String { isConfirmed ? arn : "PendingConfirmation" }

    /// What `GetSubscriptionAttributes` shows.
    func shown(topic: TopicRecord?) -> [String: String] {
        var shown = attributes
        if attributes["FilterPolicy"] != nil {
            shown["FilterPolicyScope"] = attributes["FilterPolicyScope"] ?? "MessageAttributes"
        } else {
            shown["FilterPolicyScope"] = nil
        }
        if transport.isHTTP {
            shown["EffectiveDeliveryPolicy"] = SubscriptionDeliveryPolicy.shownEffective(
                attributes["DeliveryPolicy"], topic: topic?.deliveryPolicy ?? TopicDeliveryPolicy(stored: nil))
        }
        shown["SubscriptionArn"] = arn
        shown["TopicArn"] = key.topic.arn
        shown["Owner"] = owner
        shown["Protocol"] = transport.rawValue
        shown["Endpoint"] = shownEndpoint
        shown["PendingConfirmation"] = isConfirmed ? "false" : "true"
        shown["ConfirmationWasAuthenticated"] = wasAuthenticated ? "true" : "false"
        shown["RawMessageDelivery"] = isRaw ? "true" : "false"
        shown["SubscriptionPrincipal"] = principal
        return shown
    }
}
