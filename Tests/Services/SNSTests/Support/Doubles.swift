import ServiceKit
import ServiceModel
import Synchronization

/// Takes whatever is delivered, unless it is told what to answer instead.
final class TargetDouble: EventDelivery {
    struct Delivered: Sendable {
        var delivery: Delivery
        var target: String
        var principal: Principal

        var text: String { String(decoding: delivery.body, as: UTF8.self) }
    }

    private let state = Mutex<(delivered: [Delivered], failures: [String: [AWSError?]])>(([], [:]))

    var delivered: [Delivered] { state.withLock { $0.delivered } }

    func texts(_ target: String) -> [String] { delivered.filter { $0.target == target }.map(\.text) }

    /// What the next deliveries to a target are answered; nil is success. The last counts for ever.
    func answer(_ target: String, _ failures: AWSError?...) { state.withLock { $0.failures[target] = failures } }

    func canDeliver(to target: DeliveryTarget) -> Bool { true }

    func deliver(
        _ delivery: Delivery, to target: DeliveryTarget, as principal: Principal, account: String, region: String
    ) async throws {
        try state.withLock { state in
            if let failures = state.failures[target.arn], let next = failures.first {
                if failures.count > 1 { state.failures[target.arn]?.removeFirst() }
                if let next { throw next }
            }
            state.delivered.append(Delivered(delivery: delivery, target: target.arn, principal: principal))
        }
    }
}

/// A web server: notes requests, and answers with the statuses it was given, the last one for ever.
final class WebDouble: HTTPSender {
    private let state = Mutex<(requests: [OutgoingRequest], statuses: [Int])>(([], [200]))

    var requests: [OutgoingRequest] { state.withLock { $0.requests } }

    func answer(_ statuses: Int...) { state.withLock { $0.statuses = statuses } }

    func send(_ request: OutgoingRequest) async throws -> OutgoingResponse {
        try state.withLock { state in
            state.requests.append(request)
            let status = state.statuses.count > 1 ? state.statuses.removeFirst() : state.statuses.first ?? 200
            if status == 0 { throw HTTPSendFailure("connection refused") }
            return OutgoingResponse(status: status)
        }
    }
}

/// Keeps lines by group.
final class LogDouble: LogSink {
    private final class Writer: LogWriter {
        let group: String
        let log: LogDouble

        init(group: String, log: LogDouble) {
            self.group = group
            self.log = log
        }

        func append(_ events: [LogEvent]) async { _ = offer(events) }
        func offer(_ events: [LogEvent]) -> Bool {
            log.lines.withLock { $0[group, default: []] += events.map(\.message) }
            return true
        }
        func close() {}
    }

    let lines = Mutex<[String: [String]]>([:])

    func writer(_ address: LogStreamAddress) -> any LogWriter { Writer(group: address.group, log: self) }
}

/// A mail server.
final class MailDouble: MailSender {
    let sent = Mutex<[Mail]>([])

    func send(_ mail: Mail, from sender: String) async throws { sent.withLock { $0.append(mail) } }
}
