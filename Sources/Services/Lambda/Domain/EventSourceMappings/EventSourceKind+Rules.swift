import ServiceKit

/// What differs between kinds of sources: https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html
extension EventSourceKind {
    var defaultBatchSize: Int { self == .queue ? 10 : 100 }

    /// In seconds; nil: half a second, which is not shown.
    var defaultBatchingWindow: Int? { isPolledByShard || self == .queue ? 0 : nil }

    var isPolledByShard: Bool { self == .kinesisStream || self == .tableStream }

    var isKafka: Bool { self == .managedKafka || self == .selfManagedKafka }

    /// Whether a mapping says what became of its last batch.
    var showsLastResult: Bool { self != .queue }

    /// Why a state changed.
    var transitionReason: String { isPolledByShard ? "User action" : "USER_INITIATED" }

    /// The parameters that only some kinds take.
    func takes(_ parameter: MappingParameter) -> Bool {
        switch parameter {
        case .startingPosition, .startingPositionTimestamp: isPolledByShard || isKafka || self == .changeStream
        case .parallelizationFactor, .tumblingWindowInSeconds: isPolledByShard
        case .destinationConfig, .maximumRecordAgeInSeconds, .bisectBatchOnFunctionError, .maximumRetryAttempts:
            isPolledByShard || isKafka
        case .functionResponseTypes: isPolledByShard || isKafka || self == .queue
        case .topics: isKafka
        case .queues: self == .broker
        case .sourceAccessConfigurations: isKafka || self == .broker || self == .changeStream
        case .scalingConfig: self == .queue
        case .provisionedPollerConfig: isKafka || self == .queue
        case .amazonManagedKafkaEventSourceConfig: self == .managedKafka
        case .selfManagedKafkaEventSourceConfig: self == .selfManagedKafka
        case .documentDBEventSourceConfig: self == .changeStream
        case .loggingConfig: isKafka
        }
    }

    /// The parameters without which a mapping cannot be made.
    var required: [MappingParameter] {
        switch self {
        case .queue, .kinesisStream, .tableStream: []
        case .managedKafka: [.topics]
        case .selfManagedKafka: [.topics, .sourceAccessConfigurations]
        case .broker: [.queues, .sourceAccessConfigurations]
        case .changeStream: [.documentDBEventSourceConfig, .sourceAccessConfigurations]
        }
    }

    /// The kinds of access to a source that need configuration.
    var accessTypes: Set<String> {
        switch self {
        case .queue, .kinesisStream, .tableStream: []
        case .managedKafka: ["SASL_SCRAM_512_AUTH", "CLIENT_CERTIFICATE_TLS_AUTH"]
        case .selfManagedKafka:
            [
                "BASIC_AUTH", "VPC_SUBNET", "VPC_SECURITY_GROUP", "SASL_SCRAM_512_AUTH", "SASL_SCRAM_256_AUTH",
                "CLIENT_CERTIFICATE_TLS_AUTH", "SERVER_ROOT_CA_CERTIFICATE",
            ]
        case .broker: ["BASIC_AUTH", "VIRTUAL_HOST"]
        case .changeStream: ["BASIC_AUTH"]
        }
    }

    var metrics: Set<String> { isKafka ? ["EventCount", "ErrorCount", "KafkaMetrics"] : ["EventCount"] }
}

/// A parameter that not every kind of source takes; in the order in which they are checked.
enum MappingParameter: String, CaseIterable, Sendable {
    case sourceAccessConfigurations, topics, queues, documentDBEventSourceConfig
    case startingPosition, startingPositionTimestamp, destinationConfig, parallelizationFactor
    case maximumRecordAgeInSeconds, bisectBatchOnFunctionError, maximumRetryAttempts, tumblingWindowInSeconds
    case functionResponseTypes, scalingConfig, provisionedPollerConfig, amazonManagedKafkaEventSourceConfig
    case selfManagedKafkaEventSourceConfig, loggingConfig

    /// As requests name it.
    var name: String { rawValue.prefix(1).uppercased() + rawValue.dropFirst() }
}
