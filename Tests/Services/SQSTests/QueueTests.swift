import Persistence
import ServiceKit
import TestSupport
import Testing

@testable import SQS

/// Queues themselves: names, attributes, who may use them.
struct QueueTests {
    @Test(arguments: [
        ("http://localhost:4566/000000000000/q", "us-east-1"),
        ("https://sqs.eu-west-1.amazonaws.com/000000000000/q", "eu-west-1"),
        ("https://eu-west-1.queue.amazonaws.com/000000000000/q", "eu-west-1"),
        ("https://queue.amazonaws.com/000000000000/q", "us-east-1"),
        ("http://sqs.ap-south-1.localhost.localstack.cloud:4566/000000000000/q", "ap-south-1"),
        ("http://127.0.0.1:4566/queue/us-west-2/000000000000/q", "us-east-1"), ("/000000000000/q", "us-east-1"),
        ("q", "us-east-1"), ("http://localhost:4566/000000000000/q/", "us-east-1"),
    ])
    func anAddressNamesAQueue(url: String, region: String) {
        #expect(
            QueueKey(url: url, account: "000000000000", region: "us-east-1")
                == QueueKey(account: "000000000000", region: region, name: "q"))
    }

    @Test(arguments: [
        "", "http://", "http://localhost/q", "http://h/12/q", "http://h/000000000000/a b", "/", "a/b", "//",
    ])
    func otherTextNamesNone(url: String) {
        #expect(QueueKey(url: url, account: "000000000000", region: "us-east-1") == nil)
    }

    @Test func receiptHandlesAreReadBack() throws {
        let handle = ReceiptHandle(queue: 5, sequence: 1 << 39, token: .max)
        #expect(ReceiptHandle(handle.text) == handle)
        var damaged = Array(handle.text.utf8)
        damaged[10] = damaged[10] == 0x30 ? 0x31 : 0x30
        #expect(ReceiptHandle(String(decoding: damaged, as: UTF8.self)) == nil)
        for text in ["", "x", String(repeating: "g", count: 64), String(repeating: "é", count: 32)] {
            #expect(ReceiptHandle(text) == nil)
        }
    }

    @Test func extrasAreReadBack() {
        let extra = MessageExtra(
            sender: "s", deduplicationID: "d", traceHeader: "t", deadLetterSource: "q",
            attributes: [
                MessageAttribute(name: "a", type: "String", value: .text("é")),
                MessageAttribute(name: "b", type: "Binary.x", value: .binary([0, 255])),
            ])
        #expect(MessageExtra(bytes: extra.bytes) == extra)
        for count in 0..<extra.bytes.count { _ = MessageExtra(bytes: Array(extra.bytes.prefix(count))) }
    }

    /// As recorded from AWS.
    @Test func digestsOfAttributesAreAWSs() {
        #expect(
            [
                MessageAttribute(name: "Hello", type: "String", value: .text("There")),
                MessageAttribute(name: "General", type: "String", value: .text("Kenobi")),
            ].md5 == "fca026605781cb4126a1e9044df24232")
        #expect(
            [
                MessageAttribute(
                    name: "attr1", type: "Binary",
                    value: .binary(
                        Array("traceparent\u{1e}00-774062d6c37081a5a0b9b5b88e30627c-2d2482211f6489da-01".utf8)))
            ].md5 == "8cbe4db156db8a94db8b801b7addb984")
    }

    @Test(arguments: [
        (["VisibilityTimeout": "43201"], "InvalidAttributeValue"),
        (["VisibilityTimeout": "-1"], "InvalidAttributeValue"),
        (["VisibilityTimeout": "x"], "InvalidAttributeValue"), (["Unknown": "1"], "InvalidAttributeName"),
        (["MaximumMessageSize": "1023"], "InvalidAttributeValue"), (["DelaySeconds": "901"], "InvalidAttributeValue"),
        (["MessageRetentionPeriod": "59"], "InvalidAttributeValue"), (["FifoQueue": "false"], "InvalidAttributeName"),
        (["Policy": "{"], "InvalidAttributeValue"), (["RedrivePolicy": "[]"], "InvalidParameterValue"),
        (["QueueArn": "x"], "InvalidAttributeName"),
    ])
    func attributesAreChecked(attributes: [String: String], code: String) async throws {
        try await QueueFixture.with(.sqlite) { fixture in
            let error = await #expect(throws: AWSError.self) { try await fixture.create("q", attributes) }
            #expect(error?.code == code)
        }
    }

    @Test(arguments: TestDatabase.engines)
    func aQueueThatWasDeletedIsGone(engine: SQLEngine) async throws {
        try await QueueFixture.with(engine) { fixture in
            let url = try await fixture.create("q")
            for number in 0..<3 { try await fixture.send(url, "m\(number)") }
            async let waiting = fixture.receive(url, 1, visibility: 0)
            _ = try await waiting
            try await fixture.service.deleteQueue(DeleteQueueRequest(queueUrl: url), fixture.call("DeleteQueue"))
            let gone = await #expect(throws: AWSError.self) { try await fixture.send(url, "m") }
            #expect(gone?.shape == "QueueDoesNotExist")
            let early = await #expect(throws: AWSError.self) { try await fixture.create("q") }
            #expect(early?.code == "QueueDeletedRecently")
            fixture.advance(60)
            try await fixture.create("q")
            #expect(try await fixture.receive(url).isEmpty)
            try await fixture.service.clean()
            let left = try await fixture.database.read {
                try $0.first(
                    "SELECT (SELECT COUNT(*) FROM sqs_message) + (SELECT COUNT(*) FROM sqs_shared_message), COUNT(*) FROM sqs_queue"
                )
            }
            #expect(left?.integer(0) == 0)
            #expect(left?.integer(1) == 1)
        }
    }

    @Test(arguments: TestDatabase.engines)
    func queuesAreListedByPage(engine: SQLEngine) async throws {
        try await QueueFixture.with(engine) { fixture in
            for number in 0..<5 { try await fixture.create("a-\(number)") }
            try await fixture.create("b")
            var names: [String] = []
            var token: String?
            repeat {
                let page = try await fixture.service.listQueues(
                    ListQueuesRequest(queueNamePrefix: "a-", nextToken: token, maxResults: 2),
                    fixture.call("ListQueues"))
                names += page.queueUrls ?? []
                token = page.nextToken
            } while token != nil
            #expect(names.map { String($0.suffix(3)) } == (0..<5).map { "a-\($0)" })
        }
    }

    @Test func thePolicyDecidesAboutOthers() async throws {
        try await QueueFixture.with(.sqlite) { fixture in
            let url = try await fixture.create("q")
            let other = Principal.root(account: "222222222222")
            let topic = Principal.service(
                name: "sns.amazonaws.com", sourceARN: "arn:aws:sns:us-east-1:000000000000:t", account: "000000000000")
            func sends(_ principal: Principal) async -> Bool {
                do {
                    _ = try await fixture.service.sendMessage(
                        SendMessageRequest(queueUrl: url, messageBody: "m"), fixture.call("SendMessage", as: principal))
                    return true
                } catch {
                    #expect((error as? AWSError)?.code == "AccessDenied")
                    return false
                }
            }
            #expect(await !sends(other))
            #expect(await !sends(topic))
            #expect(await !sends(.anonymous))
            try await fixture.service.addPermission(
                AddPermissionRequest(
                    queueUrl: url, label: "l", awsAccountIds: ["222222222222"], actions: ["SendMessage"]),
                fixture.call("AddPermission"))
            #expect(await sends(other))
            #expect(await !sends(topic))
            for (arn, isAllowed) in [("arn:aws:sns:us-east-1:000000000000:t", true), ("arn:aws:sns:*:*:u", false)] {
                let policy = #"""
                    {"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"sns.amazonaws.com"},
                    "Action":"sqs:SendMessage","Resource":"arn:aws:sqs:us-east-1:000000000000:q",
                    "Condition":{"ArnLike":{"aws:SourceArn":"\#(arn)"}}}}
                    """#
                try await fixture.service.setQueueAttributes(
                    SetQueueAttributesRequest(queueUrl: url, attributes: ["Policy": policy]),
                    fixture.call("SetQueueAttributes"))
                #expect(await sends(topic) == isAllowed)
                #expect(await !sends(other))
            }
            let refused = await #expect(throws: AWSError.self) {
                try await fixture.service.deleteQueue(
                    DeleteQueueRequest(queueUrl: url), fixture.call("DeleteQueue", as: other))
            }
            #expect(refused?.code == "AccessDenied")
        }
    }
}
