import ServiceKit

extension EventSource {
    /// The source that a request names.
    /// - Throws: AWS's error for none, for two, and for what is no source.
    init(arn: String?, selfManaged: SelfManagedEventSource?) throws {
        switch (arn, selfManaged?.endpoints?["KAFKA_BOOTSTRAP_SERVERS"]) {
        case (nil, let endpoints?): self.init(kind: .selfManagedKafka, endpoints: endpoints)
        case (let arn?, nil):
            guard let kind = EventSource.kind(of: arn) else { throw MappingFailures.unrecognizedSource }
            self.init(kind: kind, arn: arn)
        default: throw MappingFailures.unrecognizedSource
        }
    }

    static func kind(of text: String) -> EventSourceKind? {
        guard let arn = ARN(text) else { return nil }
        let parts = arn.resource.split(separator: "/", omittingEmptySubsequences: false)
        switch arn.service {
        case "sqs":
            return arn.resource.contains(where: { $0 == "/" || $0 == ":" }) ? nil : .queue
        // A stream, or one of its consumers.
        case "kinesis": return parts.first == "stream" && parts.count >= 2 ? .kinesisStream : nil
        case "dynamodb":
            return parts.count == 4 && parts[0] == "table" && parts[2] == "stream" ? .tableStream : nil
        case "kafka": return parts.first == "cluster" || parts.first == "vpc-connection" ? .managedKafka : nil
        case "mq": return arn.resource.hasPrefix("broker:") ? .broker : nil
        case "rds": return arn.resource.hasPrefix("cluster:") ? .changeStream : nil
        default: return nil
        }
    }

    /// Whether it is a queue that keeps messages in order.
    var isOrderedQueue: Bool { kind == .queue && arn?.hasSuffix(".fifo") == true }
}
