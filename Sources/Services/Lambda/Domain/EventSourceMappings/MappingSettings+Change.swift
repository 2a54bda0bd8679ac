import ServiceKit
import ServiceModel

extension MappingSettings {
    /// The settings of a new mapping, whose id is the name of a Kafka consumer group that has no other.
    /// - Throws: AWS's errors.
    static func make(_ change: MappingChange, of source: EventSource, uuid: String, now: Timestamp) throws
        -> MappingSettings
    {
        let kind = source.kind
        let given = change.given
        for parameter in kind.required where !given.contains(parameter) { throw MappingFailures.missing(parameter) }
        var settings = MappingSettings(
            batchSize: kind.defaultBatchSize, batchingWindow: kind.defaultBatchingWindow)
        settings.topics = change.topics ?? []
        settings.queues = change.queues ?? []
        if kind.isKafka {
            settings.consumerGroup =
                change.managedKafka?.consumerGroupId ?? change.selfManagedKafka?.consumerGroupId ?? uuid
        }
        try settings.takeStart(change, of: source, now: now)
        try settings.apply(change, to: source)
        return settings
    }

    private mutating func takeStart(_ change: MappingChange, of source: EventSource, now: Timestamp) throws {
        let kind = source.kind
        guard kind.takes(.startingPosition) else { return }
        // Only streams must name one; a topic of Kafka is read from its beginning.
        guard let position = change.startingPosition ?? (kind.isKafka ? "TRIM_HORIZON" : nil) else {
            throw LambdaFailures.invalidParameter(
                "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: "
                    + "Member must not be null.")
        }
        if position == "AT_TIMESTAMP" {
            guard kind != .tableStream else {
                throw LambdaFailures.invalidParameter(
                    "Unsupported starting position for arn type: \(source.arn ?? "")")
            }
            guard let timestamp = change.startingTimestamp else {
                throw LambdaFailures.invalidParameter("Need to specify a timestamp")
            }
            guard timestamp <= now else {
                throw LambdaFailures.invalidParameter("StartingPositionTimestamp cannot be in the future.")
            }
            startingTimestamp = timestamp.milliseconds
        } else if change.startingTimestamp != nil {
            throw LambdaFailures.invalidParameter(
                "StartingPositionTimestamp is only valid with StartingPosition AT_TIMESTAMP.")
        }
        startingPosition = position
    }

    /// Takes over what a request names.
    /// - Throws: AWS's errors.
    mutating func apply(_ change: MappingChange, to source: EventSource) throws {
        let kind = source.kind
        let given = change.given
        for parameter in MappingParameter.allCases where given.contains(parameter) && !kind.takes(parameter) {
            throw MappingFailures.unsupported(parameter, by: kind)
        }
        batchSize = change.batchSize ?? batchSize
        batchingWindow = change.batchingWindow ?? batchingWindow
        try checkBatches(of: source)
        parallelization = change.parallelization ?? parallelization
        maximumRecordAge = change.maximumRecordAge ?? maximumRecordAge
        guard maximumRecordAge == -1 || maximumRecordAge >= 60 else {
            throw LambdaFailures.invalidParameter(
                "1 validation error detected: Value '\(maximumRecordAge)' at 'maximumRecordAgeInSeconds' failed to "
                    + "satisfy constraint: Member must be -1 or have value greater than or equal to 60")
        }
        bisectsBatches = change.bisectsBatches ?? bisectsBatches
        maximumRetries = change.maximumRetries ?? maximumRetries
        tumblingWindow = change.tumblingWindow ?? tumblingWindow
        responseTypes = change.responseTypes ?? responseTypes
        if let destinations = change.destinations { try take(destinations, of: kind) }
        if let access = change.access { try take(access, of: kind) }
        if let documents = change.documents { try take(documents) }
        if let scaling = change.scaling { maximumConcurrency = scaling.maximumConcurrency }
        if let pollers = change.pollers { try take(pollers, of: kind) }
        guard pollers == nil || maximumConcurrency == nil else {
            throw LambdaFailures.invalidParameter(
                "ScalingConfig and ProvisionedPollerConfig cannot be used together: provisioned pollers have a maximum "
                    + "of their own.")
        }
        if let metrics = change.metrics { try take(metrics, of: kind) }
        if let logging = change.logging { logLevel = logging.systemLogLevel }
        if let key = change.kmsKey { kmsKey = key.isEmpty ? nil : key }
        if let criteria = change.filterCriteria { filters = try MappingFilters.parse(criteria) }
    }

    private func checkBatches(of source: EventSource) throws {
        guard source.kind == .queue else { return }
        if source.isOrderedQueue {
            guard batchingWindow == nil || batchingWindow == 0 else {
                throw LambdaFailures.invalidParameter("Batching window is not supported for FIFO queues")
            }
            guard batchSize <= 10 else {
                throw LambdaFailures.invalidParameter(
                    "1 validation error detected: Value '\(batchSize)' at 'batchSize' failed to satisfy constraint: "
                        + "Member must have value less than or equal to 10")
            }
        }
        guard batchSize <= 10 || (batchingWindow ?? 0) > 0 else {
            throw LambdaFailures.invalidParameter(
                "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10")
        }
    }

    private mutating func take(_ destinations: DestinationConfig, of kind: EventSourceKind) throws {
        let failure = destinations.onFailure?.destination.flatMap { $0.isEmpty ? nil : $0 }
        let isTaken =
            failure.map { destination in
                kind.isKafka && destination.hasPrefix("kafka://")
                    || ["sqs", "sns", "s3"].contains(ARN(destination)?.service ?? "")
            } ?? true
        let success = destinations.onSuccess?.destination.flatMap { $0.isEmpty ? nil : $0 }
        guard isTaken, success == nil else {
            func text(_ name: String, _ value: String?) -> String {
                value.map { "\(name)(destination=\($0))" } ?? "null"
            }
            throw LambdaFailures.invalidParameter(
                "The provided destination config DestinationConfig(onSuccess=\(text("OnSuccess", success)), "
                    + "onFailure=\(text("OnFailure", failure))) is invalid.")
        }
        failureDestination = failure
    }

    private mutating func take(_ configurations: [SourceAccessConfiguration], of kind: EventSourceKind) throws {
        access = try configurations.map { configuration in
            guard let type = configuration.type, let uri = configuration.uri else {
                throw LambdaFailures.invalidParameter("Source access configurations need a type and a URI.")
            }
            guard kind.accessTypes.contains(type) else {
                throw LambdaFailures.invalidParameter(
                    "Unsupported source access configuration type \(type) for given event source mapping type.")
            }
            return Access(type: type, uri: uri)
        }
    }

    private mutating func take(_ input: DocumentDBEventSourceConfig) throws {
        guard let database = input.databaseName ?? documents?.database else {
            throw LambdaFailures.invalidParameter("Required 'databaseName' parameter is missing.")
        }
        documents = Documents(
            database: database, collection: input.collectionName ?? documents?.collection,
            fullDocument: input.fullDocument ?? documents?.fullDocument)
    }

    private mutating func take(_ input: ProvisionedPollerConfig, of kind: EventSourceKind) throws {
        guard input.minimumPollers != nil || input.maximumPollers != nil || input.pollerGroupName != nil else {
            pollers = nil
            return
        }
        let least = kind == .queue ? 2 : 1
        let merged = Pollers(
            minimum: input.minimumPollers ?? pollers?.minimum, maximum: input.maximumPollers ?? pollers?.maximum,
            group: input.pollerGroupName ?? pollers?.group)
        guard (merged.minimum ?? least) >= least, (merged.maximum ?? 200) >= max(least, merged.minimum ?? least),
            kind.isKafka || merged.group == nil
        else {
            throw LambdaFailures.invalidParameter(
                "The provided ProvisionedPollerConfig is invalid: MinimumPollers must be at least \(least) and not more "
                    + "than MaximumPollers.")
        }
        pollers = merged
    }

    private mutating func take(_ input: EventSourceMappingMetricsConfig, of kind: EventSourceKind) throws {
        let names = input.metrics ?? []
        if let unknown = names.first(where: { !kind.metrics.contains($0) }) {
            throw LambdaFailures.invalidParameter(
                "Unsupported metric \(unknown) for given event source mapping type.")
        }
        metrics = names
    }
}
