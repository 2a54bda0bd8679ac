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

    /// Enqueues a job: it is there if the transaction is committed.
    public func enqueue(_ job: NewJob) throws {
        try JobRows(connection: connection).insert(job)
        let lane = JobLane(kind: job.kind, name: job.lane)
        earliest[lane] = min(earliest[lane] ?? job.due, job.due)
    }
}
