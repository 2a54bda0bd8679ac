import Execution
import Logging
import ServiceKit
import ServiceModel
import Synchronization

/// Deletes a queue's messages that are done with, ten at a time, while the next are received.
final class QueueDeletions: Sendable {
    private struct State {
        var waiting: [Entry] = []
        var running = 0
        var idle: [CheckedContinuation<Void, Never>] = []
        var crowded: [CheckedContinuation<Void, Never>] = []
    }

    private struct Entry: Sendable {
        var handle: String
        var tries = 0
    }

    private let client: QueueClient
    private let host: EventSourceHost
    /// As it is now: what is counted follows it.
    private let mapping: Mutex<MappingRecord>
    private let state = Mutex(State())

    /// Calls at the same time: more would only be more transactions.
    private static let parallel = 8
    /// How many may wait before nothing more is received.
    private static let most = 2_000
    /// Tries, over half a minute. What could not be deleted is received again.
    private static let tries = 6

    /// `mapping`: whose metrics count what is deleted.
    init(_ client: QueueClient, _ host: EventSourceHost, _ mapping: MappingRecord) {
        self.client = client
        self.host = host
        self.mapping = Mutex(mapping)
    }

    func update(_ mapping: MappingRecord) { self.mapping.withLock { $0 = mapping } }

    func add(_ handles: [String], as principal: Principal) {
        if handles.isEmpty { return }
        add(handles.map { Entry(handle: $0) }, as: principal)
    }

    /// Returns when not too many wait.
    func room() async {
        // Nearly always there is.
        if state.withLock({ $0.waiting.count < Self.most }) { return }
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                guard state.waiting.count >= Self.most else { return true }
                state.crowded.append(continuation)
                return false
            }
            if isOver { continuation.resume() }
        }
    }

    /// Returns when all are deleted.
    func idle() async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                guard state.running > 0 else { return true }
                state.idle.append(continuation)
                return false
            }
            if isOver { continuation.resume() }
        }
    }

    private func add(_ entries: [Entry], as principal: Principal) {
        let begins = state.withLock { state in
            state.waiting += entries
            guard state.running < Self.parallel else { return false }
            state.running += 1
            return true
        }
        if begins { Task(executorPreference: host.executor) { await self.delete(as: principal) } }
    }

    private func delete(as principal: Principal) async {
        while let entries = next() {
            do {
                let failures = try await client.delete(entries.map(\.handle), as: principal)
                let count = entries.count - failures.retryable.count - failures.lost.count
                host.metrics.note(mapping.withLock { $0 }) { $0.deleted += count }
                if !failures.retryable.isEmpty {
                    retry(entries.filter { failures.retryable.contains($0.handle) }, as: principal)
                }
            } catch {
                if let error = error as? AWSError, QueueAddress.isMissing(error) { continue }
                host.logger.warning(
                    "Messages could not be deleted.", metadata: ["queue": "\(client.queue.name)", "error": "\(error)"])
                retry(entries, as: principal)
            }
        }
    }

    /// What is to be deleted next; nil if there is nothing: the caller is done.
    private func next() -> [Entry]? {
        let (entries, waiting) = state.withLock { state -> ([Entry], [CheckedContinuation<Void, Never>]) in
            let entries = Array(state.waiting.prefix(QueueClient.batch))
            state.waiting.removeFirst(entries.count)
            var waiting: [CheckedContinuation<Void, Never>] = []
            if state.waiting.count < Self.most, !state.crowded.isEmpty { swap(&waiting, &state.crowded) }
            if entries.isEmpty {
                state.running -= 1
                if state.running == 0 {
                    waiting += state.idle
                    state.idle = []
                }
            }
            return (entries, waiting)
        }
        for continuation in waiting { continuation.resume() }
        return entries.isEmpty ? nil : entries
    }

    /// Tries again a little later.
    private func retry(_ entries: [Entry], as principal: Principal) {
        let again = entries.compactMap {
            $0.tries + 1 < Self.tries ? Entry(handle: $0.handle, tries: $0.tries + 1) : nil
        }
        guard let tries = again.map(\.tries).max() else { return }
        // Counts as running: whoever waits for the end waits for this.
        state.withLock { $0.running += 1 }
        Task(executorPreference: host.executor) {
            let time = self.host.time
            try? await time.sleep(until: time.now.advanced(by: .milliseconds(500 << tries)))
            self.state.withLock { $0.waiting += again }
            await self.delete(as: principal)
        }
    }
}
