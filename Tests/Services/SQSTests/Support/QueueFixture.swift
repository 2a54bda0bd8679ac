import Persistence
import ServiceKit
import ServiceModel
import Synchronization
import TestSupport

@testable import SQS

/// SQS on a database of its own, with a clock that the test moves.
struct QueueFixture {
    let database: any Database
    let time: VirtualTime
    let service: SQSService

    static let account = "000000000000"
    static let region = "us-east-1"

    static func with(
        _ engine: SQLEngine, isolation: isolated (any Actor)? = #isolation, _ body: (QueueFixture) async throws -> Void
    ) async throws {
        try await TestDatabase.with(engine, JobMigrations.all + SQSMigrations.all) { database in
            let time = VirtualTime()
            try await body(
                QueueFixture(
                    database: database, time: time,
                    service: SQSService(
                        database: database, jobs: JobQueue(database: database, time: time), time: time)))
        }
    }

    /// As after a restart: nothing is in memory.
    func restarted() -> QueueFixture {
        QueueFixture(
            database: database, time: time,
            service: SQSService(database: database, jobs: JobQueue(database: database, time: time), time: time))
    }

    func call(_ operation: String, account: String = account, as principal: Principal? = nil) -> Call {
        Call(
            service: "sqs", operation: operation, input: .structure([:]),
            principal: principal ?? .root(account: account), account: account, region: Self.region,
            requestID: RandomUUID.make(), endpoint: "http://localhost:4566")
    }

    /// - Returns: the queue's address.
    @discardableResult
    func create(_ name: String, _ attributes: [String: String] = [:]) async throws -> String {
        try await service.createQueue(
            CreateQueueRequest(queueName: name, attributes: attributes), call("CreateQueue")
        ).queueUrl ?? ""
    }

    @discardableResult
    func send(_ url: String, _ body: String, group: String? = nil, deduplication: String? = nil, delay: Int? = nil)
        async throws -> SendMessageResult
    {
        try await service.sendMessage(
            SendMessageRequest(
                queueUrl: url, messageBody: body, delaySeconds: delay, messageDeduplicationId: deduplication,
                messageGroupId: group), call("SendMessage"))
    }

    func receive(
        _ url: String, _ maximum: Int = 10, visibility: Int? = nil, wait: Int = 0, attempt: String? = nil
    ) async throws -> [Message] {
        try await service.receiveMessage(
            ReceiveMessageRequest(
                queueUrl: url, attributeNames: ["All"], messageAttributeNames: ["All"], maxNumberOfMessages: maximum,
                visibilityTimeout: visibility, waitTimeSeconds: wait, receiveRequestAttemptId: attempt),
            call("ReceiveMessage")
        ).messages ?? []
    }

    func bodies(_ url: String, _ maximum: Int = 10, visibility: Int? = nil) async throws -> [String] {
        try await receive(url, maximum, visibility: visibility).compactMap(\.body)
    }

    func delete(_ url: String, _ message: Message) async throws {
        try await service.deleteMessage(
            DeleteMessageRequest(queueUrl: url, receiptHandle: message.receiptHandle ?? ""), call("DeleteMessage"))
    }

    func change(_ url: String, _ message: Message, _ timeout: Int) async throws {
        try await service.changeMessageVisibility(
            ChangeMessageVisibilityRequest(
                queueUrl: url, receiptHandle: message.receiptHandle ?? "", visibilityTimeout: timeout),
            call("ChangeMessageVisibility"))
    }

    func attributes(_ url: String, _ names: [String] = ["All"]) async throws -> [String: String] {
        try await service.getQueueAttributes(
            GetQueueAttributesRequest(queueUrl: url, attributeNames: names), call("GetQueueAttributes")
        ).attributes ?? [:]
    }

    /// Visible, in flight, delayed.
    func counts(_ url: String) async throws -> [Int] {
        let all = try await attributes(url)
        return ["", "NotVisible", "Delayed"].map { Int(all["ApproximateNumberOfMessages" + $0] ?? "") ?? -1 }
    }

    func advance(_ seconds: Int) { time.advance(by: .seconds(seconds)) }
}
