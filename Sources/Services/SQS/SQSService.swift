import Logging
public import Persistence
public import ServiceKit
import ServiceModel

/// Amazon Simple Queue Service.
///
/// See <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/Welcome.html>.
public final class SQSService: SQSAPI {
    let time: any TimeSource
    let catalogue: QueueCatalogue
    let messages: any MessageStore
    let tasks: MoveTaskStore
    private let logger = Logger(label: "martlet.sqs")

    public static let migrations = SQSMigrations.all

    /// - Parameters:
    ///   - database: already migrated with ``migrations``.
    ///   - jobs: does the moving of messages; its rows are in the same database.
    ///   - time: by which messages come back, are delayed and grow old. Long polls go by real time.
    public init(database: any Database, jobs: JobQueue, time: any TimeSource) {
        self.time = time
        catalogue = QueueCatalogue(database: database)
        messages =
            database.engine == .sqlite
            ? LocalMessages(database: database, time: time, logger: logger)
            : SharedMessages(database: database, time: time)
        tasks = MoveTaskStore(database: database, jobs: jobs)
        jobs.register(
            MoveTaskWorker(catalogue: catalogue, messages: messages, tasks: tasks, time: time), for: MoveTask.jobKind)
    }

    /// Now, in milliseconds since 1970.
    var now: Int64 { time.now.milliseconds }

    /// Deletes messages that are too old, and what is left of deleted queues, once a minute, until cancelled.
    public func run() async throws {
        while true {
            do {
                try await clean()
            } catch  where !Task.isCancelled {
                logger.error("Old messages can't be deleted.", metadata: ["error": "\(error)"])
            }
            try await time.sleep(until: time.now.advanced(by: .seconds(60)))
        }
    }

    func clean() async throws {
        try await messages.clean(try await catalogue.store.all())
        for queue in try await catalogue.store.deletedQueues() {
            while try await !messages.remove(queue: queue.id) { try Task.checkCancellation() }
            // Its name is not free before.
            if now - queue.deleted >= SQSLimits.pause { try await catalogue.store.forget(queue.id) }
        }
        try await tasks.removeOld(before: now - MoveTask.retention)
    }

    /// Answers all who wait for messages, and lets nobody wait from now on: the process is about to end.
    public func endWaiting() { messages.endWaiting() }

    public func reset() async throws {
        catalogue.forgetAll()
        messages.reset()
    }
}
