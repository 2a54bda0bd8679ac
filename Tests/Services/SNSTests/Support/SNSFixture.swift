import Persistence
import ServiceKit
import ServiceModel
import TestSupport
import Testing

@testable import SNS

/// A service over a database of its own, with doubles for what it sends to.
struct SNSFixture: Sendable {
    static let account = "111111111111"
    static let region = "us-east-1"

    let database: any Database
    let jobs: JobQueue
    let time = VirtualTime()
    let targets = TargetDouble()
    let web = WebDouble()
    let logs = LogDouble()
    let mail = MailDouble()
    let service: SNSService

    init(_ database: any Database) {
        self.database = database
        jobs = JobQueue(database: database, time: time)
        service = SNSService(
            configuration: .init(origin: "http://here:4566", mailSender: "sns@example.com"), database: database,
            jobs: jobs, deliveries: targets, http: web, mail: mail, logs: logs,
            secrets: SecretBox(MasterKey(), purpose: "sns/signing"), time: time)
    }

    /// Runs `body` while jobs are done.
    static func with(_ engine: SQLEngine, _ body: (SNSFixture) async throws -> Void) async throws {
        try await TestDatabase.with(engine, JobMigrations.all + SNSMigrations.all) { database in
            let fixture = SNSFixture(database)
            let running = Task { await fixture.jobs.run() }
            do {
                try await body(fixture)
            } catch {
                running.cancel()
                await running.value
                throw error
            }
            running.cancel()
            await running.value
        }
    }

    func call(_ operation: String, principal: Principal = .root(account: SNSFixture.account)) -> Call {
        Call(
            service: "sns", operation: operation, input: .structure([:]), principal: principal,
            account: principal.account ?? Self.account, region: Self.region, requestID: RandomUUID.make(),
            endpoint: "http://localhost:4566")
    }

    func topic(_ name: String = "topic", _ attributes: [String: String] = [:]) async throws -> String {
        var attributes = attributes
        if name.hasSuffix(".fifo") { attributes["FifoTopic"] = "true" }
        let answer = try await service.createTopic(
            CreateTopicInput(name: name, attributes: attributes), call("CreateTopic"))
        return try #require(answer.topicArn)
    }

    static func queue(_ name: String, account: String = SNSFixture.account) -> String {
        "arn:aws:sqs:\(region):\(account):\(name)"
    }

    @discardableResult
    func subscribe(
        _ topic: String, _ transport: String, _ endpoint: String, _ attributes: [String: String] = [:]
    ) async throws -> String {
        let answer = try await service.subscribe(
            SubscribeInput(
                topicArn: topic, protocol: transport, endpoint: endpoint, attributes: attributes,
                returnSubscriptionArn: true), call("Subscribe"))
        return try #require(answer.subscriptionArn)
    }

    /// Subscribes a queue.
    @discardableResult
    func subscribe(_ topic: String, _ queue: String, _ attributes: [String: String] = [:]) async throws -> String {
        try await subscribe(topic, "sqs", queue, attributes)
    }

    /// Confirms the subscription of a web server or mail box.
    func confirm(_ subscription: String) async throws {
        let key = try SubscriptionKey(parsing: subscription, region: Self.region)
        let token = try #require(try await service.subscriptions.find(key)?.token)
        _ = try await service.confirmSubscription(
            ConfirmSubscriptionInput(topicArn: key.topic.arn, token: token), call("ConfirmSubscription"))
    }

    @discardableResult
    func publish(_ topic: String, _ message: String, group: String? = nil, deduplicationID: String? = nil) async throws
        -> PublishResponse
    {
        try await service.publish(
            PublishInput(
                message: message, topicArn: topic, messageDeduplicationId: deduplicationID, messageGroupId: group),
            call("Publish"))
    }
}
