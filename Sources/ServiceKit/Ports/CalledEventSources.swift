import ServiceModel

/// Sources of events, asked for by calls of their own APIs in process.
public struct CalledEventSources: EventSourceDirectory {
    private let calls: InProcessCaller

    public init(_ calls: InProcessCaller) { self.calls = calls }

    public func offers(_ kind: EventSourceKind) -> Bool {
        switch kind {
        case .queue: calls.implements("sqs", "ReceiveMessage")
        case .kinesisStream, .tableStream, .managedKafka, .selfManagedKafka, .broker, .changeStream: false
        }
    }

    public func describe(
        _ source: EventSource, as principal: Principal, region: String
    ) async throws -> EventSourceDescription? {
        guard source.kind == .queue, let queue = source.arn.flatMap(QueueAddress.init) else { return nil }
        do {
            let output = try await calls.call(
                "sqs", "GetQueueAttributes",
                .structure(["QueueUrl": .string(queue.url), "AttributeNames": .list(["VisibilityTimeout"])]),
                as: principal, account: queue.account, region: queue.region)
            let visibility = output["Attributes"]?.mapValue?["VisibilityTimeout"]?.stringValue
            return EventSourceDescription(visibilityTimeout: visibility.flatMap { Int($0) })
        } catch let error as AWSError where QueueAddress.isMissing(error) {
            return nil
        }
    }
}

/// A queue of SQS as its ARN names it.
public struct QueueAddress: Sendable, Hashable {
    public let account: String
    public let region: String
    public let name: String

    /// - Returns: nil for what is no queue's ARN.
    public init?(arn: String) {
        guard let target = DeliveryTarget(arn: arn), target.kind == .queue else { return nil }
        (account, region, name) = (target.account, target.region, target.name)
    }

    /// The URL that calls in process name it by.
    public var url: String { "https://sqs.\(region).amazonaws.com/\(account)/\(name)" }

    /// Whether SQS says that there is no such queue.
    public static func isMissing(_ error: AWSError) -> Bool {
        error.shape == "QueueDoesNotExist" || error.code == "QueueDoesNotExist"
            || error.code.hasSuffix("NonExistentQueue")
    }
}
