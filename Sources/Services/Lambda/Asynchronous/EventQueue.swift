import Execution
import Persistence
import ServiceKit

/// The functions' internal queues: where asynchronous invocations wait to be run.
struct EventQueue: Sendable {
    static let kind = "lambda.event"

    let jobs: JobQueue
    let metrics: AsyncMetrics

    /// Returns when the event is durable.
    func accept(_ event: AsyncEvent, for key: FunctionKey) async throws {
        let job = NewJob(kind: Self.kind, lane: AsyncEvent.lane(key), due: event.received, payload: event.bytes)
        do {
            try await jobs.write { try $0.enqueue(job) }
        } catch DatabaseError.diskFull {
            throw LambdaFailures.service("No space is left on the disk.")
        }
        metrics.note(key, event.qualifier) { $0.received += 1 }
    }
}
