import Synchronization

/// Keeps deliveries of a subscription apart, as far as its policy limits how many there are in a second.
final class DeliveryPace: Sendable {
    private let next = Mutex<[String: ContinuousClock.Instant]>([:])
    private static let capacity = 10_000

    func wait(_ subscription: SubscriptionRecord, _ topic: TopicRecord) async {
        let policy = SubscriptionDeliveryPolicy.effective(
            subscription.attributes["DeliveryPolicy"], topic: topic.deliveryPolicy)
        guard let rate = policy.maxReceivesPerSecond else { return }
        let now = ContinuousClock.now
        let turn = next.withLock { next in
            if next.count > Self.capacity { next = next.filter { $0.value > now } }
            let turn = max(now, next[subscription.key.id] ?? now)
            next[subscription.key.id] = turn + .seconds(1) / rate
            return turn
        }
        if turn > now { try? await Task.sleep(until: turn, clock: .continuous) }
    }
}
