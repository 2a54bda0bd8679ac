import ServiceKit
import ServiceModel

/// What a delivery policy says of HTTP(S) deliveries, in the form that both topics and subscriptions have. Absent members are nil.
/// https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html#creating-delivery-policy
struct HTTPDeliveryPolicy: Sendable, Hashable {
    /// The members that were given, in AWS's order.
    var retry: [String: Int]?
    var backoff: RetrySchedule.Growth?
    var maxReceivesPerSecond: Int?
    var contentType: String?

    static let retryMembers = [
        "minDelayTarget", "maxDelayTarget", "numRetries", "numMaxDelayRetries", "numNoDelayRetries",
        "numMinDelayRetries",
    ]
    static let defaults = [
        "minDelayTarget": 20, "maxDelayTarget": 20, "numRetries": 3, "numMaxDelayRetries": 0, "numNoDelayRetries": 0,
        "numMinDelayRetries": 0,
    ]
    static let defaultContentType = "text/plain; charset=UTF-8"

    /// The policy with another's values where this has none.
    func completed(by other: HTTPDeliveryPolicy) -> HTTPDeliveryPolicy {
        HTTPDeliveryPolicy(
            retry: retry ?? other.retry, backoff: retry == nil ? other.backoff : backoff,
            maxReceivesPerSecond: maxReceivesPerSecond ?? other.maxReceivesPerSecond,
            contentType: contentType ?? other.contentType)
    }

    var schedule: RetrySchedule {
        func value(_ name: String) -> Int { retry?[name] ?? Self.defaults[name] ?? 0 }
        let (immediate, least, greatest) = (
            value("numNoDelayRetries"), value("numMinDelayRetries"), value("numMaxDelayRetries")
        )
        return RetrySchedule(
            immediate: immediate, least: least, growing: max(0, value("numRetries") - immediate - least - greatest),
            greatest: greatest, minimum: value("minDelayTarget"), maximum: value("maxDelayTarget"),
            growth: backoff ?? .linear)
    }

    // MARK: As JSON

    /// The retry policy with all that is not said, as effective policies show it.
    var effectiveRetry: JSONValue {
        .object(
            Self.retryMembers.map { name in
                JSONValue.Member(name: name, value: .integer(Int64(retry?[name] ?? Self.defaults[name] ?? 0)))
            } + [JSONValue.Member(name: "backoffFunction", value: .string((backoff ?? .linear).rawValue))])
    }

    /// The retry policy as it was given; nil if none was.
    var givenRetry: JSONValue? {
        retry.map { retry in
            var members = Self.retryMembers.compactMap { name in
                retry[name].map { JSONValue.Member(name: name, value: .integer(Int64($0))) }
            }
            if let backoff {
                members.append(JSONValue.Member(name: "backoffFunction", value: .string(backoff.rawValue)))
            }
            return .object(members)
        }
    }

    var throttle: JSONValue? { maxReceivesPerSecond.map { .object(("maxReceivesPerSecond", .integer(Int64($0)))) } }
    var request: JSONValue? { contentType.map { .object(("headerContentType", .string($0))) } }

    // MARK: Reading

    private static let contentTypes: Set<String> = [
        "text/css", "text/csv", "text/html", "text/plain", "text/xml", "application/atom+xml", "application/json",
        "application/octet-stream", "application/soap+xml", "application/x-www-form-urlencoded", "application/xml",
    ]

    /// Reads a policy, whose parts have other names in topics and in subscriptions. `refuse` makes a refusal of a reason.
    init(
        _ node: JSONValue, retry retryName: String, throttle throttleName: String, request requestName: String,
        refuse: (String) -> AWSError
    ) throws(AWSError) {
        if let policy = node[retryName] { try readRetry(policy, retryName, refuse) }
        if let throttle = node[throttleName]?["maxReceivesPerSecond"] {
            guard let rate = throttle.integer, rate >= 1 else {
                throw refuse("\(throttleName).maxReceivesPerSecond must be greater than or equal to 1")
            }
            maxReceivesPerSecond = rate
        }
        if let type = node[requestName]?["headerContentType"] {
            let base = type.text?.split(separator: ";").first.map { $0.lowercased() } ?? ""
            guard let text = type.text, Self.contentTypes.contains(base), !text.utf8.contains(where: { $0 < 0x20 })
            else {
                throw refuse("\(requestName).headerContentType: Unsupported content type")
            }
            contentType = text
        }
    }

    init(
        retry: [String: Int]? = nil, backoff: RetrySchedule.Growth? = nil, maxReceivesPerSecond: Int? = nil,
        contentType: String? = nil
    ) {
        self.retry = retry
        self.backoff = backoff
        self.maxReceivesPerSecond = maxReceivesPerSecond
        self.contentType = contentType
    }

    private mutating func readRetry(_ policy: JSONValue, _ name: String, _ refuse: (String) -> AWSError)
        throws(AWSError)
    {
        guard policy.members != nil else { throw refuse("\(name) must be an object") }
        var values: [String: Int] = [:]
        for member in Self.retryMembers {
            guard let node = policy[member] else { continue }
            guard let value = node.integer else { throw refuse("\(name).\(member) must be an integer") }
            values[member] = value
        }
        if let growth = policy["backoffFunction"] {
            guard let known = growth.text.flatMap(RetrySchedule.Growth.init) else {
                throw refuse("\(name).backoffFunction must be one of [arithmetic, exponential, geometric, linear]")
            }
            backoff = known
        }
        func value(_ member: String) -> Int { values[member] ?? Self.defaults[member] ?? 0 }
        let (low, high, count) = (value("minDelayTarget"), value("maxDelayTarget"), value("numRetries"))
        guard low >= 1 else { throw refuse("\(name).minDelayTarget must be greater than or equal to 1") }
        guard high <= 3600 else { throw refuse("\(name).maxDelayTarget must be less than or equal to 3600") }
        guard low <= high else {
            throw refuse("\(name).maxDelayTarget must be greater than or equal to minDelayTarget")
        }
        guard (0...100).contains(count) else {
            throw refuse("\(name).numRetries must be between 0 and 100")
        }
        let phases = ["numNoDelayRetries", "numMinDelayRetries", "numMaxDelayRetries"]
        for phase in phases where value(phase) < 0 {
            throw refuse("\(name).\(phase) must be greater than or equal to 0")
        }
        guard phases.allSatisfy({ value($0) <= 100 }), phases.reduce(0, { $0 + value($1) }) <= count else {
            throw refuse(
                "\(name).numRetries must be greater than or equal to total of numMinDelayRetries, numNoDelayRetries and numMaxDelayRetries"
            )
        }
        retry = values
        let schedule = schedule
        let total = (0..<count).reduce(Duration.zero) { $0 + (schedule.delay(before: $1) ?? .zero) }
        guard total <= .seconds(3600) else {
            throw refuse("\(name): total retry time must be less than or equal to 3600 seconds")
        }
    }
}

/// A topic's delivery policy: `{"http": {"defaultHealthyRetryPolicy": …, "disableSubscriptionOverrides": …}}`.
struct TopicDeliveryPolicy: Sendable, Hashable {
    var http = HTTPDeliveryPolicy()
    var disablesOverrides = false

    init(stored text: String?) {
        guard let text, let node = JSONValue(parsing: text)?["http"] else { return }
        self = (try? Self(node) { SNSFailures.invalid($0) }) ?? self
    }

    private init(_ node: JSONValue, refuse: (String) -> AWSError) throws(AWSError) {
        http = try HTTPDeliveryPolicy(
            node, retry: "defaultHealthyRetryPolicy", throttle: "defaultThrottlePolicy",
            request: "defaultRequestPolicy",
            refuse: refuse)
        disablesOverrides = node["disableSubscriptionOverrides"]?.flag ?? false
    }

    /// The policy's text in the form in which it is kept and shown; nil: it says nothing.
    static func checked(_ text: String, prefix: String) throws(AWSError) -> String? {
        func refuse(_ reason: String) -> AWSError { SNSFailures.invalid("\(prefix)DeliveryPolicy: \(reason)") }
        try JSONSyntax.check(text, "\(prefix)DeliveryPolicy")
        guard let node = JSONValue(parsing: text), let members = node.members else { throw refuse("must be an object") }
        if let unknown = members.first(where: { $0.name != "http" }) {
            throw refuse("Unexpected JSON member: \(unknown.name)")
        }
        guard let http = node["http"] else { return nil }
        guard http.members != nil else { throw refuse("http must be an object") }
        let policy = try TopicDeliveryPolicy(http) { refuse("http.\($0)") }
        return policy.given.compact
    }

    private var given: JSONValue {
        var members: [JSONValue.Member] = []
        if let retry = http.givenRetry { members.append(.init(name: "defaultHealthyRetryPolicy", value: retry)) }
        members.append(.init(name: "disableSubscriptionOverrides", value: .boolean(disablesOverrides)))
        if let throttle = http.throttle { members.append(.init(name: "defaultThrottlePolicy", value: throttle)) }
        if let request = http.request { members.append(.init(name: "defaultRequestPolicy", value: request)) }
        return .object(("http", .object(members)))
    }

    var effective: JSONValue {
        var members: [JSONValue.Member] = [
            .init(name: "defaultHealthyRetryPolicy", value: http.effectiveRetry),
            .init(name: "disableSubscriptionOverrides", value: .boolean(disablesOverrides)),
        ]
        if let throttle = http.throttle { members.append(.init(name: "defaultThrottlePolicy", value: throttle)) }
        members.append(
            .init(
                name: "defaultRequestPolicy",
                value: .object(
                    ("headerContentType", .string(http.contentType ?? HTTPDeliveryPolicy.defaultContentType)))))
        return .object(("http", .object(members)))
    }
}

/// A subscription's delivery policy: `{"healthyRetryPolicy": …, "throttlePolicy": …, "requestPolicy": …}`.
struct SubscriptionDeliveryPolicy: Sendable, Hashable {
    var http = HTTPDeliveryPolicy()

    init(stored text: String?) {
        guard let text, let node = JSONValue(parsing: text) else { return }
        http = (try? Self.read(node) { SNSFailures.invalid($0) }) ?? http
    }

    private static func read(_ node: JSONValue, refuse: (String) -> AWSError) throws(AWSError) -> HTTPDeliveryPolicy {
        try HTTPDeliveryPolicy(
            node, retry: "healthyRetryPolicy", throttle: "throttlePolicy", request: "requestPolicy", refuse: refuse)
    }

    static func checked(_ text: String, prefix: String) throws(AWSError) -> String {
        func refuse(_ reason: String) -> AWSError { SNSFailures.invalid("\(prefix)DeliveryPolicy: \(reason)") }
        try JSONSyntax.check(text, "\(prefix)DeliveryPolicy")
        guard let node = JSONValue(parsing: text), let members = node.members else { throw refuse("must be an object") }
        let known: Set = ["healthyRetryPolicy", "sicklyRetryPolicy", "throttlePolicy", "requestPolicy", "guaranteed"]
        if let unknown = members.first(where: { !known.contains($0.name) }) {
            throw refuse("Unexpected JSON member: \(unknown.name)")
        }
        let policy = try read(node, refuse: refuse)
        return shown(policy, retry: policy.givenRetry).compact
    }

    /// What counts, with what the topic says.
    static func effective(_ text: String?, topic: TopicDeliveryPolicy) -> HTTPDeliveryPolicy {
        topic.disablesOverrides ? topic.http : SubscriptionDeliveryPolicy(stored: text).http.completed(by: topic.http)
    }

    static func shownEffective(_ text: String?, topic: TopicDeliveryPolicy) -> String {
        var policy = effective(text, topic: topic)
        policy.contentType = policy.contentType ?? HTTPDeliveryPolicy.defaultContentType
        return shown(policy, retry: policy.effectiveRetry).compact
    }

    private static func shown(_ policy: HTTPDeliveryPolicy, retry: JSONValue?) -> JSONValue {
        .object(
            ("healthyRetryPolicy", retry ?? .null), ("sicklyRetryPolicy", .null),
            ("throttlePolicy", policy.throttle ?? .null), ("requestPolicy", policy.request ?? .null),
            ("guaranteed", false))
    }
}
