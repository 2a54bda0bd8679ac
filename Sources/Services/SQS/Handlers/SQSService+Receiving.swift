public import ServiceKit

extension SQSService {
    public func receiveMessage(_ input: ReceiveMessageRequest, _ call: Call) async throws -> ReceiveMessageResult {
        let queue = try await queue(input.queueUrl, call)
        var request = try await request(input, queue)
        // Callers in process may wait for fractions of a second.
        if let deadline = call.deadline { request.wait = min(request.wait, max(.zero, deadline - .now)) }
        let filter = try MessageFilter(input)
        let received = try await messages.receive(request, from: queue)
        if received.isEmpty { return ReceiveMessageResult() }
        let isFIFO = queue.defaults.isFIFO
        return ReceiveMessageResult(
            messages: received.map { message in
                let attributes = filter.attributes(message.content.extra.attributes)
                return Message(
                    messageId: message.content.id.text,
                    receiptHandle: ReceiptHandle(queue: queue.id, sequence: message.sequence, token: message.token)
                        .text,
                    md5OfBody: MD5.hex(message.content.body), body: message.content.body,
                    attributes: filter.systemAttributes(message, isFIFO: isFIFO),
                    md5OfMessageAttributes: attributes.isEmpty ? nil : attributes.md5,
                    messageAttributes: attributes.isEmpty
                        ? nil
                        : Dictionary(attributes.map { ($0.name, MessageAttributeValue($0)) }, uniquingKeysWith: { $1 }))
            })
    }

    private func request(_ input: ReceiveMessageRequest, _ queue: QueueRecord) async throws -> ReceiveRequest {
        let settings = queue.defaults
        let maximum = input.maxNumberOfMessages ?? 1
        guard (1...10).contains(maximum) else {
            throw SQSFailures.invalidParameter(maximum, "MaxNumberOfMessages", "Must be between 1 and 10, if provided.")
        }
        let wait = input.waitTimeSeconds ?? settings.receiveWait
        guard SQSLimits.wait.contains(wait) else {
            throw SQSFailures.invalidParameter(wait, "WaitTimeSeconds", "Must be >= 0 and <= 20, if provided.")
        }
        let visibility = input.visibilityTimeout ?? settings.visibilityTimeout
        guard SQSLimits.visibility.contains(visibility) else {
            throw SQSFailures.invalidParameter(
                visibility, "VisibilityTimeout", "Must be between 0 and 43200, if provided.")
        }
        if let attempt = input.receiveRequestAttemptId {
            guard settings.isFIFO else {
                throw SQSFailures.invalidParameter(
                    attempt, "ReceiveRequestAttemptId",
                    "The request include parameter that is not valid for this queue type.")
            }
            try MessageText.checkID(attempt, "ReceiveRequestAttemptId")
        }
        var request = ReceiveRequest(
            maximum: maximum, visibility: Int64(visibility) * 1000, wait: .seconds(wait),
            attempt: input.receiveRequestAttemptId)
        if let redrive = queue.settings.redrive { request.deadLetterQueue = try await catalogue.find(redrive.target) }
        return request
    }

    // MARK: Deleting

    public func deleteMessage(_ input: DeleteMessageRequest, _ call: Call) async throws {
        let queue = try await queue(input.queueUrl, call)
        let results = try await messages.delete([try Self.receipt(input.receiptHandle, queue)], of: queue)
        if let error = Self.failure(results.first, input.receiptHandle, queue) { throw error }
    }

    public func deleteMessageBatch(_ input: DeleteMessageBatchRequest, _ call: Call) async throws
        -> DeleteMessageBatchResult
    {
        let queue = try await queue(input.queueUrl, call)
        try BatchRules.check(input.entries.map(\.id), entry: "DeleteMessageBatchRequestEntry")
        var failed: [BatchResultErrorEntry] = []
        var receipts: [(entry: DeleteMessageBatchRequestEntry, receipt: ReceiptHandle)] = []
        for entry in input.entries {
            do throws(AWSError) {
                receipts.append((entry, try Self.receipt(entry.receiptHandle, queue)))
            } catch {
                failed.append(BatchRules.failure(entry.id, error))
            }
        }
        let results = receipts.isEmpty ? [] : try await messages.delete(receipts.map(\.receipt), of: queue)
        var successful: [DeleteMessageBatchResultEntry] = []
        for (item, result) in zip(receipts, results) {
            if let error = Self.failure(result, item.entry.receiptHandle, queue) {
                failed.append(BatchRules.failure(item.entry.id, error))
            } else {
                successful.append(DeleteMessageBatchResultEntry(id: item.entry.id))
            }
        }
        return DeleteMessageBatchResult(
            successful: successful.isEmpty ? nil : successful, failed: failed.isEmpty ? nil : failed)
    }

    private static func receipt(_ text: String, _ queue: QueueRecord) throws(AWSError) -> ReceiptHandle {
        guard let receipt = ReceiptHandle(text), receipt.queue == queue.id else {
            throw SQSFailures.invalidHandle(text)
        }
        return receipt
    }

    /// A FIFO queue says that a receipt is out of date; with a standard queue the request succeeds, and deletes nothing.
    private static func failure(_ result: QueueEngine.Deletion?, _ handle: String, _ queue: QueueRecord) -> AWSError? {
        result == .outdated && queue.defaults.isFIFO ? SQSFailures.expiredHandle(handle) : nil
    }

    // MARK: Visibility

    public func changeMessageVisibility(_ input: ChangeMessageVisibilityRequest, _ call: Call) async throws {
        let queue = try await queue(input.queueUrl, call)
        try await changeVisibility(input.receiptHandle, input.visibilityTimeout, queue)
    }

    public func changeMessageVisibilityBatch(_ input: ChangeMessageVisibilityBatchRequest, _ call: Call) async throws
        -> ChangeMessageVisibilityBatchResult
    {
        let queue = try await queue(input.queueUrl, call)
        try BatchRules.check(input.entries.map(\.id), entry: "ChangeMessageVisibilityBatchRequestEntry")
        var successful: [ChangeMessageVisibilityBatchResultEntry] = []
        var failed: [BatchResultErrorEntry] = []
        for entry in input.entries {
            do {
                guard let timeout = entry.visibilityTimeout else {
                    throw SQSFailures.missingParameter("VisibilityTimeout")
                }
                try await changeVisibility(entry.receiptHandle, timeout, queue)
                successful.append(ChangeMessageVisibilityBatchResultEntry(id: entry.id))
            } catch let error as AWSError {
                failed.append(BatchRules.failure(entry.id, error))
            }
        }
        return ChangeMessageVisibilityBatchResult(
            successful: successful.isEmpty ? nil : successful, failed: failed.isEmpty ? nil : failed)
    }

    private func changeVisibility(_ handle: String, _ timeout: Int, _ queue: QueueRecord) async throws {
        guard SQSLimits.visibility.contains(timeout) else {
            throw SQSFailures.invalidParameter(
                timeout, "VisibilityTimeout", "VisibilityTimeout must be an integer between 0 and 43200.")
        }
        let receipt = try Self.receipt(handle, queue)
        switch try await messages.changeVisibility(receipt, to: Int64(timeout) * 1000, of: queue) {
        case .done: return
        case .notInFlight: throw SQSFailures.notInFlight
        case .gone: throw SQSFailures.notChangeable(handle)
        case .tooLong:
            throw SQSFailures.invalidParameter(
                timeout, "VisibilityTimeout",
                "Total VisibilityTimeout for the message is beyond the limit [\(SQSLimits.visibility.upperBound) seconds]."
            )
        }
    }
}

extension MessageAttributeValue {
    init(_ attribute: MessageAttribute) {
        switch attribute.value {
        case .text(let text): self.init(dataType: attribute.type, stringValue: text)
        case .binary(let bytes): self.init(dataType: attribute.type, binaryValue: bytes)
        }
    }
}
