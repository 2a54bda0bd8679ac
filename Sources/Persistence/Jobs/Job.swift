public import ServiceModel

/// Work that must happen later, or at least once: a row that stays until somebody has done it.
public struct NewJob: Sendable, Hashable {
    /// Who does it: the name under which a ``JobWorker`` is registered, such as `lambda.event`.
    public var kind: String
    /// Jobs of one lane share a window, and are begun in the order of their due times; in an ordered kind, one at a time and in the
    /// order in which they were enqueued.
    public var lane: String
    public var due: Timestamp
    public var payload: [UInt8]
    /// Whether the lane's jobs are done in the order in which they were enqueued; the kind's worker says the same.
    public var isOrdered: Bool

    public init(kind: String, lane: String, due: Timestamp, payload: [UInt8], isOrdered: Bool = false) {
        self.kind = kind
        self.lane = lane
        self.due = due
        self.payload = payload
        self.isOrdered = isOrdered
    }
}

/// A job that this process has claimed.
public struct Job: Sendable, Hashable {
    public var id: Int64
    public var lane: JobLane
    public var due: Timestamp
    /// How often it was tried before, as far as those tries were recorded: one that ended with the process was not.
    public var attempts: Int
    public var payload: [UInt8]
}

/// A kind of jobs, and one of its lanes.
public struct JobLane: Sendable, Hashable {
    public var kind: String
    public var name: String

    public init(kind: String, name: String) {
        self.kind = kind
        self.name = name
    }
}

/// What became of a job.
public enum JobOutcome: Sendable {
    /// The row goes.
    case done
    /// The row goes, and in the same transaction something else happens. The closure may run more than once.
    case doneWith(@Sendable (JobTransaction) throws -> Void)
    /// It is to be tried again, at this time at the earliest, with another payload if one is given.
    case retry(at: Timestamp, payload: [UInt8]? = nil)
}

/// Does the jobs of one kind.
public protocol JobWorker: Sendable {
    /// Whether a lane's jobs are done one at a time, in the order in which they were enqueued: one that is to be tried again holds up the
    /// rest.
    var isOrdered: Bool { get }
    /// How many jobs of the lane may run at the same time, now. Asked often, and answered at once.
    func window(_ lane: JobLane) -> Int
    /// Does one job. It may have been done before: by a process that ended before it could say so.
    func run(_ job: Job) async -> JobOutcome
}

extension JobWorker {
    public var isOrdered: Bool { false }
}
