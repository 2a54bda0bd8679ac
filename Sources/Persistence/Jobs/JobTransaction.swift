import ServiceModel

/// A transaction of the database in which jobs are enqueued together with the change that causes them.
public final class JobTransaction {
    public let connection: any SQLConnection
    /// The earliest due time of what was enqueued, by lane.
    private(set) var earliest: [JobLane: Timestamp] = [:]

    init(_ connection: any SQLConnection) { self.connection = connection }

    /// Removes the jobs of a lane, in a transaction of whoever owns what they are for. What runs goes on, and leaves nothing.
    public static func removeLane(kind: String, _ name: String, on connection: any SQLConnection) throws {
        try connection.execute("DELETE FROM jobs WHERE kind = ? AND lane = ?", [.text(kind), .text(name)])
    }

    /// How many jobs a lane has, up to a limit.
    public static func count(kind: String, _ name: String, limit: Int, on connection: any SQLConnection) throws -> Int {
        try connection.query(
            "SELECT 1 FROM jobs WHERE kind = ? AND lane = ? LIMIT ?",
            [.text(kind), .text(name), .integer(Int64(limit))]
        ).count
    }

    /// How many lanes whose names begin alike have jobs, up to a limit.
    /// - Parameter prefix: ends in a slash.
    public static func lanes(kind: String, prefix: String, limit: Int, on connection: any SQLConnection) throws -> Int {
        // Each lane is looked up behind the one before: what waits in them is not read.
        var found = 0
        var after = prefix
        while found < limit,
            let lane = try connection.first(
                "SELECT MIN(lane) FROM jobs WHERE kind = ? AND lane > ? AND lane < ?",
                [.text(kind), .text(after), .text(prefix.dropLast() + "0")])?.text(0)
        {
            found += 1
            after = lane
        }
        return found
    }

    /// Enqueues a job: it is there if the transaction is committed.
    public func enqueue(_ job: NewJob) throws {
        try JobRows(connection: connection).insert(job)
        let lane = JobLane(kind: job.kind, name: job.lane)
        earliest[lane] = min(earliest[lane] ?? job.due, job.due)
    }
}
