import ServiceModel

/// The statements on the tables of jobs, inside a transaction.
struct JobRows {
    let connection: any SQLConnection

    func insert(_ job: NewJob) throws {
        let position = job.isOrdered ? 0 : job.due.milliseconds
        try connection.execute(
            "INSERT INTO jobs (kind, lane, position, due, attempts, size, payload) VALUES (?, ?, ?, ?, 0, ?, ?)",
            [
                .text(job.kind), .text(job.lane), .integer(position), .integer(job.due.milliseconds),
                .integer(Int64(job.payload.count)), .blob(job.payload),
            ])
    }

    /// What of a lane its owner could claim next, in order: what it has claimed already is among them, for the answer to a claim may have
    /// been lost. What is another process's is left out, unless the lane is ordered: there it holds up the rest.
    func heads(_ lane: JobLane, for owner: String, isOrdered: Bool, limit: Int) throws -> [Head] {
        var parameters: [SQLValue] = [.text(lane.kind), .text(lane.name)]
        var filter = ""
        if connection.engine == .postgres, !isOrdered {
            filter = " AND (owner IS NULL OR owner = ?)"
            parameters.append(.text(owner))
        }
        return try connection.query(
            """
            SELECT id, position, due, size, owner FROM jobs WHERE kind = ? AND lane = ?\(filter)
            ORDER BY position, id LIMIT ?
            """, parameters + [.integer(Int64(limit))]
        ).map {
            Head(
                id: $0.integer(0) ?? 0, due: Timestamp(milliseconds: $0.integer(2) ?? 0),
                size: Int($0.integer(3) ?? 0), isForeign: $0.text(4).map { $0 != owner } ?? false)
        }
    }

    struct Head {
        var id: Int64
        var due: Timestamp
        var size: Int
        /// Whether another process has claimed it.
        var isForeign: Bool
    }

    /// The jobs themselves; those that are gone meanwhile are left out.
    func jobs(_ lane: JobLane, _ heads: [Head]) throws -> [Job] {
        try heads.compactMap { head in
            guard
                let row = try connection.first(
                    "SELECT attempts, payload FROM jobs WHERE id = ?", [.integer(head.id)]),
                let payload = row.blob(1)
            else { return nil }
            return Job(
                id: head.id, lane: lane, due: head.due, attempts: Int(row.integer(0) ?? 0), payload: payload)
        }
    }

    /// Makes jobs a process's own, as far as they are nobody else's.
    /// - Returns: those that are its own now.
    func own(_ heads: [Head], by owner: String) throws -> [Head] {
        try heads.filter { head in
            try connection.execute(
                "UPDATE jobs SET owner = ? WHERE id = ? AND (owner IS NULL OR owner = ?)",
                [.text(owner), .integer(head.id), .text(owner)]) > 0
        }
    }

    func delete(_ id: Int64) throws {
        try connection.execute("DELETE FROM jobs WHERE id = ?", [.integer(id)])
    }

    func reschedule(_ job: Job, due: Timestamp, payload: [UInt8]?) throws {
        try connection.execute(
            """
            UPDATE jobs SET position = CASE position WHEN 0 THEN 0 ELSE CAST(? AS BIGINT) END, due = ?,
                attempts = attempts + 1, owner = NULL
            WHERE id = ?
            """, [.integer(due.milliseconds), .integer(due.milliseconds), .integer(job.id)])
        if let payload {
            try connection.execute(
                "UPDATE jobs SET payload = ?, size = ? WHERE id = ?",
                [.blob(payload), .integer(Int64(payload.count)), .integer(job.id)])
        }
    }

    /// Every lane that has jobs, and when the first is due.
    func lanes() throws -> [(lane: JobLane, due: Timestamp)] {
        let free = connection.engine == .postgres ? " WHERE owner IS NULL" : ""
        return try connection.query("SELECT kind, lane, MIN(position) FROM jobs\(free) GROUP BY kind, lane").map {
            (JobLane(kind: $0.text(0) ?? "", name: $0.text(1) ?? ""), Timestamp(milliseconds: $0.integer(2) ?? 0))
        }
    }

    func count(kind: String, lane: String?) throws -> Int {
        let filter = lane == nil ? "" : " AND lane = ?"
        let row = try connection.first(
            "SELECT COUNT(*) FROM jobs WHERE kind = ?\(filter)", [.text(kind)] + (lane.map { [.text($0)] } ?? []))
        return Int(row?.integer(0) ?? 0)
    }

    // MARK: Leases (PostgreSQL)

    /// By the database's clock, which all processes share, in milliseconds.
    private static let now = "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)"

    /// Says that a process lives for some milliseconds more.
    func renew(_ owner: String, for milliseconds: Int64) throws {
        try connection.execute(
            """
            INSERT INTO job_owners (owner, alive_until) VALUES (?, \(Self.now) + ?)
            ON CONFLICT (owner) DO UPDATE SET alive_until = excluded.alive_until
            """, [.text(owner), .integer(milliseconds)])
    }

    /// Frees the jobs of processes that no longer say that they live.
    /// - Returns: how many processes those were.
    func freeAbandoned() throws -> Int {
        let dead = try connection.query("SELECT owner FROM job_owners WHERE alive_until < \(Self.now)")
            .compactMap { $0.text(0) }
        for owner in dead { try leave(owner) }
        return dead.count
    }

    /// A process claims nothing any more.
    func leave(_ owner: String) throws {
        try connection.execute("UPDATE jobs SET owner = NULL WHERE owner = ?", [.text(owner)])
        try connection.execute("DELETE FROM job_owners WHERE owner = ?", [.text(owner)])
    }
}
