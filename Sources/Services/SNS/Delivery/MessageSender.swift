import Foundation
import ServiceKit
import ServiceModel

/// Sends one message to one subscription's endpoint, once.
struct MessageSender: Sendable {
    let deliveries: any EventDelivery
    let http: any HTTPSender
    let mail: (any MailSender)?
    let mailSender: String?
    let signer: EnvelopeSigner
    let captures: CaptureStore
    let mobile: MobileStore
    let messaging: MessagingStore
    /// Whether functions may subscribe web servers of this machine and of private networks.
    let allowsPrivateEndpoints: Bool
    let time: any TimeSource

    func send(_ message: PublishedMessage, to subscription: SubscriptionRecord, topic: TopicRecord) async
        -> DeliveryResult
    {
        do {
            switch subscription.transport {
            case .sqs: return try await sendToQueue(subscription.endpoint, message, subscription, topic)
            case .lambda: return try await sendToFunction(message, subscription, topic)
            case .http, .https: return try await post(message, subscription, topic)
            case .email, .emailJSON: return try await sendMail(message, subscription, topic)
            case .sms:
                return try await sendText(
                    message.text(for: "sms"), to: subscription.endpoint, message, owner: subscription.owner)
            case .application: return try await push(message, to: subscription.endpoint)
            case .firehose:
                return .refused(DeliveryNote(status: 501, response: "Firehose is not there."))
            }
        } catch {
            return DeliveryResult(error)
        }
    }

    // MARK: Queues and functions

    /// Sends to a queue: a subscribed one, or a dead-letter queue, which gets what the subscriber would have got.
    func sendToQueue(
        _ queue: String, _ message: PublishedMessage, _ subscription: SubscriptionRecord, _ topic: TopicRecord
    ) async throws -> DeliveryResult {
        guard let target = DeliveryTarget(arn: queue), target.kind == .queue else {
            return .refused(DeliveryNote(status: 400, response: "The queue's ARN is not valid."))
        }
        var delivery = Delivery(body: [], traceHeader: message.traceHeader)
        if subscription.isRaw {
            delivery.body = Array(message.text(for: "sqs").utf8)
            delivery.attributes = message.attributes.map {
                Delivery.Attribute(name: $0.name, type: $0.type, value: $0.text, bytes: $0.bytes)
            }
            // Queues take ten attributes: with more the message is discarded, as on AWS.
            guard delivery.attributes.count <= 10 else {
                return .refused(DeliveryNote(status: 400, response: "A queue takes ten message attributes at most."))
            }
        } else {
            var envelope = Envelope(message, subscription, text: message.text(for: "sqs"))
            try await sign(&envelope, topic, origin: message.origin(for: subscription))
            delivery.body = envelope.document
        }
        if queue.hasSuffix(".fifo") {
            delivery.group = message.group
            delivery.deduplicationID = message.deduplicationID
        } else if !topic.isFIFO {
            delivery.group = message.group
        }
        let began = ContinuousClock.now
        let receipt = try await deliveries.deliverForReceipt(
            delivery, to: target, as: principal(topic), account: topic.key.account, region: topic.key.region)
        let response = receipt.messageID.map { "{\"sqsMessageId\":\"\($0)\"}" } ?? "{}"
        return .delivered(DeliveryNote(status: 200, response: response, dwell: Self.milliseconds(since: began)))
    }

    private func sendToFunction(
        _ message: PublishedMessage, _ subscription: SubscriptionRecord, _ topic: TopicRecord
    ) async throws -> DeliveryResult {
        guard let target = DeliveryTarget(arn: subscription.endpoint), target.kind == .function else {
            return .refused(DeliveryNote(status: 400, response: "The function's ARN is not valid."))
        }
        var envelope = Envelope(message, subscription, text: message.text(for: "lambda"))
        try await sign(&envelope, topic, origin: message.origin(for: subscription))
        let delivery = Delivery(
            body: envelope.event(subscriptionARN: subscription.arn), traceHeader: message.traceHeader)
        let began = ContinuousClock.now
        _ = try await deliveries.deliverForReceipt(
            delivery, to: target, as: principal(topic), account: topic.key.account, region: topic.key.region)
        return .delivered(
            DeliveryNote(
                status: 202, response: "{\"lambdaRequestId\":\"\(RandomUUID.make())\"}",
                dwell: Self.milliseconds(since: began)))
    }

    private func principal(_ topic: TopicRecord) -> Principal {
        .service(name: "sns.amazonaws.com", sourceARN: topic.arn, account: topic.key.account)
    }

    /// FIFO topics' messages are not signed.
    private func sign(_ envelope: inout Envelope, _ topic: TopicRecord, origin: String) async throws {
        guard !topic.isFIFO else { return }
        try await signer.sign(&envelope, version: topic.signatureVersion, origin: origin)
    }

    // MARK: Web servers

    private func post(
        _ message: PublishedMessage, _ subscription: SubscriptionRecord, _ topic: TopicRecord
    ) async throws -> DeliveryResult {
        let text = message.text(for: subscription.transport.rawValue)
        var body = Array(text.utf8)
        if !subscription.isRaw {
            var envelope = Envelope(message, subscription, text: text)
            try await sign(&envelope, topic, origin: message.origin(for: subscription))
            body = envelope.document
        }
        let policy = SubscriptionDeliveryPolicy.effective(
            subscription.attributes["DeliveryPolicy"], topic: topic.deliveryPolicy)
        return await post(
            body, kind: .notification, messageID: message.id, subscription, contentType: policy.contentType)
    }

    /// Asks an endpoint to confirm; queues of other accounts too.
    func confirm(_ job: ConfirmationJob) async -> DeliveryResult {
        let record = job.record
        var envelope = Envelope(
            confirming: job.isEnd ? .unsubscribeConfirmation : .subscriptionConfirmation, record, token: job.token,
            id: job.messageID, at: job.made)
        do {
            try await signer.sign(&envelope, version: job.version, origin: job.origin)
            switch job.transport {
            case .http, .https:
                let policy = SubscriptionDeliveryPolicy(stored: job.policy).http
                return await post(
                    envelope.document, kind: envelope.kind, messageID: job.messageID, record,
                    contentType: policy.contentType.map { _ in HTTPDeliveryPolicy.defaultContentType })
            case .sqs:
                guard let target = DeliveryTarget(arn: job.endpoint) else {
                    return .refused(DeliveryNote(status: 400, response: "The queue's ARN is not valid."))
                }
                let topic = job.subscription.topic
                try await deliveries.deliver(
                    Delivery(body: envelope.document), to: target,
                    as: .service(name: "sns.amazonaws.com", sourceARN: topic.arn, account: topic.account),
                    account: topic.account, region: topic.region)
                return .delivered(DeliveryNote(status: 200, response: "{}"))
            case .email, .emailJSON:
                let isJSON = job.transport == .emailJSON
                return try await sendMail(
                    Mail(
                        to: job.endpoint,
                        subject: job.isEnd
                            ? "AWS Notification - Unsubscribe Confirmation"
                            : "AWS Notification - Subscription Confirmation",
                        body: isJSON
                            ? String(decoding: envelope.document, as: UTF8.self)
                            : "\(envelope.message)\n\n\(envelope.subscribeURL ?? "")\n"),
                    id: job.messageID, account: job.owner, region: job.subscription.topic.region,
                    topic: job.subscription.topic.arn)
            case .sms, .application, .lambda, .firehose:
                return .delivered(DeliveryNote(status: 200, response: "{}"))
            }
        } catch {
            return DeliveryResult(error)
        }
    }

    private func post(
        _ body: [UInt8], kind: Envelope.Kind, messageID: String, _ subscription: SubscriptionRecord,
        contentType: String?
    ) async -> DeliveryResult {
        var headers = [
            WebRequest.Header("x-amz-sns-message-type", kind.rawValue),
            WebRequest.Header("x-amz-sns-message-id", messageID),
            WebRequest.Header("x-amz-sns-topic-arn", subscription.key.topic.arn),
        ]
        if kind == .notification {
            headers.append(WebRequest.Header("x-amz-sns-subscription-arn", subscription.arn))
            if subscription.isRaw { headers.append(WebRequest.Header("x-amz-sns-rawdelivery", "true")) }
        }
        headers += [
            WebRequest.Header("Content-Type", contentType ?? HTTPDeliveryPolicy.defaultContentType),
            WebRequest.Header("Connection", "Keep-Alive"),
            WebRequest.Header("User-Agent", "Amazon Simple Notification Service Agent"),
            WebRequest.Header("Accept-Encoding", "gzip,deflate"),
        ]
        let began = ContinuousClock.now
        do {
            let answer = try await http.send(
                OutgoingRequest(
                    url: subscription.endpoint, headers: headers, body: body, timeout: .seconds(15),
                    reach: subscription.isOfOperator || allowsPrivateEndpoints ? .everywhere : .internet))
            let note = DeliveryNote(
                status: answer.status, response: String(decoding: answer.body.prefix(1024), as: UTF8.self),
                dwell: Self.milliseconds(since: began))
            switch answer.status {
            case 200..<300: return .delivered(note)
            case 429, 500...: return .unavailable(note)
            default: return .refused(note)
            }
        } catch {
            return .unavailable(
                DeliveryNote(status: 0, response: "\(error)", dwell: Self.milliseconds(since: began)))
        }
    }

    static func milliseconds(since began: ContinuousClock.Instant) -> Int {
        let (seconds, attoseconds) = (ContinuousClock.now - began).components
        return Int(seconds * 1000 + attoseconds / 1_000_000_000_000_000)
    }
}
