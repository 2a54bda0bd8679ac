import ServiceKit
import Synchronization

/// Takes whatever is delivered, to the kinds of targets that are there.
final class RecordingDelivery: EventDelivery {
    struct Delivered: Sendable {
        var delivery: Delivery
        var target: String
        var principal: Principal
    }

    let kinds = Mutex(Set(DeliveryTarget.Kind.allCases))
    let failures = Mutex<[AWSError]>([])
    private let state = Mutex<[Delivered]>([])

    var delivered: [Delivered] { state.withLock { $0 } }

    func canDeliver(to target: DeliveryTarget) -> Bool { kinds.withLock { $0.contains(target.kind) } }

    func deliver(
        _ delivery: Delivery, to target: DeliveryTarget, as principal: Principal, account: String, region: String
    ) async throws {
        if let failure = failures.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) { throw failure }
        state.withLock { $0.append(Delivered(delivery: delivery, target: target.arn, principal: principal)) }
    }
}
