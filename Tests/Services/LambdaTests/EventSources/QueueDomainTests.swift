import Execution
import Foundation
import ServiceKit
import ServiceModel
import Testing

@testable import Lambda

struct QueueDomainTests {
    private static let arn = "arn:aws:sqs:us-east-1:111111111111:q"
    private let writer = QueueRecordWriter(arn: arn, region: "us-east-1", isGathering: false)

    private func message(
        _ id: String = "m", _ body: String = "b", group: String? = nil, trace: String? = nil,
        attributes: [String: WireValue] = [:]
    ) throws -> QueueMessage {
        try #require(
            QueueMessage(
                QueueDouble.wire(
                    QueueDouble.Message(
                        id: id, body: body, group: group, trace: trace, attributes: attributes,
                        visible: Timestamp(milliseconds: 0), receives: 1, handle: "h-\(id)"))))
    }

    // MARK: Records

    @Test func aRecordHasTheFormOfAWS() throws {
        var bytes: [UInt8] = []
        writer.append(
            try message(
                "m", "{\"a\": \"ü\\n\"}\u{1}", group: "g", trace: "Root=1",
                attributes: [
                    "Title": .structure(["DataType": "String", "StringValue": "T\"x"]),
                    "Blob": .structure(["DataType": "Binary", "BinaryValue": .blob([1, 2, 3])]),
                ] as [String: WireValue]), to: &bytes)
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == #"{"messageId":"m","receiptHandle":"h-m","body":"{\"a\": \"ü\\n\"}\u0001","attributes":{"#
                + #""ApproximateReceiveCount":"1","AWSTraceHeader":"Root=1","SentTimestamp":"1","MessageGroupId":"g","#
                + #""SenderId":"AIDA","ApproximateFirstReceiveTimestamp":"2"},"messageAttributes":{"#
                + #""Blob":{"binaryValue":"AQID","stringListValues":[],"binaryListValues":[],"dataType":"Binary"},"#
                + #""Title":{"stringValue":"T\"x","stringListValues":[],"binaryListValues":[],"dataType":"String"}},"#
                + #""md5OfBody":"d","eventSource":"aws:sqs","eventSourceARN":"arn:aws:sqs:us-east-1:111111111111:q","#
                + #""awsRegion":"us-east-1"}"#)
        #expect((try? JSONSerialization.jsonObject(with: Data(bytes))) != nil)
    }

    @Test func gatheredRecordsSayThatADigestIsMissing() throws {
        var bytes: [UInt8] = []
        QueueRecordWriter(arn: Self.arn, region: "us-east-1", isGathering: true).append(try message(), to: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self).contains(#""md5OfMessageAttributes":null"#))
    }

    @Test func whatIsNoMessageIsNone() {
        #expect(QueueMessage(.string("x")) == nil)
        #expect(QueueMessage(.structure(["MessageId": "m"])) == nil)
    }

    // MARK: Batches

    @Test func batchesAreCutBySizeAndBytes() throws {
        var batches = QueueBatches(writer, size: 3)
        for number in 1...4 { batches.add(try message("\(number)")) }
        #expect(batches.hasBatch && batches.room == 0)
        #expect(batches.take().map { $0.entries.map(\.id) } == [["1", "2", "3"], ["4"]])
        #expect(batches.isEmpty && batches.room == 3)
        batches.limit = 1500
        batches.size = 100
        let large = String(repeating: "x", count: 700)
        for number in 1...3 { batches.add(try message("\(number)", large)) }
        batches.add(try message("4", String(repeating: "x", count: 5000)))
        batches.add(try message("5"))
        var cut = batches.take()
        #expect(cut.map { $0.entries.map(\.id) } == [["1"], ["2"], ["3"], ["4"], ["5"]])
        for index in cut.indices {
            let size = cut[index].size
            let event = cut[index].takeEvent()
            #expect(event.count == size)
            let object = try JSONSerialization.jsonObject(with: Data(event)) as? [String: [Any]]
            #expect(object?["Records"]?.count == 1)
        }
    }

    @Test(
        arguments: [
            (["a"], "a"), (["a", "a"], "a"), (["a", "b"], nil), ([nil, "a"], nil), (["a", nil], nil), ([nil], nil),
            (["a", "b;Lineage=x:2"], "b;Lineage=x:2"),
            (["a;Lineage=x:1", "b;Lineage=y:5|x:1", "c"], "b;Lineage=y:5|x:1"),
        ] as [([String?], String?)])
    func aBatchHasOneTrace(headers: [String?], expected: String?) throws {
        var batch = QueueBatch()
        for header in headers { _ = batch.add(try message(trace: header), writer, limit: .max) }
        #expect(batch.traceHeader == expected)
    }

    // MARK: Answers

    @Test(
        arguments: [
            ("", .success), ("null", .success), (" null ", .success), ("{}", .success), ("[]", .success),
            ("\"\"", .success),
            (#"{"foo":"bar"}"#, .success), (#"{"batchItemFailures":[]}"#, .success),
            (#"{"batchItemFailures": null}"#, .success), (#"{"batchItemFailures":"a"}"#, .failure),
            (#"{"batchItemFailures":[{"itemIdentifier":""}]}"#, .failure),
            (#"{"batchItemFailures":[{"itemIdentifier":null}]}"#, .failure),
            (#"{"batchItemFailures":[{"foo":"a"}]}"#, .failure), (#"{"batchItemFailures":["a"]}"#, .failure),
            (#"{"batchItemFailures":[{"itemIdentifier":"a"},{"itemIdentifier":"other"}]}"#, .failure),
            (#"{"batchItemFailures":[{"itemIdentifier":"a"},{"itemIdentifier":"b","x":1}]}"#, .partial(["a", "b"])),
            ("\"text\"", .failure), ("17", .failure), ("[1]", .failure), ("{", .failure), ("(not JSON", .failure),
        ] as [(String, BatchAnswer)])
    func answersOfBatches(payload: String, expected: BatchAnswer) {
        #expect(BatchAnswer(Array(payload.utf8)) { ["a", "b", "c"].contains($0) } == expected)
    }

    @Test func whatIsKeptAndWhatIsDeleted() {
        let entries = [("1", "g"), ("2", "g"), ("3", "h"), ("4", "g")].map {
            QueueBatch.Entry(id: $0.0, receiptHandle: $0.0, group: $0.1)
        }
        func verdict(_ answer: BatchAnswer, ordered: Bool) -> ([String], Int) {
            let verdict = QueueVerdict(entries, answer, isOrdered: ordered)
            return (verdict.deleted, verdict.kept)
        }
        #expect(verdict(.success, ordered: true) == (["1", "2", "3", "4"], 0))
        #expect(verdict(.failure, ordered: false) == ([], 4))
        #expect(verdict(.partial(["2"]), ordered: false) == (["1", "3", "4"], 1))
        // The fourth has to wait for the second.
        #expect(verdict(.partial(["2"]), ordered: true) == (["1", "3"], 2))
    }

    // MARK: Filters

    @Test(
        arguments: [
            (#"{"body":{"a":["x"]}}"#, #"{"a":"x"}"#, true), (#"{"body":{"a":["x"]}}"#, #"{"a":"y"}"#, false),
            (#"{"body":{"a":["x"]}}"#, "x", false), (#"{"body":["x"]}"#, "x", true), (#"{"body":["x"]}"#, "y", false),
            (#"{"body":["{}"]}"#, "{}", false), (#"{"body":[{"prefix":"{"}]}"#, "{ no JSON", true),
            (#"{"body":{"n":[{"numeric":[">",100]}]}}"#, #"{"n":101}"#, true),
            (#"{"body":{"n":[{"numeric":[">",100]}]}}"#, #"{"n":99}"#, false),
            (#"{"body":{"a":{"b":[{"exists":true}]}}}"#, #" {"a":[{"b":1}]}"#, true),
            (#"{"attributes":{"SenderId":["AIDA"]}}"#, "anything", true),
            (#"{"messageAttributes":{"Kind":{"stringValue":["k"]}}}"#, "{}", true),
            (#"{"messageAttributes":{"Kind":{"stringValue":["l"]}}}"#, "{}", false),
            (#"{"awsRegion":["eu-west-1"]}"#, "{}", false),
        ] as [(String, String, Bool)])
    func filtersLookIntoBodies(pattern: String, body: String, isTaken: Bool) throws {
        let message = try message(
            "m", body, attributes: ["Kind": .structure(["DataType": "String", "StringValue": "k"])])
        #expect(MessageFilter([pattern]).matches(message, writer) == isTaken)
        #expect(MessageFilter([]).matches(message, writer))
        #expect(MessageFilter([pattern, #"{"messageId":["m"]}"#]).matches(message, writer))
    }

    // MARK: Workers and back-off

    @Test func workersComeAsTheyAreNeeded() {
        var workers = QueueWorkers(limit: 3)
        let begun = [workers.start(), workers.start()]
        #expect(begun == [true, false])
        var steps: [QueueWorkers.Step] = []
        // Each that gets something has another take its place.
        for _ in 1...3 {
            workers.received()
            _ = workers.start()
        }
        #expect((workers.receiving, workers.running) == (0, 3))
        steps.append(workers.finished(wasFull: true))
        steps.append(workers.foundNothing())
        steps.append(workers.finished(wasFull: false))
        steps.append(workers.finished(wasFull: true))
        steps.append(workers.foundNothing())
        #expect(steps == [.look, .wait, .end, .look, .end])
        #expect((workers.receiving, workers.running) == (1, 0))
    }

    @Test func workersEndWhereTheLimitIsLower() {
        var workers = QueueWorkers(limit: 2)
        for _ in 1...2 {
            _ = workers.start()
            workers.received()
        }
        workers.limit = 1
        let first = workers.finished(wasFull: true)
        let second = workers.finished(wasFull: true)
        #expect((first, second) == (.end, .look))
        workers.stop()
        let third = workers.foundNothing()
        let again = workers.start()
        #expect(third == .end && !again && workers.total == 0)
    }

    @Test func provisionedReceiversStay() {
        var workers = QueueWorkers(limit: 20, idle: 2)
        var count = 0
        while workers.start() { count += 1 }
        #expect(count == 2)
        let steps = [workers.foundNothing(), workers.foundNothing()]
        #expect(steps == [.wait, .wait] && workers.receiving == 2)
    }

    @Test func problemsAreTriedAgainLater() {
        var backOff = BackOff(from: .seconds(1), to: .seconds(5))
        let delays = (1...4).map { _ in backOff.failed() }
        #expect(delays == [.seconds(1), .seconds(2), .seconds(4), .seconds(5)])
        #expect(!backOff.isFresh)
        backOff.succeeded()
        #expect(backOff.isFresh && backOff.failed() == .seconds(1))
    }
}
