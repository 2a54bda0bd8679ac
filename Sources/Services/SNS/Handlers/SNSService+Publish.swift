public import ServiceKit
import ServiceModel

extension SNSService {
    public func publish(_ input: PublishInput, _ call: Call) async throws -> PublishResponse {
        let places = [input.topicArn, input.targetArn, input.phoneNumber].compactMap { $0 }.filter { !$0.isEmpty }
        guard let place = places.first else { throw SNSFailures.missing("TopicArn or TargetArn") }
        guard places.count == 1 else {
            throw SNSFailures.invalid(
                input.phoneNumber == nil ? "TopicArn or TargetArn" : "TopicArn, TargetArn or PhoneNumber",
                reason: "Both TopicArn and TargetArn specified")
        }
        let content = MessageContent(
            message: input.message, subject: input.subject, structure: input.messageStructure,
            attributes: input.messageAttributes, group: input.messageGroupId,
            deduplicationID: input.messageDeduplicationId)
        if input.phoneNumber != nil { return try await publish(content, toNumber: place, call) }
        if input.topicArn == nil, let endpoint = EndpointKey(arn: place) {
            return try await publish(content, toEndpoint: endpoint, call)
        }
        let snapshot = try await publishable(
            place, parameter: input.topicArn == nil ? "TargetArn" : "TopicArn", call)
        let message = try content.message(for: snapshot.topic, origin: call.endpoint, at: time.now, call.traceHeader)
        guard message.size <= PublishedMessage.maximumSize else { throw SNSFailures.invalid("Message too long") }
        let accepted = try await accept([message], snapshot)[0]
        return PublishResponse(messageId: accepted.id, sequenceNumber: accepted.sequence)
    }

    public func publishBatch(_ input: PublishBatchInput, _ call: Call) async throws -> PublishBatchResponse {
        let snapshot = try await publishable(input.topicArn, parameter: "TopicArn", call)
        let entries = input.publishBatchRequestEntries
        try Self.check(entries)
        var messages: [(id: String, message: PublishedMessage)] = []
        var failed: [BatchResultErrorEntry] = []
        for entry in entries {
            let content = MessageContent(
                message: entry.message, subject: entry.subject, structure: entry.messageStructure,
                attributes: entry.messageAttributes, group: entry.messageGroupId,
                deduplicationID: entry.messageDeduplicationId)
            try content.checkFIFO(snapshot.topic)
            do {
                messages.append(
                    (
                        entry.id,
                        try content.message(
                            for: snapshot.topic, origin: call.endpoint, at: time.now, call.traceHeader)
                    ))
            } catch {
                failed.append(
                    BatchResultErrorEntry(id: entry.id, code: error.code, senderFault: true, message: error.message))
            }
        }
        guard messages.reduce(0, { $0 + $1.message.size }) <= PublishedMessage.maximumSize else {
            throw SNSError.batchRequestTooLongException(
                "The length of all the messages put together is more than the limit.")
        }
        let accepted = try await accept(messages.map(\.message), snapshot)
        return PublishBatchResponse(
            successful: zip(messages, accepted).map {
                PublishBatchResultEntry(id: $0.id, messageId: $1.id, sequenceNumber: $1.sequence)
            }, failed: failed)
    }

    private static func check(_ entries: [PublishBatchRequestEntry]) throws(AWSError) {
        guard !entries.isEmpty else {
            throw SNSError.emptyBatchRequestException("The batch request doesn't contain any entries.")
        }
        guard entries.count <= 10 else {
            throw SNSError.tooManyEntriesInBatchRequestException(
                "The batch request contains more entries than permissible (more than 10).")
        }
        for entry in entries where !isEntryID(entry.id) {
            throw SNSError.invalidBatchEntryIdException(
                "The Id of a batch entry in a batch request doesn't abide by the specification.")
        }
        guard Set(entries.map(\.id)).count == entries.count else {
            throw SNSError.batchEntryIdsNotDistinctException(
                "Two or more batch entries in the request have the same Id.")
        }
    }

    private static func isEntryID(_ id: String) -> Bool {
        (1...80).contains(id.utf8.count)
            && id.utf8.allSatisfy {
                (0x61...0x7A).contains($0 | 0x20) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-")
                    || $0 == UInt8(ascii: "_")
            }
    }

    /// A topic that the caller may publish to.
    private func publishable(_ text: String, parameter: String, _ call: Call) async throws -> TopicSnapshot {
        let key = try TopicKey(parsing: text, parameter: parameter, region: call.region)
        guard let snapshot = try await snapshots.find(key) else { throw SNSFailures.topicNotFound }
        try authorize("Publish", snapshot.topic, call, policy: snapshot.policy)
        return snapshot
    }

    // MARK: To one person

    private func publish(_ content: MessageContent, toNumber number: String, _ call: Call) async throws
        -> PublishResponse
    {
        guard PhoneNumber.isE164(number) else {
            throw SNSFailures.invalid("PhoneNumber", reason: "\(number) is not valid to publish to")
        }
        let place = TopicKey(account: call.account, region: call.region, name: "")
        let message = try content.message(
            for: TopicRecord(key: place, id: 0), origin: call.endpoint, at: time.now, call.traceHeader)
        guard message.body.utf8.count <= 1600 else { throw SNSFailures.invalid("Message too long") }
        _ = try await sender.sendText(message.text(for: "sms"), to: number, message, owner: call.account)
        return PublishResponse(messageId: message.id)
    }

    private func publish(_ content: MessageContent, toEndpoint endpoint: EndpointKey, _ call: Call) async throws
        -> PublishResponse
    {
        guard endpoint.application.region == call.region else { throw SNSFailures.invalid("TargetArn") }
        guard endpoint.application.account == call.account else {
            throw SNSFailures.unauthorized(call.principal, "SNS:Publish", endpoint.arn)
        }
        guard let found = try await mobile.endpoint(endpoint) else {
            throw SNSFailures.invalid("TargetArn", reason: "No endpoint found for the target arn specified")
        }
        guard found.attributes["Enabled"] != "false" else {
            throw SNSError.endpointDisabledException("Endpoint is disabled")
        }
        if let application = try await mobile.application(endpoint.application), application["Enabled"] == "false" {
            throw SNSError.platformApplicationDisabledException("Platform application is disabled")
        }
        let place = TopicKey(account: call.account, region: call.region, name: "")
        let message = try content.message(
            for: TopicRecord(key: place, id: 0), origin: call.endpoint, at: time.now, call.traceHeader)
        guard message.size <= PublishedMessage.maximumSize else { throw SNSFailures.invalid("Message too long") }
        _ = try await sender.push(message, to: endpoint.arn)
        return PublishResponse(messageId: message.id)
    }
}
