import ServiceKit

/// A queue's mapping, made ready to be polled by. A class, for it has many parts and is looked at with each batch.
final class PolledQueue: Sendable {
    let mapping: MappingRecord
    let filter: MessageFilter
    let writer: QueueRecordWriter
    /// For how long a batch is gathered; zero: as long as one receive takes.
    let window: Duration
    let isOrdered: Bool
    let reportsFailures: Bool

    init(_ mapping: MappingRecord, _ queue: QueueAddress) {
        self.mapping = mapping
        let settings = mapping.settings
        filter = MessageFilter(settings.filters)
        isOrdered = mapping.source.isOrderedQueue
        window = isOrdered ? .zero : .seconds(settings.batchingWindow ?? 0)
        writer = QueueRecordWriter(
            arn: mapping.source.arn ?? "", region: queue.region, isGathering: window > .zero)
        reportsFailures = settings.responseTypes.contains("ReportBatchItemFailures")
    }

    var batchSize: Int { mapping.settings.batchSize }

    /// How many batches may run at once, as far as the mapping says.
    var maximumConcurrency: Int {
        let settings = mapping.settings
        // A provisioned poller has room for ten invocations:
        // https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
        let pollers = settings.pollers.map { ($0.maximum ?? 200) * 10 } ?? .max
        return min(settings.maximumConcurrency ?? .max, pollers)
    }

    /// How many receivers wait while there is nothing to do.
    var idleReceivers: Int { mapping.settings.pollers.map { $0.minimum ?? 2 } ?? 1 }
}

/// Reads queues of SQS.
struct QueueDriver: EventSourceDriver {
    static let kind = EventSourceKind.queue

    func poller(_ mapping: MappingRecord, _ host: EventSourceHost) -> (any EventSourcePoller)? {
        mapping.source.arn.flatMap(QueueAddress.init).map { QueuePoller(mapping, of: $0, host) }
    }
}
