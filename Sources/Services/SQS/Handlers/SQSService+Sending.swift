public import ServiceKit

extension SQSService {
    public func sendMessage(_ input: SendMessageRequest, _ call: Call) async throws -> SendMessageResult {
        let queue = try await queue(input.queueUrl, call)
        let draft = try MessageDraft(
            .init(
                body: input.messageBody, delay: input.delaySeconds, attributes: input.messageAttributes,
                systemAttributes: input.messageSystemAttributes, deduplicationID: input.messageDeduplicationId,
                group: input.messageGroupId),
            for: queue, sender: Self.sender(call), trace: call.traceHeader, now: now)
        let stored = try await messages.send([draft.message], to: queue)
        guard let place = stored.first else { throw AWSError.internalFailure }
        return SendMessageResult(
            md5OfMessageBody: MD5.hex(input.messageBody), md5OfMessageAttributes: draft.attributesMD5,
            md5OfMessageSystemAttributes: draft.systemAttributesMD5, messageId: place.id.text,
            sequenceNumber: queue.defaults.isFIFO ? SequenceNumber.text(place.sequence) : nil)
    }

    public func sendMessageBatch(_ input: SendMessageBatchRequest, _ call: Call) async throws -> SendMessageBatchResult
    {
        let queue = try await queue(input.queueUrl, call)
        try BatchRules.check(input.entries.map(\.id), entry: "SendMessageBatchRequestEntry")
        let size = input.entries.reduce(0) { $0 + Self.size($1) }
        guard size <= SQSLimits.messageSize else {
            throw SQSError.batchRequestTooLong(
                "Batch requests cannot be longer than \(SQSLimits.messageSize) bytes. You have sent \(size) bytes.")
        }
        let (sender, now, isFIFO) = (Self.sender(call), now, queue.defaults.isFIFO)
        if isFIFO { try Self.checkIDs(input.entries, queue.defaults) }
        var drafts: [(entry: SendMessageBatchRequestEntry, draft: MessageDraft)] = []
        var failed: [BatchResultErrorEntry] = []
        for entry in input.entries {
            do throws(AWSError) {
                let draft = try MessageDraft(
                    .init(
                        body: entry.messageBody, delay: entry.delaySeconds, attributes: entry.messageAttributes,
                        systemAttributes: entry.messageSystemAttributes, deduplicationID: entry.messageDeduplicationId,
                        group: entry.messageGroupId),
                    for: queue, sender: sender, trace: call.traceHeader, now: now)
                drafts.append((entry, draft))
            } catch {
                failed.append(BatchRules.failure(entry.id, error))
            }
        }
        let stored = drafts.isEmpty ? [] : try await messages.send(drafts.map(\.draft.message), to: queue)
        let successful = zip(drafts, stored).map { item, place in
            SendMessageBatchResultEntry(
                id: item.entry.id, messageId: place.id.text, md5OfMessageBody: MD5.hex(item.entry.messageBody),
                md5OfMessageAttributes: item.draft.attributesMD5,
                md5OfMessageSystemAttributes: item.draft.systemAttributesMD5,
                sequenceNumber: isFIFO ? SequenceNumber.text(place.sequence) : nil)
        }
        return SendMessageBatchResult(
            successful: successful.isEmpty ? nil : successful, failed: failed.isEmpty ? nil : failed)
    }

    /// What a FIFO queue needs of each entry; without it, none is sent.
    private static func checkIDs(_ entries: [SendMessageBatchRequestEntry], _ settings: QueueDefaults) throws(AWSError)
    {
        for entry in entries {
            guard entry.messageGroupId != nil else {
                throw SQSFailures.invalidParameter("The request must contain the parameter MessageGroupId.")
            }
            guard entry.messageDeduplicationId != nil || settings.contentBasedDeduplication else {
                throw SQSFailures.invalidParameter(
                    "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly"
                )
            }
        }
    }

    private static func size(_ entry: SendMessageBatchRequestEntry) -> Int {
        let attributes = entry.messageAttributes ?? [:]
        return attributes.reduce(entry.messageBody.utf8.count) { size, attribute in
            let value = attribute.value
            return size + attribute.key.utf8.count + value.dataType.utf8.count + (value.stringValue?.utf8.count ?? 0)
                + (value.binaryValue?.count ?? 0)
        }
    }

    private static func sender(_ call: Call) -> String { call.principal.userID ?? call.account }
}
