public import ServiceKit

extension SQSService {
    public func addPermission(_ input: AddPermissionRequest, _ call: Call) async throws {
        let record = try await queue(input.queueUrl, call)
        guard !input.label.isEmpty else { throw SQSFailures.missingParameter("Label") }
        guard input.label.utf8.count <= 80, QueueKey.isName(input.label), !input.label.hasSuffix(".fifo") else {
            throw SQSFailures.invalidParameter(
                input.label, "Label",
                "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length.")
        }
        guard !input.actions.isEmpty else { throw SQSFailures.missingParameter("Actions") }
        guard !input.awsAccountIds.isEmpty else { throw SQSFailures.missingParameter("PrincipalId") }
        for account in input.awsAccountIds where !AccountID.isValid(account) {
            throw SQSFailures.invalidParameter("[\(account)]", "PrincipalId", "Unable to verify.")
        }
        guard input.actions.count <= 7 else {
            throw SQSError.overLimit("\(input.actions.count) Actions were found, maximum allowed is 7.")
        }
        for action in input.actions where !QueuePolicy.grantable.contains(action) {
            let reason =
                Self.implementedOperations.contains(action)
                ? "Only the queue owner is allowed to invoke this action."
                : "Please refer to the appropriate WSDL for a list of valid actions. "
            throw SQSFailures.invalidParameter("SQS:\(action)", "ActionName", reason)
        }
        let (label, accounts, actions, key) = (input.label, input.awsAccountIds, input.actions, record.key)
        try await change(record) { settings in
            settings.policy = try QueuePolicy.adding(
                label, accounts: accounts, actions: actions, to: settings.policy, of: key)
        }
    }

    public func removePermission(_ input: RemovePermissionRequest, _ call: Call) async throws {
        let record = try await queue(input.queueUrl, call)
        let label = input.label
        try await change(record) { settings in
            settings.policy = try QueuePolicy.removing(label, from: settings.policy)
        }
    }

    // MARK: Tags

    public func tagQueue(_ input: TagQueueRequest, _ call: Call) async throws {
        let record = try await queue(input.queueUrl, call)
        let tags = input.tags
        guard !tags.isEmpty else { throw SQSFailures.missingParameter("Tags") }
        try await update(record) { $0.tagged(try QueueTags.merging(tags, into: $0.tags)) }
    }

    public func untagQueue(_ input: UntagQueueRequest, _ call: Call) async throws {
        let record = try await queue(input.queueUrl, call)
        let keys = Set(input.tagKeys)
        guard !keys.isEmpty else {
            throw SQSFailures.invalidParameter("Tag keys must be between 1 and 128 characters in length.")
        }
        try await update(record) { record in record.tagged(record.tags.filter { !keys.contains($0.key) }) }
    }

    public func listQueueTags(_ input: ListQueueTagsRequest, _ call: Call) async throws -> ListQueueTagsResult {
        let record = try await queue(input.queueUrl, call)
        return ListQueueTagsResult(tags: record.tags.isEmpty ? nil : record.tags)
    }
}

extension QueueRecord {
    fileprivate func tagged(_ tags: [String: String]) -> QueueRecord {
        QueueRecord(
            id: id, key: key, settings: settings, tags: tags, created: created, modified: modified, purged: purged)
    }
}

/// Tags as SQS takes them.
enum QueueTags {
    /// - Throws: AWS's errors.
    static func merging(_ added: [String: String], into tags: [String: String]) throws(AWSError) -> [String: String] {
        let list = added.sorted { $0.key < $1.key }.map { ResourceTag(key: $0.key, value: $0.value) }
        let present = tags.sorted { $0.key < $1.key }.map { ResourceTag(key: $0.key, value: $0.value) }
        do throws(TagRules.Violation) {
            let merged = try TagRules.standard.merging(list, into: present)
            return Dictionary(merged.map { ($0.key, $0.value) }, uniquingKeysWith: { $1 })
        } catch {
            throw failure(error)
        }
    }

    private static func failure(_ violation: TagRules.Violation) -> AWSError {
        switch violation {
        case .tooMany(let limit):
            SQSFailures.invalidParameter("Too many tags added for queue. Maximum number of tags is \(limit).")
        case .emptyKey, .keyTooLong:
            SQSFailures.invalidParameter("Tag keys must be between 1 and 128 characters in length.")
        case .valueTooLong: SQSFailures.invalidParameter("Tag values must be between 0 and 256 characters in length.")
        case .reservedKey:
            SQSFailures.invalidParameter("Tag keys cannot start with 'aws:', it is reserved for internal use.")
        case .keyCharacters, .valueCharacters, .duplicateKey:
            SQSFailures.invalidParameter(
                "The tag keys and values can contain letters, digits, white space, and the characters _.:/=+-@ only.")
        }
    }
}
