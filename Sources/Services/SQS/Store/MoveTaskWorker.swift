import Persistence
import ServiceKit
import ServiceModel

/// Moves messages, a second's worth at a time.
struct MoveTaskWorker: JobWorker {
    let catalogue: QueueCatalogue
    let messages: any MessageStore
    let tasks: MoveTaskStore
    let time: any TimeSource

    /// How many messages a task without a rate moves before others have their turn.
    private static let turn = 500

    func window(_ lane: JobLane) -> Int { 1 }

    func run(_ job: Job) async -> JobOutcome {
        do {
            return try await run(String(decoding: job.payload, as: UTF8.self))
        } catch {
            // The database is out of order: later.
            return .retry(at: time.now.advanced(by: .seconds(5)))
        }
    }

    private func run(_ id: String) async throws -> JobOutcome {
        guard let task = try await tasks.find(id) else { return .done }
        guard task.status == .running else { return try await end(id, moved: 0, .cancelled) }
        var moved = 0
        do {
            guard let source = try await catalogue.find(task.source) else {
                throw MoveFailure(reason: "AWS.SimpleQueueService.NonExistentQueue")
            }
            let limit = task.rate ?? Self.turn
            while moved < limit {
                let step = try await messages.move(
                    min(10, limit - moved), through: task.last, from: source, to: { try await destination(task, $0) })
                moved += step.moved
                if step.isOver { return try await end(id, moved: moved, .completed) }
            }
        } catch let failure as MoveFailure {
            return try await end(id, moved: moved, .failed, failure.reason)
        }
        if task.moved + moved >= task.toMove { return try await end(id, moved: moved, .completed) }
        let status = try await tasks.progress(id, moved: moved, now: nil)
        guard status == .running else { return try await end(id, moved: 0, .cancelled) }
        return .retry(at: task.rate == nil ? time.now : time.now.advanced(by: .seconds(1)))
    }

    private func end(_ id: String, moved: Int, _ status: MoveTask.Status, _ failure: String? = nil) async throws
        -> JobOutcome
    {
        _ = try await tasks.progress(id, moved: moved, now: status, failure: failure)
        return .done
    }

    private func destination(_ task: MoveTask, _ source: String?) async throws -> QueueRecord {
        guard let key = task.destination ?? source.flatMap({ QueueKey(arn: $0) }) else {
            throw MoveFailure(reason: "CouldNotDetermineMessageSource")
        }
        guard let record = try await catalogue.find(key) else {
            throw MoveFailure(reason: "AWS.SimpleQueueService.NonExistentQueue")
        }
        return record
    }
}
