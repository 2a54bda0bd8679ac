public import ServiceKit

extension SQSService {
    public func createQueue(_ input: CreateQueueRequest, _ call: Call) async throws -> CreateQueueResult {
        let given = input.attributes ?? [:]
        let settings = try Self.newSettings(input.queueName, given)
        let tags = try QueueTags.merging(input.tags ?? [:], into: [:])
        let key = QueueKey(account: call.account, region: call.region, name: input.queueName)
        if let present = try await catalogue.find(key) { return try Self.existing(present, given, settings, call) }
        try await checkRedrive(settings.redrive, given["RedrivePolicy"], of: key, isFIFO: settings.isFIFO)
        let now = self.now
        if let deleted = try await catalogue.store.deleted(key), now - deleted < SQSLimits.pause {
            throw SQSError.queueDeletedRecently(
                "You must wait 60 seconds after deleting a queue before you can create another with the same name.")
        }
        guard let record = try await catalogue.store.create(key, settings, tags: tags, now: now) else {
            // Somebody else was faster.
            guard let present = try await catalogue.find(key) else { throw SQSFailures.noQueue }
            return try Self.existing(present, given, settings, call)
        }
        catalogue.changed(record)
        return CreateQueueResult(queueUrl: key.url(call.endpoint))
    }

    /// The settings of a new queue.
    private static func newSettings(_ name: String, _ given: [String: String]) throws(AWSError) -> QueueSettings {
        var settings = QueueSettings()
        if let fifo = given["FifoQueue"] {
            guard fifo == "true" else { throw SQSFailures.unknownAttribute("FifoQueue") }
            settings.isFIFO = true
        }
        if settings.isFIFO {
            guard QueueKey.isName(name), name.hasSuffix(".fifo") else {
                throw SQSFailures.invalidParameter(
                    "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length."
                )
            }
        } else {
            guard QueueKey.isName(name), !name.hasSuffix(".fifo") else {
                throw SQSFailures.invalidParameter(
                    "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length")
            }
        }
        try settings.set(given, isNew: true)
        return settings
    }

    /// A queue that is there answers as if it had been made, if it has the attributes that were given.
    private static func existing(
        _ present: QueueRecord, _ given: [String: String], _ settings: QueueSettings, _ call: Call
    ) throws(AWSError) -> CreateQueueResult {
        let (old, new) = (present.settings.texts, settings.texts)
        for name in given.keys.sorted() where old[name] != new[name] {
            throw SQSFailures.queueExists(differing: name)
        }
        return CreateQueueResult(queueUrl: present.key.url(call.endpoint))
    }

    /// A dead-letter queue must be there, be of the same kind, and allow it.
    private func checkRedrive(_ redrive: RedrivePolicy?, _ given: String?, of key: QueueKey, isFIFO: Bool) async throws
    {
        guard let redrive, let given else { return }
        func fail(_ reason: String) -> AWSError { SQSFailures.invalidParameter(given, "RedrivePolicy", reason) }
        guard redrive.target.account == key.account, redrive.target.region == key.region else {
            throw fail("Dead-letter queue must be in the same account and region as the source.")
        }
        guard let target = try await catalogue.find(redrive.target) else {
            throw fail("Dead letter target does not exist.")
        }
        guard target.settings.isFIFO == isFIFO else {
            throw fail("Dead-letter queue must be same type of queue as the source.")
        }
        guard target.settings.redriveAllow?.allows(key) ?? true else {
            throw fail("Queue is not permitted to be used as a dead-letter queue by the source queue.")
        }
    }

    public func deleteQueue(_ input: DeleteQueueRequest, _ call: Call) async throws {
        let record = try await queue(input.queueUrl, call)
        guard try await catalogue.store.delete(record.id, now: now) else { throw SQSFailures.noQueue }
        catalogue.forget(record.key)
        await messages.closed(record)
        // What is left goes in time; most queues have little.
        let messages = messages
        Task { _ = try await messages.remove(queue: record.id) }
    }

    public func getQueueUrl(_ input: GetQueueUrlRequest, _ call: Call) async throws -> GetQueueUrlResult {
        let account = input.queueOwnerAWSAccountId ?? call.account
        guard AccountID.isValid(account) else {
            throw SQSFailures.invalidParameter(account, "QueueOwnerAWSAccountId", "Must be a 12-digit account ID.")
        }
        let key = QueueKey(account: account, region: call.region, name: input.queueName)
        return GetQueueUrlResult(queueUrl: try await queue(key, call).key.url(call.endpoint))
    }

    public func listQueues(_ input: ListQueuesRequest, _ call: Call) async throws -> ListQueuesResult {
        let size = try Self.pageSize(input.maxResults, input.nextToken)
        let prefix = input.queueNamePrefix ?? ""
        guard prefix.isEmpty || QueueKey.isName(prefix) || QueueKey.isName(prefix + "a") || prefix.hasSuffix(".") else {
            return ListQueuesResult()
        }
        var last = ""
        if let token = input.nextToken {
            guard let position = PageToken(token, scope: "ListQueues/\(prefix)")?.position.first else {
                throw Self.badToken
            }
            last = position
        }
        let found = try await catalogue.store.list(
            account: call.account, region: call.region, prefix: prefix, after: last, limit: size + 1)
        let page = Page(found: found, size: size, scope: "ListQueues/\(prefix)") { [$0.key.name] }
        if page.items.isEmpty { return ListQueuesResult() }
        // Without a size there are no tokens: the list ends after a thousand.
        return ListQueuesResult(
            queueUrls: page.items.map { $0.key.url(call.endpoint) },
            nextToken: input.maxResults == nil ? nil : page.next)
    }

    public func listDeadLetterSourceQueues(_ input: ListDeadLetterSourceQueuesRequest, _ call: Call) async throws
        -> ListDeadLetterSourceQueuesResult
    {
        let record = try await queue(input.queueUrl, call)
        let size = try Self.pageSize(input.maxResults, input.nextToken)
        let scope = "ListDeadLetterSourceQueues/\(record.id)"
        var last: Int64 = 0
        if let token = input.nextToken {
            guard let position = PageToken(token, scope: scope)?.position.first.flatMap({ Int64($0) }) else {
                throw Self.badToken
            }
            last = position
        }
        let found = try await catalogue.store.sources(of: record.key, after: last, limit: size + 1)
        let page = Page(found: found, size: size, scope: scope) { [String($0.id)] }
        return ListDeadLetterSourceQueuesResult(
            queueUrls: page.items.map { $0.key.url(call.endpoint) },
            nextToken: input.maxResults == nil ? nil : page.next)
    }

    private static func pageSize(_ given: Int?, _ token: String?) throws(AWSError) -> Int {
        guard let given else { return 1000 }
        guard (1...1000).contains(given) else {
            throw SQSFailures.invalidParameter(given, "MaxResults", "Must be an integer value between 1 and 1000.")
        }
        return given
    }

    private static var badToken: AWSError { SQSFailures.invalidParameter("Invalid or expired next token.") }

    // MARK: Attributes

    public func getQueueAttributes(_ input: GetQueueAttributesRequest, _ call: Call) async throws
        -> GetQueueAttributesResult
    {
        let names = input.attributeNames ?? []
        for name in names
        where name != "All" && !QueueSettings.names.contains(name) && !QueueSettings.readOnly.contains(name) {
            throw SQSFailures.unknownAttribute(name)
        }
        let record = try await queue(input.queueUrl, call)
        if names.isEmpty { return GetQueueAttributesResult() }
        var texts = record.settings.texts
        texts["QueueArn"] = record.key.arn
        texts["CreatedTimestamp"] = String(record.created / 1000)
        texts["LastModifiedTimestamp"] = String(record.modified / 1000)
        if names.contains(where: { $0 == "All" || $0.hasPrefix("Approximate") }) {
            let counts = try await messages.counts(record)
            texts["ApproximateNumberOfMessages"] = String(counts.visible)
            texts["ApproximateNumberOfMessagesNotVisible"] = String(counts.inFlight)
            texts["ApproximateNumberOfMessagesDelayed"] = String(counts.delayed)
        }
        if !names.contains("All") { texts = texts.filter { names.contains($0.key) } }
        return GetQueueAttributesResult(attributes: texts.isEmpty ? nil : texts)
    }

    public func setQueueAttributes(_ input: SetQueueAttributesRequest, _ call: Call) async throws {
        let record = try await queue(input.queueUrl, call)
        let given = input.attributes
        var settings = record.settings
        try settings.set(given)
        try await checkRedrive(settings.redrive, given["RedrivePolicy"], of: record.key, isFIFO: settings.isFIFO)
        try await change(record) { settings in try settings.set(given) }
    }

    /// Changes the settings of a queue as they are by then.
    func change(_ record: QueueRecord, _ body: @escaping @Sendable (inout QueueSettings) throws -> Void) async throws {
        let now = self.now
        try await update(record) { record in
            var settings = record.settings
            try body(&settings)
            return QueueRecord(
                id: record.id, key: record.key, settings: settings, tags: record.tags, created: record.created,
                modified: now, purged: record.purged)
        }
    }

    func update(_ record: QueueRecord, _ body: @escaping @Sendable (QueueRecord) throws -> QueueRecord) async throws {
        guard let changed = try await catalogue.store.update(record.id, body) else { throw SQSFailures.noQueue }
        catalogue.changed(changed)
        await messages.changed(changed)
    }

    public func purgeQueue(_ input: PurgeQueueRequest, _ call: Call) async throws {
        let record = try await queue(input.queueUrl, call)
        let now = self.now
        try await update(record) { record in
            if let purged = record.purged, now - purged < SQSLimits.pause {
                throw SQSError.purgeQueueInProgress(
                    "Only one PurgeQueue operation on \(record.key.name) is allowed every 60 seconds.")
            }
            return QueueRecord(
                id: record.id, key: record.key, settings: record.settings, tags: record.tags, created: record.created,
                modified: record.modified, purged: now)
        }
        try await messages.purge(record)
    }
}
