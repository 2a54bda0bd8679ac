public import ServiceKit

/// How asynchronous invocations are handled: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-configuring.html
extension LambdaService {
    public func putFunctionEventInvokeConfig(_ input: PutFunctionEventInvokeConfigRequest, _ call: Call) async throws
        -> FunctionEventInvokeConfig
    {
        let target = try Self.eventInvokeTarget(input.functionName, input.qualifier, call)
        if input.maximumRetryAttempts == nil, input.maximumEventAgeInSeconds == nil, input.destinationConfig == nil {
            throw EventInvokeFailures.empty
        }
        var record = EventInvokeRecord(
            key: target.key, qualifier: target.qualifier, maximumRetryAttempts: input.maximumRetryAttempts,
            maximumEventAge: input.maximumEventAgeInSeconds, lastModified: time.now)
        try setDestinations(input.destinationConfig, of: &record, call)
        let complete = record
        return try await save(complete) { _ in complete }
    }

    public func updateFunctionEventInvokeConfig(
        _ input: UpdateFunctionEventInvokeConfigRequest, _ call: Call
    ) async throws -> FunctionEventInvokeConfig {
        let target = try Self.eventInvokeTarget(input.functionName, input.qualifier, call)
        if input.maximumRetryAttempts == nil, input.maximumEventAgeInSeconds == nil, input.destinationConfig == nil {
            throw EventInvokeFailures.empty
        }
        var changes = EventInvokeRecord(key: target.key, qualifier: target.qualifier, lastModified: time.now)
        try setDestinations(input.destinationConfig, of: &changes, call)
        let given = changes
        return try await save(given) { found in
            guard var record = found else { throw EventInvokeFailures.missing(given.arn) }
            record.maximumRetryAttempts = input.maximumRetryAttempts ?? record.maximumRetryAttempts
            record.maximumEventAge = input.maximumEventAgeInSeconds ?? record.maximumEventAge
            if input.destinationConfig?.onSuccess != nil { record.onSuccess = given.onSuccess }
            if input.destinationConfig?.onFailure != nil { record.onFailure = given.onFailure }
            record.lastModified = given.lastModified
            return record
        }
    }

    public func getFunctionEventInvokeConfig(_ input: GetFunctionEventInvokeConfigRequest, _ call: Call) async throws
        -> FunctionEventInvokeConfig
    {
        let target = try Self.eventInvokeTarget(input.functionName, input.qualifier, call)
        let record = try await store.read { try $0.eventInvoke(target.key, target.qualifier) }
        guard let record else { throw EventInvokeFailures.missing(target.key.arn(target.qualifier)) }
        return FunctionEventInvokeConfig(record)
    }

    public func listFunctionEventInvokeConfigs(
        _ input: ListFunctionEventInvokeConfigsRequest, _ call: Call
    ) async throws -> ListFunctionEventInvokeConfigsResponse {
        let key = try FunctionTarget.unqualified(input.functionName, in: call)
        let size = PageMarker.size(input.maxItems)
        let after = try PageMarker.decode(input.marker, of: call, count: 1)?[0]
        let records = try await store.read { transaction in
            guard try transaction.exists(key) else { throw EventInvokeFailures.noFunction }
            return try transaction.eventInvokes(key, after: after, limit: size + 1)
        }
        let page = Page(found: records, size: size, scope: call.operation) { [$0.qualifier] }
        return ListFunctionEventInvokeConfigsResponse(
            functionEventInvokeConfigs: page.items.map(FunctionEventInvokeConfig.init),
            nextMarker: page.next)
    }

    public func deleteFunctionEventInvokeConfig(
        _ input: DeleteFunctionEventInvokeConfigRequest, _ call: Call
    ) async throws {
        let target = try Self.eventInvokeTarget(input.functionName, input.qualifier, call)
        try await change(target.key) {
            let found = try await self.store.write { try $0.deleteEventInvoke(target.key, target.qualifier) }
            guard found else { throw EventInvokeFailures.missing(target.key.arn(target.qualifier)) }
            try await self.reload(target.key)
        }
    }

    private func save(
        _ record: EventInvokeRecord, _ change: @escaping @Sendable (EventInvokeRecord?) throws -> EventInvokeRecord
    ) async throws -> FunctionEventInvokeConfig {
        let key = record.key
        return try await self.change(key) {
            let saved = try await self.store.write { transaction in
                let found = try transaction.eventInvoke(key, record.qualifier)
                let changed = try change(found)
                let version = try transaction.version(key, record.qualifier)
                guard try version != nil || transaction.alias(key, record.qualifier) != nil else {
                    throw EventInvokeFailures.noFunction
                }
                try transaction.save(changed)
                return changed
            }
            try await self.reload(key)
            return FunctionEventInvokeConfig(saved)
        }
    }

    private static func eventInvokeTarget(_ name: String, _ qualifier: String?, _ call: Call) throws
        -> (key: FunctionKey, qualifier: String)
    {
        let target = try FunctionTarget(name, qualifier: qualifier, in: call)
        return (target.key, target.qualifier ?? latestVersion)
    }

    /// - Throws: AWS's errors for what cannot be a destination; `NotImplemented` for one whose service is not here.
    private func setDestinations(_ config: DestinationConfig?, of record: inout EventInvokeRecord, _ call: Call) throws
    {
        func checked(_ arn: String?, _ parameter: String) throws -> String? {
            guard let arn, !arn.isEmpty else { return nil }
            guard let target = DeliveryTarget(arn: arn), !arn.hasSuffix(".fifo") else {
                throw EventInvokeFailures.badDestination(arn)
            }
            if target.kind == .function, target.account == record.key.account, target.region == record.key.region,
                target.name.split(separator: ":").first.map(String.init) == record.key.name
            {
                throw EventInvokeFailures.ownDestination
            }
            if target.kind == .bucket, parameter == "OnSuccess" { throw EventInvokeFailures.noBucketOnSuccess }
            try requireDeliverable(target, "DestinationConfig.\(parameter) (\(target.serviceName))", call)
            return arn
        }
        record.onSuccess = try checked(config?.onSuccess?.destination, "OnSuccess")
        record.onFailure = try checked(config?.onFailure?.destination, "OnFailure")
    }

    /// - Throws: `NotImplemented` if the service that the target belongs to is not here: nothing is configured that would never arrive.
    func requireDeliverable(_ target: DeliveryTarget, _ parameter: String, _ call: Call) throws {
        if deliveries.canDeliver(to: target) { return }
        throw AWSError.notImplemented(service: call.service, operation: call.operation, parameter: parameter)
    }
}

extension FunctionEventInvokeConfig {
    init(_ record: EventInvokeRecord) {
        self.init(
            lastModified: record.lastModified, functionArn: record.arn,
            maximumRetryAttempts: record.maximumRetryAttempts, maximumEventAgeInSeconds: record.maximumEventAge,
            destinationConfig: DestinationConfig(
                onSuccess: OnSuccess(destination: record.onSuccess),
                onFailure: OnFailure(destination: record.onFailure)))
    }
}
