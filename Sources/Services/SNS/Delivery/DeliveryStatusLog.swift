import Crypto
import Foundation
import ServiceKit
import ServiceModel
import Synchronization

/// Logs what became of deliveries to CloudWatch Logs, for topics that have a role for it.
/// https://docs.aws.amazon.com/sns/latest/dg/sns-topic-attributes.html
final class DeliveryStatusLog: Sendable {
    private let logs: any LogSink
    private let time: any TimeSource
    /// Of this process: one stream in each group.
    private let stream = RandomUUID.make()
    private let writers = Mutex<[LogStreamAddress: any LogWriter]>([:])
    private static let capacity = 256

    init(logs: any LogSink, time: any TimeSource) {
        self.logs = logs
        self.time = time
    }

    /// Logs an attempt, if the topic wants it. It is among the attempts that are counted.
    func note(
        _ result: DeliveryResult, _ message: PublishedMessage, _ subscription: SubscriptionRecord, _ topic: TopicRecord,
        attempts: Int
    ) {
        guard let name = subscription.transport.feedbackName else { return }
        var isSuccess = false
        if case .delivered = result { isSuccess = true }
        guard topic.attributes["\(name)\(isSuccess ? "Success" : "Failure")FeedbackRoleArn"] != nil else { return }
        if isSuccess, let rate = topic.attributes["\(name)SuccessFeedbackSampleRate"].flatMap(Int.init),
            Int.random(in: 0..<100) >= rate
        {
            return
        }
        let now = time.now
        let md5 = Insecure.MD5.hash(data: Data(message.text(for: subscription.transport.rawValue).utf8))
        let note = result.note
        var delivery: [JSONValue.Member] = [
            .init(name: "deliveryId", value: .string(RandomUUID.make())),
            .init(name: "destination", value: .string(subscription.shownEndpoint)),
            .init(name: "providerResponse", value: .string(note.response)),
            .init(name: "dwellTimeMs", value: .integer(Int64(note.dwell))),
        ]
        if subscription.transport != .lambda, subscription.transport != .sqs {
            delivery.append(.init(name: "attempts", value: .integer(Int64(attempts))))
        }
        delivery.append(.init(name: "statusCode", value: .integer(Int64(note.status))))
        let line: JSONValue = .object(
            (
                "notification",
                .object(
                    ("messageMD5Sum", .string(Hexadecimal.encode(Array(md5)))), ("messageId", .string(message.id)),
                    ("topicArn", .string(topic.arn)), ("timestamp", .string(Self.text(message.published))))
            ),
            ("delivery", .object(delivery)), ("status", .string(isSuccess ? "SUCCESS" : "FAILURE")))
        let group = "sns/\(topic.key.region)/\(topic.key.account)/\(topic.key.name)" + (isSuccess ? "" : "/Failure")
        let address = LogStreamAddress(
            account: topic.key.account, region: topic.key.region, group: group, stream: stream)
        _ = writer(address).offer([LogEvent(timestamp: now, message: line.compact)])
    }

    /// `2026-02-03 04:05:06.007`.
    private static func text(_ time: Timestamp) -> String {
        String(time.rfc3339.dropLast()).replacingOccurrences(of: "T", with: " ")
    }

    private func writer(_ address: LogStreamAddress) -> any LogWriter {
        writers.withLock { writers in
            if let known = writers[address] { return known }
            if writers.count >= Self.capacity {
                for writer in writers.values { writer.close() }
                writers = [:]
            }
            let writer = logs.writer(address)
            writers[address] = writer
            return writer
        }
    }

    func forget() {
        writers.withLock { writers in
            for writer in writers.values { writer.close() }
            writers = [:]
        }
    }
}
