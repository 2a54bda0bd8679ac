import Persistence
import ServiceModel

/// The rows of move tasks. A task that runs has a job.
struct MoveTaskStore: Sendable {
    let database: any Database
    let jobs: JobQueue

    private static let columns =
        "id, source_account, source_region, source_name, destination, rate, status, moved, to_move, last, started, failure"

    /// Starts a task.
    /// - Returns: false if the queue has one that runs.
    func start(_ task: MoveTask) async throws -> Bool {
        try await jobs.write { transaction in
            let running = try transaction.connection.first(
                """
                SELECT 1 FROM sqs_move_task WHERE source_account = ? AND source_region = ? AND source_name = ?
                    AND status IN ('RUNNING', 'CANCELLING')
                """, Self.source(task.source))
            if running != nil { return false }
            try transaction.connection.execute(
                "INSERT INTO sqs_move_task (\(Self.columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [.text(task.id)] + Self.source(task.source) + [
                    SQLValue(task.destination?.arn), SQLValue(task.rate), .text(task.status.rawValue),
                    .integer(Int64(task.moved)), .integer(Int64(task.toMove)), .integer(task.last),
                    .integer(task.started),
                    SQLValue(task.failure),
                ])
            try transaction.enqueue(
                NewJob(
                    kind: MoveTask.jobKind, lane: task.id, due: Timestamp(milliseconds: task.started),
                    payload: Array(task.id.utf8)))
            return true
        }
    }

    func find(_ id: String) async throws -> MoveTask? {
        try await database.read { connection in
            try connection.first("SELECT \(Self.columns) FROM sqs_move_task WHERE id = ?", [.text(id)])
                .flatMap(Self.task)
        }
    }

    /// The latest tasks of a queue, the latest first.
    func list(_ source: QueueKey, limit: Int) async throws -> [MoveTask] {
        try await database.read { connection in
            try connection.query(
                """
                SELECT \(Self.columns) FROM sqs_move_task
                WHERE source_account = ? AND source_region = ? AND source_name = ? ORDER BY started DESC, id LIMIT ?
                """, Self.source(source) + [.integer(Int64(limit))]
            ).compactMap(Self.task)
        }
    }

    /// Notes how far a task is.
    /// - Returns: its state after that.
    func progress(_ id: String, moved: Int, now status: MoveTask.Status?, failure: String? = nil) async throws
        -> MoveTask.Status?
    {
        try await database.write { connection in
            let row = try connection.first(
                """
                UPDATE sqs_move_task SET moved = moved + ?, failure = ?, status = COALESCE(?, status) WHERE id = ?
                RETURNING status
                """, [.integer(Int64(moved)), SQLValue(failure), SQLValue(status?.rawValue), .text(id)])
            return row?.text(0).flatMap(MoveTask.Status.init)
        }
    }

    /// Asks a task that runs to end.
    /// - Returns: the task, nil if it does not run.
    func cancel(_ id: String) async throws -> MoveTask? {
        try await database.write { connection in
            let changed = try connection.execute(
                "UPDATE sqs_move_task SET status = 'CANCELLING' WHERE id = ? AND status = 'RUNNING'", [.text(id)])
            if changed == 0 { return nil }
            return try connection.first("SELECT \(Self.columns) FROM sqs_move_task WHERE id = ?", [.text(id)])
                .flatMap(Self.task)
        }
    }

    func removeOld(before time: Int64) async throws {
        try await database.write {
            try $0.execute(
                "DELETE FROM sqs_move_task WHERE started < ? AND status NOT IN ('RUNNING', 'CANCELLING')",
                [.integer(time)])
        }
    }

    private static func source(_ key: QueueKey) -> [SQLValue] {
        [.text(key.account), .text(key.region), .text(key.name)]
    }

    private static func task(_ row: SQLRow) -> MoveTask? {
        guard let id = row.text(0), let account = row.text(1), let region = row.text(2), let name = row.text(3),
            let status = row.text(6).flatMap(MoveTask.Status.init)
        else { return nil }
        return MoveTask(
            id: id, source: QueueKey(account: account, region: region, name: name),
            destination: row.text(4).flatMap { QueueKey(arn: $0) }, rate: row.integer(5).map { Int($0) },
            status: status,
            moved: Int(row.integer(7) ?? 0), toMove: Int(row.integer(8) ?? 0), last: row.integer(9) ?? 0,
            started: row.integer(10) ?? 0, failure: row.text(11))
    }
}
