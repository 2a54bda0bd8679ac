import ServiceKit
import ServiceModel

/// Claims jobs for this process. With SQLite nobody else could, so that a claim is a read; with PostgreSQL it is written, with the owner,
/// whose lease all its claims share.
struct JobClaims: Sendable {
    let database: any Database
    /// This process, among those that share the database.
    let owner = RandomUUID.make()

    struct Claim: Sendable {
        var jobs: [Job] = []
        /// When the first of those that were left is due.
        var next: Timestamp?
    }

    /// How long a process that is not heard of keeps its claims.
    static let lease = Duration.seconds(15)
    /// Bytes of payloads that one claim takes, unless the first job alone has more.
    private static let bytes = 4 << 20

    /// Whether other processes may claim from the same tables.
    var isShared: Bool { database.engine == .postgres }

    /// Claims jobs that are due, besides those of the lane that this process has claimed already.
    func claim(_ lane: JobLane, _ wanted: Int, isOrdered: Bool, claimed: Set<Int64>, at now: Timestamp) async throws
        -> Claim
    {
        let body: @Sendable (any SQLConnection) throws -> Claim = { [owner, isShared] connection in
            let rows = JobRows(connection: connection)
            let heads = try rows.heads(
                lane, for: owner, isOrdered: isOrdered, limit: isOrdered ? 1 : wanted + claimed.count + 1)
            var free = heads.filter { !claimed.contains($0.id) && !$0.isForeign }[...]
            var taken: [JobRows.Head] = []
            var bytes = 0
            while taken.count < wanted, let head = free.first, head.due <= now,
                taken.isEmpty || bytes + head.size <= Self.bytes
            {
                taken.append(head)
                bytes += head.size
                free.removeFirst()
            }
            if isShared { taken = try rows.own(taken, by: owner) }
            var claim = Claim(jobs: try rows.jobs(lane, taken), next: free.first?.due)
            if isOrdered, let job = claim.jobs.first { claim.next = job.due }
            return claim
        }
        return isShared ? try await database.write(body) : try await database.read(body)
    }

    /// Says that this process lives, and frees what dead ones had claimed.
    /// - Returns: whether there were dead ones.
    func renew() async throws -> Bool {
        try await database.write { [owner] connection in
            let rows = JobRows(connection: connection)
            try rows.renew(owner, for: Self.lease.components.seconds * 1000)
            return try rows.freeAbandoned() > 0
        }
    }

    func leave() async throws {
        guard isShared else { return }
        try await database.write { [owner] in try JobRows(connection: $0).leave(owner) }
    }

    /// Every lane that has jobs nobody has claimed.
    func lanes() async throws -> [(lane: JobLane, due: Timestamp)] {
        try await database.read { try JobRows(connection: $0).lanes() }
    }
}
