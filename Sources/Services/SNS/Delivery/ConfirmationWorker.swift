import Persistence
import ServiceKit
import ServiceModel

/// Asks endpoints to confirm subscriptions, and the end of subscriptions.
struct ConfirmationWorker: JobWorker {
    let sender: MessageSender
    let subscriptions: SubscriptionStore
    let time: any TimeSource

    func window(_ lane: JobLane) -> Int { 4 }

    func run(_ job: Job) async -> JobOutcome {
        guard let confirmation = ConfirmationJob(bytes: job.payload) else { return .done }
        if !confirmation.isEnd {
            do {
                // Ended, confirmed or asked again meanwhile.
                guard let record = try await subscriptions.find(confirmation.subscription), !record.isConfirmed,
                    record.token == confirmation.token
                else { return .done }
            } catch {
                return .retry(at: time.now.advanced(by: .seconds(1)))
            }
        }
        let result = await sender.confirm(confirmation)
        let schedule: RetrySchedule =
            confirmation.transport.isHTTP
            ? SubscriptionDeliveryPolicy(stored: confirmation.policy).http.schedule
            : confirmation.transport == .sqs ? .managed : .customer
        if case .unavailable = result, let delay = schedule.delay(before: job.attempts) {
            return .retry(at: time.now.advanced(by: delay))
        }
        return .done
    }
}
