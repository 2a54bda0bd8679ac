import Persistence
import ServiceKit
import ServiceModel
import Synchronization

extension LocalMessages {
    /// How many rows one transaction removes: others wait meanwhile.
    private static let batch = 500

    // MARK: Purging

    func purge(_ record: QueueRecord) async throws {
        let queue = try await open(record)
        let id = queue.id
        let outcome = try await perform(
            run: { rows, _ in
                let last = queue.sequence.next - 1
                try rows.connection.execute(
                    "UPDATE sqs_count SET messages = 0, next = ?, floor = ? WHERE queue = ?",
                    [.integer(last + 1), .integer(last), .integer(id)])
                queue.sequence.raiseFloor(to: last)
                return .emptied(through: last)
            },
            then: { outcome in
                guard case .emptied(let last) = outcome else { return }
                queue.state.withLock { $0.engine.empty(through: last) }
            })
        guard case .emptied(let last) = outcome else { return }
        // They are gone for everybody; their rows follow.
        Task { try await sweep(id, through: last) }
    }

    private func sweep(_ queue: Int64, through last: Int64) async throws {
        while try await database.write({
            try MessageRows(connection: $0).remove(queue, through: last, limit: Self.batch)
        }) == Self.batch {}
    }

    // MARK: Retention

    /// Deletes what is older than the queue keeps messages.
    func expire(_ queue: LocalQueue, _ rules: QueueRules) async throws {
        let id = queue.id
        while true {
            let cutoff = now - rules.retention
            let floor = queue.sequence.floor
            let looked = max(floor, aged.withLock { $0[id] ?? 0 })
            let found = try await database.read { connection in
                try MessageRows(connection: connection).expired(
                    id, floor: floor, after: looked, sentBefore: cutoff, limit: Self.batch)
            }
            let expired = found.messages
            if expired.isEmpty {
                aged.withLock { $0[id] = max($0[id] ?? 0, found.looked) }
                if found.isAll { return }
                continue
            }
            try await perform(
                run: { rows, changes in
                    var wereThere: [Bool] = []
                    for message in expired {
                        wereThere.append(try rows.delete(id, message.sequence, above: queue.sequence.floor))
                    }
                    changes.add(-wereThere.count(where: { $0 }), to: id, queue.sequence)
                    return .deleted(wereThere)
                },
                then: { outcome in
                    guard case .deleted(let wereThere) = outcome else { return }
                    queue.state.withLock { state in
                        state.engine.total -= wereThere.count(where: { $0 })
                        state.engine.dropped(expired)
                    }
                })
            aged.withLock { $0[id] = max($0[id] ?? 0, found.looked) }
            if found.isAll { return }
        }
    }

    func clean(_ records: [QueueRecord]) async throws {
        for record in records {
            let id = record.id
            guard let counts = try await database.read({ try MessageRows(connection: $0).counts(id) }) else { continue }
            // What a purge has left, if the process ended meanwhile.
            if counts.floor > 0 { try await sweep(id, through: counts.floor) }
            if counts.messages > 0 { try await expire(try await open(record), record.rules) }
        }
        evict()
        while true {
            let now = self.now
            let removed = try await database.write {
                try DeduplicationRows(connection: $0).removeExpired(now: now, limit: Self.batch)
            }
            if removed < Self.batch { return }
        }
    }

    func remove(queue: Int64) async throws -> Bool {
        try await database.write { connection in
            let removed = try MessageRows(connection: connection).remove(queue, through: .max, limit: Self.batch)
            guard removed < Self.batch else { return false }
            try DeduplicationRows(connection: connection).remove(queue: queue)
            return true
        }
    }

    // MARK: Moving

    func redrive(_ message: ReceivedMessage, from source: QueueRecord, to target: QueueRecord) async throws -> Bool {
        let now = self.now
        return try await relocate([message.sequence], from: try await open(source), to: try await open(target)) {
            $1.redriven(now: now)
        } > 0
    }
}
