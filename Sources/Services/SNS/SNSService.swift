import Logging
public import Persistence
public import ServiceKit

/// Amazon Simple Notification Service.
///
/// See <https://docs.aws.amazon.com/sns/latest/api/welcome.html>. A message is accepted in one transaction with the job that delivers it;
/// jobs deliver, try again as AWS does, and give up to dead-letter queues.
public final class SNSService: SNSAPI {
    /// What the service knows of the place where it runs.
    public struct Configuration: Sendable {
        /// Where callers in process would reach this server: URLs in their messages' envelopes begin with it.
        public var origin: String
        /// Whom mail is from; nil: mail is only kept.
        public var mailSender: String?
        /// Whether web servers of this machine and of private networks are reached for subscriptions that functions made.
        public var allowsPrivateEndpoints: Bool

        public init(
            origin: String = "http://localhost:4566", mailSender: String? = nil, allowsPrivateEndpoints: Bool = false
        ) {
            self.origin = origin
            self.mailSender = mailSender
            self.allowsPrivateEndpoints = allowsPrivateEndpoints
        }
    }

    let configuration: Configuration
    let database: any Database
    let jobs: JobQueue
    let deliveries: any EventDelivery
    let time: any TimeSource
    let topics: TopicStore
    let subscriptions: SubscriptionStore
    let snapshots: TopicSnapshots
    let signer: EnvelopeSigner
    let captures: CaptureStore
    let mobile: MobileStore
    let messaging: MessagingStore
    let sender: MessageSender
    private let status: DeliveryStatusLog
    let logger = Logger(label: "martlet.sns")

    /// - Parameters:
    ///   - configuration: what the service knows of the place where it runs.
    ///   - database: already migrated with ``SNSMigrations``.
    ///   - jobs: what deliveries are done by.
    ///   - deliveries: takes messages to queues and functions.
    ///   - http: takes messages to web servers.
    ///   - mail: sends mail; nil: mail is only kept, as `GET /_martlet/mail` shows it.
    ///   - logs: where the status of deliveries is logged.
    ///   - secrets: keeps the keys that envelopes are signed with.
    ///   - time: what goes by the platform's clock.
    public init(
        configuration: Configuration = Configuration(), database: any Database, jobs: JobQueue,
        deliveries: any EventDelivery, http: any HTTPSender, mail: (any MailSender)? = nil, logs: any LogSink,
        secrets: SecretBox, time: any TimeSource
    ) {
        self.configuration = configuration
        self.database = database
        self.jobs = jobs
        self.deliveries = deliveries
        self.time = time
        topics = TopicStore(database: database)
        subscriptions = SubscriptionStore(database: database)
        snapshots = TopicSnapshots(database: database)
        signer = EnvelopeSigner(database: database, secrets: secrets)
        captures = CaptureStore(database: database, time: time)
        mobile = MobileStore(database: database)
        messaging = MessagingStore(database: database)
        sender = MessageSender(
            deliveries: deliveries, http: http, mail: mail, mailSender: configuration.mailSender, signer: signer,
            captures: captures, mobile: mobile, messaging: messaging,
            allowsPrivateEndpoints: configuration.allowsPrivateEndpoints, time: time)
        status = DeliveryStatusLog(logs: logs, time: time)
        let desk = DeliveryDesk(
            sender: sender, snapshots: snapshots, subscriptions: subscriptions, database: database, status: status,
            time: time)
        jobs.register(FanOutWorker(desk: desk), for: FanOutJob.kind)
        jobs.register(DeliveryWorker(desk: desk, isOrdered: false), for: DeliveryJob.kind)
        jobs.register(DeliveryWorker(desk: desk, isOrdered: true), for: DeliveryJob.orderedKind)
        jobs.register(
            ConfirmationWorker(sender: sender, subscriptions: subscriptions, time: time), for: ConfirmationJob.kind)
    }

    public func reset() async throws {
        snapshots.forgetAll()
        signer.forget()
        status.forget()
    }

    /// The certificate at a path such as `/SimpleNotificationService-….pem`, in PEM; nil if there is none.
    public func signingCertificate(path: String) async throws -> String? {
        guard path.hasPrefix("/"), path.hasSuffix(".pem") else { return nil }
        return try await signer.certificate(named: String(path.dropFirst().dropLast(4)))
    }

    /// What was sent lately to people rather than programs (`mail`, `sms` or `push`), as JSON: the newest last, 1,000 at most, and where
    /// there are more, `next`.
    /// - Parameters:
    ///   - limit: how many, from 1 to 1,000; nil: 1,000.
    ///   - place: the `next` of an answer; nil: from the newest on.
    public func sent(_ kind: String, limit: Int? = nil, before place: Int64? = nil) async throws -> [UInt8] {
        try await captures.json(
            kind, limit: min(max(limit ?? CaptureStore.pageSize, 1), CaptureStore.pageSize), before: place ?? .max)
    }

    /// A person's number wants no more text messages from an account, as if that was answered with STOP, until `OptInPhoneNumber`.
    /// - Returns: false if the text is no number in E.164 form.
    public func optOut(_ number: String, account: String, region: String) async throws -> Bool {
        guard PhoneNumber.isE164(number) else { return false }
        try await messaging.set("optout", [number: "true"], account: account, region: region)
        return true
    }

    // MARK: What handlers share

    /// Where the caller reached this server.
    func origin(_ call: Call) -> String { call.endpoint.isEmpty ? configuration.origin : call.endpoint }

    /// The topic that a parameter names, if the caller may do this with it.
    func topic(_ text: String?, _ action: String, _ call: Call, parameter: String = "TopicArn") async throws
        -> TopicRecord
    {
        let key = try TopicKey(parsing: text, parameter: parameter, region: call.region)
        guard let topic = try await topics.find(key) else { throw SNSFailures.topicNotFound }
        try authorize(action, topic, call)
        return topic
    }

    func authorize(
        _ action: String, _ topic: TopicRecord, _ call: Call, more: [String: String] = [:],
        policy: PolicyDocument? = nil
    ) throws(AWSError) {
        let action = "SNS:\(action)"
        let keys = topic.attributes["Policy"] == nil ? more : call.policyKeys(now: time.now).merging(more) { $1 }
        guard TopicPolicy.permits(action, by: call.principal, on: topic, more: keys, parsed: policy) else {
            throw SNSFailures.unauthorized(call.principal, action, topic.arn)
        }
    }

    /// Changes a topic that was there a moment ago.
    func change(_ key: TopicKey, _ change: @escaping @Sendable (inout TopicRecord) throws -> Void) async throws {
        let changed = try await topics.update(key, change)
        snapshots.forget(key)
        guard changed != nil else { throw SNSFailures.topicNotFound }
    }

    /// Pages of lists have 100 items; the token is where the next begins.
    static let pageSize = 100

    func position(_ token: String?, scope: String, parts: Int = 1) throws(AWSError) -> [String] {
        guard let token, !token.isEmpty else { return Array(repeating: "", count: parts) }
        guard let found = PageToken(token, scope: scope), found.position.count == parts else {
            throw SNSFailures.invalid("NextToken", reason: "Invalid token")
        }
        return found.position
    }
}
