import ServiceKit
import ServiceModel
import Testing

@testable import Lambda

/// What AWS accepts of a mapping, by kind of source.
struct MappingRuleTests {
    static let queue = "arn:aws:sqs:us-east-1:111111111111:q"
    static let ordered = "arn:aws:sqs:us-east-1:111111111111:q.fifo"
    static let kinesis = "arn:aws:kinesis:us-east-1:111111111111:stream/s"
    static let table = "arn:aws:dynamodb:us-east-1:111111111111:table/t/stream/2026-01-01T00:00:00.000"
    static let kafka = "arn:aws:kafka:us-east-1:111111111111:cluster/c/8a1f5a51-1111-4222-8333-444455556666-1"
    static let broker = "arn:aws:mq:us-east-1:111111111111:broker:b:b-8a1f5a51-1111-4222-8333-444455556666"
    static let documents = "arn:aws:rds:us-east-1:111111111111:cluster:d"

    private func settings(
        _ arn: String?, _ change: (inout MappingChange) -> Void
    ) throws -> MappingSettings {
        var request = MappingChange()
        change(&request)
        let source = try EventSource(
            arn: arn,
            selfManaged: arn == nil ? SelfManagedEventSource(endpoints: ["KAFKA_BOOTSTRAP_SERVERS": ["k:1"]]) : nil)
        return try .make(request, of: source, uuid: "u", now: Timestamp(milliseconds: 1_000_000))
    }

    private func refusal(_ arn: String?, _ change: (inout MappingChange) -> Void) -> String? {
        do {
            _ = try settings(arn, change)
            return nil
        } catch {
            return (error as? AWSError)?.message
        }
    }

    @Test(arguments: [
        (queue, EventSourceKind.queue), (ordered, .queue), (kinesis, .kinesisStream), (table, .tableStream),
        (kinesis + "/consumer/c:1", .kinesisStream), (kafka, .managedKafka), (broker, .broker),
        (documents, .changeStream),
    ])
    func kindsAreKnownByTheirARNs(arn: String, kind: EventSourceKind) {
        #expect(EventSource.kind(of: arn) == kind)
    }

    @Test(arguments: [
        "", "q", "arn:aws:s3:::b", "arn:aws:dynamodb:us-east-1:111111111111:table/t",
        "arn:aws:kinesis:us-east-1:111111111111:s", "arn:aws:sns:us-east-1:111111111111:t",
    ])
    func otherARNsAreNoSources(arn: String) {
        #expect(throws: MappingFailures.unrecognizedSource) { try EventSource(arn: arn, selfManaged: nil) }
        #expect(throws: MappingFailures.unrecognizedSource) { try EventSource(arn: nil, selfManaged: nil) }
    }

    @Test func defaultsAreThoseOfAWS() throws {
        let queue = try settings(Self.queue) { _ in }
        #expect((queue.batchSize, queue.batchingWindow) == (10, 0))
        let stream = try settings(Self.kinesis) { $0.startingPosition = "LATEST" }
        #expect((stream.batchSize, stream.batchingWindow, stream.parallelization) == (100, 0, 1))
        #expect((stream.maximumRecordAge, stream.maximumRetries, stream.tumblingWindow) == (-1, -1, 0))
        let kafka = try settings(nil) {
            $0.topics = ["t"]
            $0.access = [SourceAccessConfiguration(type: "BASIC_AUTH", uri: "arn:x")]
        }
        #expect((kafka.batchSize, kafka.batchingWindow, kafka.consumerGroup) == (100, nil, "u"))
        #expect(kafka.startingPosition == "TRIM_HORIZON")
    }

    @Test(
        arguments: [
            (
                kinesis, nil, nil,
                "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: Member must not be null."
            ),
            (table, "AT_TIMESTAMP", 5, "Unsupported starting position for arn type: \(table)"),
            (kinesis, "AT_TIMESTAMP", nil, "Need to specify a timestamp"),
            (kinesis, "AT_TIMESTAMP", 2_000_000, "StartingPositionTimestamp cannot be in the future."),
            (kinesis, "AT_TIMESTAMP", 1_000_000, nil), (kinesis, "LATEST", nil, nil), (table, "TRIM_HORIZON", nil, nil),
            (queue, "LATEST", nil, "Unsupported StartingPosition parameter for given event source mapping type."),
        ] as [(String, String?, Int64?, String?)])
    func startingPositions(arn: String, position: String?, timestamp: Int64?, message: String?) {
        #expect(
            refusal(arn) {
                $0.startingPosition = position
                $0.startingTimestamp = timestamp.map { Timestamp(milliseconds: $0) }
            } == message)
    }

    @Test(
        arguments: [
            (queue, 10, nil, nil),
            (
                queue, 11, nil,
                "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10"
            ),
            (queue, 10_000, 1, nil), (ordered, 10, nil, nil),
            (ordered, 10, 1, "Batching window is not supported for FIFO queues"),
            (
                ordered, 11, nil,
                "1 validation error detected: Value '11' at 'batchSize' failed to satisfy constraint: Member must have value less than or equal to 10"
            ),
        ] as [(String, Int, Int?, String?)])
    func batchesOfQueues(arn: String, size: Int, window: Int?, message: String?) {
        #expect(refusal(arn) { ($0.batchSize, $0.batchingWindow) = (size, window) } == message)
    }

    @Test func eachKindTakesItsOwnParameters() {
        let failure = DestinationConfig(onFailure: OnFailure(destination: Self.queue))
        #expect(
            refusal(Self.queue) { $0.destinations = failure }
                == "Unsupported DestinationConfig parameter for given event source mapping type.")
        #expect(refusal(Self.queue) { $0.destinations = DestinationConfig(onFailure: OnFailure()) } == nil)
        #expect(
            refusal(Self.queue) { $0.parallelization = 2 }
                == "Unsupported ParallelizationFactor parameter for given event source mapping type.")
        #expect(
            refusal(Self.kinesis) {
                $0.startingPosition = "LATEST"
                $0.scaling = ScalingConfig(maximumConcurrency: 2)
            } == "Unsupported ScalingConfig parameter for given event source mapping type.")
        #expect(
            refusal(Self.broker) {
                $0.queues = ["q"]
                $0.access = [SourceAccessConfiguration(type: "BASIC_AUTH", uri: "arn:x")]
                $0.bisectsBatches = true
            } == "Unsupported 'bisectBatchOnFunctionError' parameter for given event source mapping type.")
    }

    @Test func someParametersMustBeGiven() {
        #expect(refusal(Self.kafka) { _ in } == "Required 'topics' parameter is missing.")
        #expect(refusal(Self.broker) { _ in } == "Required 'queues' parameter is missing.")
        #expect(refusal(Self.documents) { _ in } == "Required 'documentDBEventSourceConfig' parameter is missing.")
        #expect(
            refusal(nil) { $0.topics = ["t"] } == "Required 'sourceAccessConfigurations' parameter is missing.")
    }

    @Test(arguments: [
        (queue, true), ("arn:aws:sns:us-east-1:111111111111:t", true), ("arn:aws:s3:::b", true),
        ("arn:aws:lambda:us-east-1:111111111111:function:f", false), ("kafka://t", false),
    ])
    func failuresGoSomewhere(destination: String, isTaken: Bool) {
        let found = refusal(Self.kinesis) {
            $0.startingPosition = "LATEST"
            $0.destinations = DestinationConfig(onFailure: OnFailure(destination: destination))
        }
        #expect((found == nil) == isTaken)
    }

    @Test func recordsOfAnHourMayBeTooOldThoseOfASecondNot() {
        for (age, isTaken) in [(-1, true), (60, true), (604_800, true), (0, false), (59, false)] {
            let found = refusal(Self.kinesis) { ($0.startingPosition, $0.maximumRecordAge) = ("LATEST", age) }
            #expect((found == nil) == isTaken)
        }
    }

    @Test func pollersAndMetricsAreLimited() {
        for (least, most, isTaken) in [(2, 5, true), (1, 5, false), (5, 4, false)] {
            let found = refusal(Self.queue) {
                $0.pollers = ProvisionedPollerConfig(minimumPollers: least, maximumPollers: most)
            }
            #expect((found == nil) == isTaken)
        }
        #expect(
            refusal(Self.queue) {
                $0.pollers = ProvisionedPollerConfig(minimumPollers: 2, maximumPollers: 5)
                $0.scaling = ScalingConfig(maximumConcurrency: 5)
            } != nil)
        #expect(refusal(Self.queue) { $0.metrics = EventSourceMappingMetricsConfig(metrics: ["EventCount"]) } == nil)
        #expect(refusal(Self.queue) { $0.metrics = EventSourceMappingMetricsConfig(metrics: ["KafkaMetrics"]) } != nil)
    }

    @Test(
        arguments: [
            (#"{"body": {"a": ["x"]}}"#, true), (#"{"body": {"a": [{"numeric": [">", 100]}]}}"#, true), (nil, false),
            ("simple string", false), (#"{"eventName": ["INSERT"=123}"#, false), (#"{"a": 5}"#, false), ("", false),
        ] as [(String?, Bool)])
    func filtersAreEventPatterns(pattern: String?, isTaken: Bool) {
        let found = refusal(Self.queue) { $0.filterCriteria = FilterCriteria(filters: [Filter(pattern: pattern)]) }
        #expect(found == (isTaken ? nil : "Invalid filter pattern definition."))
    }

    @Test func filtersAreFewAndMayBeRemoved() throws {
        let filter = Filter(pattern: #"{"a": ["x"]}"#)
        #expect(
            refusal(Self.queue) {
                $0.filterCriteria = FilterCriteria(filters: Array(repeating: filter, count: 11))
            } != nil)
        var found = try settings(Self.queue) { $0.filterCriteria = FilterCriteria(filters: [filter]) }
        #expect(found.filters.count == 1)
        var change = MappingChange()
        change.filterCriteria = FilterCriteria()
        try found.apply(change, to: EventSource(kind: .queue, arn: Self.queue))
        #expect(found.filters.isEmpty)
    }
}
