import Execution
import NIOCore
import RuntimeAPI
import ServiceModel

/// What an environment tells its subscribers: events, buffered for each of them. Confined to the environment's event loop.
///
/// Until initialisation is over it keeps what was said, for those who subscribe later. After that, a hub without subscribers is of
/// no use, and its log lets go of it.
final class TelemetryHub: @unchecked Sendable {
    private final class Subscriber {
        let subscription: TelemetrySubscription
        var buffer: TelemetryBuffer
        var timer: Scheduled<Void>?
        /// What is on its way, or has to be sent again.
        var batch: [String] = []
        var isDue = false
        var failures = 0

        init(_ subscription: TelemetrySubscription) {
            self.subscription = subscription
            buffer = TelemetryBuffer(subscription.buffering)
        }
    }

    /// How much is kept for those who have not subscribed yet.
    private static let backlogLimit = 1000
    private static let backlogBytes = 262_144
    private static let longestRetry: Int64 = 1000

    private let loop: any EventLoop
    private let now: () -> Timestamp
    private var backlog: [(event: TelemetryEvent, time: Timestamp)] = []
    private var backlogSize = 0
    private var isInitializing = true
    private var subscribers: [String: Subscriber] = [:]
    private var sender: TelemetrySender?
    private var isDelivering = false
    private var isPaused = false
    private var isClosed = false

    init(on loop: any EventLoop, now: @escaping () -> Timestamp) {
        self.loop = loop
        self.now = now
    }

    var isEmpty: Bool { subscribers.isEmpty }

    /// How it reaches the sandbox. On the loop.
    func connect(_ sender: TelemetrySender?) {
        self.sender = sender
        if isClosed { sender?.close() }
    }

    func add(_ event: TelemetryEvent, at time: Timestamp? = nil) {
        let time = time ?? now()
        if isInitializing, backlog.count < Self.backlogLimit, backlogSize < Self.backlogBytes {
            backlog.append((event, time))
            if case .function(let text) = event { backlogSize += text.utf8.count }
            if case .extension(let text) = event { backlogSize += text.utf8.count }
        }
        for (id, subscriber) in subscribers { add(event, time, to: subscriber, id) }
    }

    /// Adds a subscriber, who gets what was said before too. Again by the same extension: replaces its subscription.
    func subscribe(_ id: String, _ subscription: TelemetrySubscription) {
        subscribers[id]?.timer?.cancel()
        let subscriber = Subscriber(subscription)
        subscribers[id] = subscriber
        for (event, time) in backlog { add(event, time, to: subscriber, id) }
    }

    /// Nobody may subscribe any longer.
    func initialized() {
        isInitializing = false
        backlog = []
    }

    /// The sandbox is about to be frozen: nobody in it answers.
    func pause() { isPaused = true }

    func resume() {
        guard isPaused else { return }
        isPaused = false
        deliver()
    }

    /// Delivers what there is without waiting for buffers to fill.
    func flush() {
        isPaused = false
        for subscriber in subscribers.values where !subscriber.buffer.isEmpty { subscriber.isDue = true }
        deliver()
    }

    func close() {
        isClosed = true
        for subscriber in subscribers.values { subscriber.timer?.cancel() }
        subscribers = [:]
        backlog = []
        sender?.close()
        sender = nil
    }

    private func add(_ event: TelemetryEvent, _ time: Timestamp, to subscriber: Subscriber, _ id: String) {
        guard subscriber.subscription.kinds.contains(event.kind),
            let text = event.json(subscriber.subscription, time: time.rfc3339)
        else { return }
        subscriber.buffer.add(text)
        if subscriber.buffer.isFull {
            subscriber.isDue = true
            deliver()
        } else if subscriber.timer == nil, !subscriber.isDue {
            schedule(subscriber, after: Int64(subscriber.subscription.buffering.timeout))
        }
    }

    private func schedule(_ subscriber: Subscriber, after milliseconds: Int64) {
        subscriber.timer = loop.assumeIsolated().scheduleTask(in: .milliseconds(milliseconds)) {
            subscriber.timer = nil
            subscriber.isDue = true
            self.deliver()
        }
    }

    /// One delivery at a time: there is one socket.
    private func deliver() {
        guard !isDelivering, !isPaused, !isClosed, let sender,
            let (id, subscriber) = subscribers.first(where: { $0.value.isDue })
        else { return }
        subscriber.isDue = false
        subscriber.timer?.cancel()
        subscriber.timer = nil
        if subscriber.batch.isEmpty {
            let time = now().rfc3339
            subscriber.batch = subscriber.buffer.take { records, bytes in
                TelemetryEvent.logsDropped(records: records, bytes: bytes).json(subscriber.subscription, time: time)
                    ?? "{}"
            }
        }
        guard !subscriber.batch.isEmpty else { return deliver() }
        isDelivering = true
        sender.deliver(subscriber.batch, to: subscriber.subscription.destination).assumeIsolated().whenSuccess {
            taken in
            self.isDelivering = false
            self.delivered(subscriber, id, taken)
            self.deliver()
        }
    }

    private func delivered(_ subscriber: Subscriber, _ id: String, _ taken: Bool) {
        guard !isClosed, subscribers[id] === subscriber else { return }
        if taken {
            subscriber.batch = []
            subscriber.failures = 0
            if subscriber.buffer.isFull {
                subscriber.isDue = true
            } else if !subscriber.buffer.isEmpty, subscriber.timer == nil {
                schedule(subscriber, after: Int64(subscriber.subscription.buffering.timeout))
            }
        } else {
            subscriber.failures += 1
            schedule(subscriber, after: min(Self.longestRetry, 25 << min(subscriber.failures, 6)))
        }
    }
}
