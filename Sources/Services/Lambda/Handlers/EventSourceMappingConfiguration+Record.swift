import ServiceKit
import ServiceModel

extension EventSourceMappingConfiguration {
    /// A mapping as AWS shows those of its kind; `state` is nil if it has settled.
    init(_ record: MappingRecord, state: String?) {
        let (kind, settings) = (record.source.kind, record.settings)
        self.init(
            uuid: record.key.uuid, startingPosition: settings.startingPosition,
            startingPositionTimestamp: settings.startingTimestamp.map { Timestamp(milliseconds: $0) },
            batchSize: settings.batchSize, maximumBatchingWindowInSeconds: settings.batchingWindow,
            eventSourceArn: record.source.arn,
            filterCriteria: settings.filters.isEmpty
                ? nil : FilterCriteria(filters: settings.filters.map { Filter(pattern: $0) }),
            functionArn: record.functionARN, lastModified: record.lastModified,
            lastProcessingResult: kind.showsLastResult ? record.lastResult ?? "No records processed" : nil,
            state: state ?? record.settledState, stateTransitionReason: kind.transitionReason,
            topics: settings.topics.isEmpty ? nil : settings.topics,
            queues: settings.queues.isEmpty ? nil : settings.queues,
            sourceAccessConfigurations: settings.access.isEmpty
                ? nil : settings.access.map { SourceAccessConfiguration(type: $0.type, uri: $0.uri) },
            selfManagedEventSource: record.source.endpoints.isEmpty
                ? nil : SelfManagedEventSource(endpoints: ["KAFKA_BOOTSTRAP_SERVERS": record.source.endpoints]),
            amazonManagedKafkaEventSourceConfig: kind == .managedKafka
                ? AmazonManagedKafkaEventSourceConfig(consumerGroupId: settings.consumerGroup) : nil,
            selfManagedKafkaEventSourceConfig: kind == .selfManagedKafka
                ? SelfManagedKafkaEventSourceConfig(consumerGroupId: settings.consumerGroup) : nil,
            scalingConfig: settings.maximumConcurrency.map { ScalingConfig(maximumConcurrency: $0) },
            documentDBEventSourceConfig: settings.documents.map {
                DocumentDBEventSourceConfig(
                    databaseName: $0.database, collectionName: $0.collection, fullDocument: $0.fullDocument)
            },
            kmsKeyArn: settings.kmsKey, eventSourceMappingArn: record.key.arn,
            metricsConfig: settings.metrics.map { EventSourceMappingMetricsConfig(metrics: $0) },
            loggingConfig: settings.logLevel.map { EventSourceMappingLoggingConfig(systemLogLevel: $0) },
            provisionedPollerConfig: settings.pollers.map {
                ProvisionedPollerConfig(
                    minimumPollers: $0.minimum, maximumPollers: $0.maximum, pollerGroupName: $0.group)
            })
        if kind == .queue || kind.isPolledByShard || !settings.responseTypes.isEmpty {
            functionResponseTypes = settings.responseTypes
        }
        if kind.isPolledByShard {
            parallelizationFactor = settings.parallelization
            tumblingWindowInSeconds = settings.tumblingWindow
        }
        if kind.isPolledByShard || settings.failureDestination != nil {
            destinationConfig = DestinationConfig(onFailure: OnFailure(destination: settings.failureDestination))
        }
        if kind.isPolledByShard || settings.maximumRecordAge != -1 {
            maximumRecordAgeInSeconds = settings.maximumRecordAge
        }
        if kind.isPolledByShard || settings.maximumRetries != -1 { maximumRetryAttempts = settings.maximumRetries }
        if kind.isPolledByShard || settings.bisectsBatches { bisectBatchOnFunctionError = settings.bisectsBatches }
    }
}
