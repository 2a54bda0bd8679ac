import Foundation
import ServiceKit
import ServiceModel

/// The moving of a dead-letter queue's messages to where they came from, or to another queue.
/// See <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html>.
struct MoveTask: Sendable, Hashable {
    enum Status: String, Sendable {
        case running = "RUNNING"
        case completed = "COMPLETED"
        case cancelling = "CANCELLING"
        case cancelled = "CANCELLED"
        case failed = "FAILED"
    }

    static let jobKind = "sqs.move"
    /// Messages a second.
    static let rates = 1...500
    /// How long a task that is over is shown, in milliseconds.
    static let retention: Int64 = 30 * 86_400_000

    var id: String
    var source: QueueKey
    /// Nil: where each message came from.
    var destination: QueueKey?
    /// Messages a second; nil: as fast as it goes.
    var rate: Int?
    var status = Status.running
    var moved = 0
    var toMove: Int
    /// The sequence of the last message that was there when the task began.
    var last: Int64
    /// Milliseconds since 1970.
    var started: Int64
    var failure: String?

    /// What clients cancel the task by: base64 of a little JSON, as on AWS.
    var handle: String {
        Data(#"{"taskId":"\#(id)","sourceArn":"\#(source.arn)"}"#.utf8).base64EncodedString()
    }

    /// The task's id in a handle; nil for what was never one.
    static func id(ofHandle handle: String) -> String? {
        guard handle.utf8.count <= 4096, let data = Data(base64Encoded: handle),
            let object = JSONValue(parsing: String(decoding: data, as: UTF8.self)), object["sourceArn"]?.text != nil
        else { return nil }
        return object["taskId"]?.text
    }
}

/// Why a task can't go on, as AWS names it.
struct MoveFailure: Error, Sendable {
    var reason: String
}
