import Execution
import Persistence
import ServiceKit
import ServiceModel

/// An event, and how its function wants such events to be handled: what is to be delivered where when it is over. A pure value.
struct FunctionEvents: Sendable {
    let key: FunctionKey
    var event: AsyncEvent
    let record: EventInvokeRecord?
    let deadLetterTarget: String?
    /// The execution role, in whose name things are delivered.
    var role = ""

    var policy: RetryPolicy { RetryPolicy(record ?? .defaults(key)) }

    /// With the qualifier that the event was sent to.
    private var arn: String { key.arn(event.qualifier ?? latestVersion) }

    /// The function has answered.
    /// - Returns: nil if nobody wants to know.
    func success(_ response: InvocationRecord.Response, at now: Timestamp) -> NewJob? {
        record?.onSuccess.map { delivery(to: $0, condition: "Success", response, at: now) }
    }

    /// The event was given up.
    func failure(_ reason: DiscardReason, _ response: InvocationRecord.Response?, at now: Timestamp) -> [NewJob] {
        var jobs: [NewJob] = []
        if let target = deadLetterTarget {
            jobs.append(
                EventDeliveryJob(
                    key: key, qualifier: event.qualifier, target: target, role: role, isDeadLetter: true, received: now,
                    delivery: Delivery(
                        body: event.payload.isEmpty ? Array("{}".utf8) : event.payload,
                        attributes: DeadLetter.attributes(
                            requestID: event.requestID, response: response, reason: reason),
                        traceHeader: trace(at: now))
                ).job)
        }
        if let target = record?.onFailure {
            jobs.append(delivery(to: target, condition: reason.rawValue, response, at: now))
        }
        return jobs
    }

    private func delivery(
        to target: String, condition: String, _ response: InvocationRecord.Response?, at now: Timestamp
    ) -> NewJob {
        let record = InvocationRecord(
            event: event, functionARN: arn, condition: condition, time: now, response: response)
        let day = now.rfc3339.prefix(10)
        let second = now.rfc3339.dropFirst(11).prefix(8).replacing(":", with: ".")
        return EventDeliveryJob(
            key: key, qualifier: event.qualifier, target: target, role: role, isDeadLetter: false, received: now,
            delivery: Delivery(
                body: Array(record.json.utf8), source: "lambda",
                detailType: "Lambda Function Invocation Result - \(condition == "Success" ? "Success" : "Failure")",
                resources: [arn, target],
                key:
                    "aws/lambda/async/\(key.name)/\(day.replacing("-", with: "/"))/\(day)T\(second)-\(RandomUUID.make())",
                traceHeader: trace(at: now))
        ).job
    }

    /// The trace that what is delivered belongs to: the event's, or one of its own. If the function has run, it is noted that the chain
    /// has come through it, so that loops are found that lead through a destination.
    private func trace(at now: Timestamp) -> String {
        TraceHeader(
            event.traceHeader, now: now.milliseconds / 1000,
            lineage: event.invocations > 0 ? InvocationLineage.hash(functionARN: key.arn) : nil
        ).value
    }
}
