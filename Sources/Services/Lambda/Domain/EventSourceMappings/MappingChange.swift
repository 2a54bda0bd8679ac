import ServiceKit
import ServiceModel

/// What a request to create or to update a mapping says of its settings; nil is what it does not say.
struct MappingChange: Sendable {
    var batchSize: Int?
    var filterCriteria: FilterCriteria?
    var batchingWindow: Int?
    var parallelization: Int?
    var startingPosition: String?
    var startingTimestamp: Timestamp?
    var destinations: DestinationConfig?
    var maximumRecordAge: Int?
    var bisectsBatches: Bool?
    var maximumRetries: Int?
    var tumblingWindow: Int?
    var topics: [String]?
    var queues: [String]?
    var access: [SourceAccessConfiguration]?
    var responseTypes: [String]?
    var managedKafka: AmazonManagedKafkaEventSourceConfig?
    var selfManagedKafka: SelfManagedKafkaEventSourceConfig?
    var scaling: ScalingConfig?
    var documents: DocumentDBEventSourceConfig?
    var kmsKey: String?
    var metrics: EventSourceMappingMetricsConfig?
    var logging: EventSourceMappingLoggingConfig?
    var pollers: ProvisionedPollerConfig?

    /// The parameters that are given, of those that not every kind takes. What is empty removes, and is always taken.
    var given: Set<MappingParameter> {
        var given: Set<MappingParameter> = []
        func note(_ parameter: MappingParameter, _ isGiven: Bool) { if isGiven { given.insert(parameter) } }
        note(.startingPosition, startingPosition != nil)
        note(.startingPositionTimestamp, startingTimestamp != nil)
        note(
            .destinationConfig,
            destinations?.onFailure?.destination?.isEmpty == false
                || destinations?.onSuccess?.destination?.isEmpty == false)
        note(.parallelizationFactor, parallelization != nil)
        note(.maximumRecordAgeInSeconds, maximumRecordAge != nil)
        note(.bisectBatchOnFunctionError, bisectsBatches != nil)
        note(.maximumRetryAttempts, maximumRetries != nil)
        note(.tumblingWindowInSeconds, tumblingWindow != nil)
        note(.topics, topics?.isEmpty == false)
        note(.queues, queues?.isEmpty == false)
        note(.sourceAccessConfigurations, access?.isEmpty == false)
        note(.functionResponseTypes, responseTypes?.isEmpty == false)
        note(.amazonManagedKafkaEventSourceConfig, managedKafka != nil)
        note(.selfManagedKafkaEventSourceConfig, selfManagedKafka != nil)
        note(.scalingConfig, scaling?.maximumConcurrency != nil)
        note(.documentDBEventSourceConfig, documents != nil)
        note(.loggingConfig, logging?.systemLogLevel != nil)
        note(
            .provisionedPollerConfig,
            pollers?.minimumPollers != nil || pollers?.maximumPollers != nil || pollers?.pollerGroupName != nil)
        return given
    }

    /// Whether a schema registry is asked for, which there is none of.
    var hasSchemaRegistry: Bool {
        managedKafka?.schemaRegistryConfig != nil || selfManagedKafka?.schemaRegistryConfig != nil
    }
}

extension MappingChange {
    init(_ input: CreateEventSourceMappingRequest) {
        self.init(
            batchSize: input.batchSize, filterCriteria: input.filterCriteria,
            batchingWindow: input.maximumBatchingWindowInSeconds, parallelization: input.parallelizationFactor,
            startingPosition: input.startingPosition, startingTimestamp: input.startingPositionTimestamp,
            destinations: input.destinationConfig, maximumRecordAge: input.maximumRecordAgeInSeconds,
            bisectsBatches: input.bisectBatchOnFunctionError, maximumRetries: input.maximumRetryAttempts,
            tumblingWindow: input.tumblingWindowInSeconds, topics: input.topics, queues: input.queues,
            access: input.sourceAccessConfigurations, responseTypes: input.functionResponseTypes,
            managedKafka: input.amazonManagedKafkaEventSourceConfig,
            selfManagedKafka: input.selfManagedKafkaEventSourceConfig, scaling: input.scalingConfig,
            documents: input.documentDBEventSourceConfig, kmsKey: input.kmsKeyArn, metrics: input.metricsConfig,
            logging: input.loggingConfig, pollers: input.provisionedPollerConfig)
    }

    init(_ input: UpdateEventSourceMappingRequest) {
        self.init(
            batchSize: input.batchSize, filterCriteria: input.filterCriteria,
            batchingWindow: input.maximumBatchingWindowInSeconds, parallelization: input.parallelizationFactor,
            destinations: input.destinationConfig, maximumRecordAge: input.maximumRecordAgeInSeconds,
            bisectsBatches: input.bisectBatchOnFunctionError, maximumRetries: input.maximumRetryAttempts,
            tumblingWindow: input.tumblingWindowInSeconds, access: input.sourceAccessConfigurations,
            responseTypes: input.functionResponseTypes, managedKafka: input.amazonManagedKafkaEventSourceConfig,
            selfManagedKafka: input.selfManagedKafkaEventSourceConfig, scaling: input.scalingConfig,
            documents: input.documentDBEventSourceConfig, kmsKey: input.kmsKeyArn, metrics: input.metricsConfig,
            logging: input.loggingConfig, pollers: input.provisionedPollerConfig)
    }
}
