public import ServiceKit
import ServiceModel

/// Event source mappings: https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html
extension LambdaService {
    public func createEventSourceMapping(
        _ input: CreateEventSourceMappingRequest, _ call: Call
    ) async throws -> EventSourceMappingConfiguration {
        let source = try EventSource(arn: input.eventSourceArn, selfManaged: input.selfManagedEventSource)
        let change = MappingChange(input)
        try UnsupportedParameters(operation: call.operation).refuse(
            "SchemaRegistryConfig", if: change.hasSchemaRegistry)
        // A filter that is to be encrypted with a key of one's own must not lie about without.
        try UnsupportedParameters(operation: call.operation).refuse("KMSKeyArn", if: change.kmsKey?.isEmpty == false)
        let target = try FunctionTarget(input.functionName, in: call)
        let version = try await mappedVersion(target)
        let tags = input.tags ?? [:]
        try FunctionTags.validate(tags)
        let key = MappingKey(account: call.account, region: call.region, uuid: newID())
        let record = MappingRecord(
            key: key, function: target.key, qualifier: target.qualifier, source: source,
            settings: try .make(change, of: source, uuid: key.uuid, now: time.now), isEnabled: input.enabled ?? true,
            lastModified: time.now)
        try await checkSource(of: record, version, call)
        try await store.write { transaction in
            try Self.refuseDuplicate(transaction, of: record)
            try transaction.save(record)
            try transaction.setTags(.mapping(key), tags)
        }
        // AWS shows a queue's mapping that is not enabled as what it is at once.
        if record.isEnabled || source.kind != .queue { changingMappings.begin(key, "Creating") }
        await engine.changed(key)
        return shown(record)
    }

    public func getEventSourceMapping(
        _ input: GetEventSourceMappingRequest, _ call: Call
    ) async throws -> EventSourceMappingConfiguration {
        let key = MappingKey(account: call.account, region: call.region, uuid: input.uuid)
        guard let record = try await store.read({ try $0.mapping(key) }) else { throw MappingFailures.notFound }
        return shown(record)
    }

    public func updateEventSourceMapping(
        _ input: UpdateEventSourceMappingRequest, _ call: Call
    ) async throws -> EventSourceMappingConfiguration {
        let key = MappingKey(account: call.account, region: call.region, uuid: input.uuid)
        guard let before = try await store.read({ try $0.mapping(key) }) else { throw MappingFailures.notFound }
        guard !before.isDeleting, !isChanging(key) else { throw MappingFailures.inUse("update") }
        let change = MappingChange(input)
        try UnsupportedParameters(operation: call.operation).refuse(
            "SchemaRegistryConfig", if: change.hasSchemaRegistry)
        // A filter that is to be encrypted with a key of one's own must not lie about without.
        try UnsupportedParameters(operation: call.operation).refuse("KMSKeyArn", if: change.kmsKey?.isEmpty == false)
        var edited = before
        if let name = input.functionName {
            let target = try FunctionTarget(name, in: call)
            (edited.function, edited.qualifier) = (target.key, target.qualifier)
        }
        try edited.settings.apply(change, to: before.source)
        edited.isEnabled = input.enabled ?? before.isEnabled
        edited.lastModified = time.now
        if input.functionName != nil || edited.isEnabled {
            let version = try await mappedVersion(FunctionTarget(key: edited.function, qualifier: edited.qualifier))
            try await checkSource(of: edited, version, call)
        }
        let after = edited
        try await store.write { transaction in
            guard let found = try transaction.mapping(key), !found.isDeleting else { throw MappingFailures.notFound }
            guard found == before else { throw MappingFailures.inUse("update") }
            try Self.refuseDuplicate(transaction, of: after)
            try transaction.save(after)
        }
        let states = [true: "Enabling", false: "Disabling"]
        changingMappings.begin(
            key, after.isEnabled == before.isEnabled ? "Updating" : states[after.isEnabled] ?? "Updating")
        await engine.changed(key)
        return shown(after)
    }

    public func deleteEventSourceMapping(
        _ input: DeleteEventSourceMappingRequest, _ call: Call
    ) async throws -> EventSourceMappingConfiguration {
        let key = MappingKey(account: call.account, region: call.region, uuid: input.uuid)
        let isChanging = isChanging(key)
        let isShown = changingMappings.time > .zero
        let deleted = try await store.write { transaction in
            guard var record = try transaction.mapping(key) else { throw MappingFailures.notFound }
            guard !record.isDeleting, !isChanging else { throw MappingFailures.inUse("delete") }
            record.isDeleting = true
            record.isEnabled = false
            if isShown { try transaction.save(record) } else { try transaction.delete(key) }
            return record
        }
        await engine.changed(key)
        if isShown {
            changingMappings.begin(key, "Deleting")
            finishDeletion(of: key)
        }
        return shown(deleted)
    }

    public func listEventSourceMappings(
        _ input: ListEventSourceMappingsRequest, _ call: Call
    ) async throws -> ListEventSourceMappingsResponse {
        let target = try input.functionName.map { try FunctionTarget($0, in: call) }
        let size = min(max(input.maxItems ?? LambdaLimits.mappings, 1), LambdaLimits.mappings)
        let after = try PageMarker.decode(input.marker, of: call, count: 1)?[0]
        let (account, region) = (call.account, call.region)
        let records = try await store.read {
            try $0.mappings(
                account: account, region: region, of: target, source: input.eventSourceArn, after: after,
                limit: size + 1)
        }
        let page = Page(found: records, size: size, scope: call.operation) { [$0.key.uuid] }
        return ListEventSourceMappingsResponse(
            nextMarker: page.next,
            eventSourceMappings: page.items.map { shown($0) })
    }

    /// Ends deletions that a process which has ended had answered.
    func finishDeletions() async throws {
        try await store.write { transaction in
            for key in try transaction.deletedMappings() { try transaction.delete(key) }
        }
    }

    private func shown(_ record: MappingRecord) -> EventSourceMappingConfiguration {
        let state = changingMappings.state(record.key)
        // As long as the function runs with what was read before.
        let isEnding = !record.isEnabled && !record.isDeleting && engine.isEnding(record.key)
        return EventSourceMappingConfiguration(record, state: state ?? (isEnding ? "Disabling" : nil))
    }

    /// Whether an earlier change has not settled yet.
    private func isChanging(_ key: MappingKey) -> Bool { changingMappings.state(key) != nil || engine.isEnding(key) }

    private func finishDeletion(of key: MappingKey) {
        Task {
            try? await Task.sleep(for: changingMappings.time)
            await engine.ended(key)
            // If it fails, the next start does it.
            try? await store.write { transaction in
                if try transaction.mapping(key)?.isDeleting == true { try transaction.delete(key) }
            }
        }
    }

    /// The version behind a mapping's function.
    /// - Throws: AWS's error if there is none.
    private func mappedVersion(_ target: FunctionTarget) async throws -> VersionRecord {
        let version = try await store.read { transaction in
            var qualifier = target.qualifier ?? latestVersion
            if let alias = try transaction.alias(target.key, qualifier) { qualifier = alias.version }
            return try transaction.version(target.key, qualifier)
        }
        guard let version else { throw MappingFailures.noFunction }
        return version
    }

    /// Asks for the source, if it is there to be asked for.
    /// - Throws: AWS's errors for a source that does not exist or does not fit the function; `NotImplemented` for a mapping that
    ///   would be enabled and that nothing polls.
    private func checkSource(of record: MappingRecord, _ version: VersionRecord, _ call: Call) async throws {
        let source = record.source
        guard sources.offers(source.kind) else {
            if record.isEnabled { throw MappingFailures.notPolled(source.kind, operation: call.operation) }
            return
        }
        let found: EventSourceDescription?
        do {
            found = try await sources.describe(
                source, as: .executionRole(version.settings.role, of: version.key), region: call.region)
        } catch let error as AWSError where error.status == 403 || error.code.contains("AccessDenied") {
            throw MappingFailures.notReadable(source)
        }
        guard let found else { throw MappingFailures.noSource(source) }
        if let visibility = found.visibilityTimeout, visibility < version.settings.timeout {
            throw LambdaFailures.invalidParameter(
                "Queue visibility timeout: \(visibility) seconds is less than Function timeout: "
                    + "\(version.settings.timeout) seconds")
        }
    }

    private static func refuseDuplicate(_ transaction: LambdaTransaction, of record: MappingRecord) throws {
        let target = FunctionTarget(key: record.function, qualifier: record.qualifier)
        let others = try transaction.mappings(
            account: record.key.account, region: record.key.region, of: target, source: record.source.arn)
        if let other = others.first(where: { $0.key != record.key && $0.overlaps(record) }) {
            throw MappingFailures.exists(record, other)
        }
    }
}
