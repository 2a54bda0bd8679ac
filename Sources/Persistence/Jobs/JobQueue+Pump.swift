import Logging
import ServiceKit
import ServiceModel
import Synchronization

extension JobQueue {
    /// Outcomes that wait to be recorded, above which nothing new is begun.
    private static let backlog = 4096
    /// Outcomes that are recorded in one transaction.
    private static let batch = 1024

    /// Begins what may begin, and claims what is due.
    func pump(_ lanes: [JobLane]) {
        for lane in lanes { pump(lane) }
    }

    private func pump(_ lane: JobLane) {
        guard let worker = state.withLock({ $0.workers[lane.kind] }) else { return }
        let window = worker.window(lane)
        let now = time.now
        let (begun, wanted, claimed, isSooner) = state.withLock { state -> ([Job], Int?, Set<Int64>, Bool) in
            guard state.isOpen, state.outcomes.count < Self.backlog, var known = state.lanes[lane] else {
                return ([], nil, [], false)
            }
            let first = state.agenda.first
            var begun: [Job] = []
            while let job = known.begin(window: window) { begun.append(job) }
            let wanted = known.beginClaim(window: window, isOrdered: worker.isOrdered, at: now)
            state.lanes[lane] = known.isOver ? nil : known
            // What is due already is claimed when the window has room.
            state.agenda.set(lane, known.next.flatMap { $0 > now ? $0 : nil })
            let isSooner = state.agenda.first.map { next in first.map { next < $0 } ?? true } ?? false
            state.tasks += begun.count + (wanted == nil ? 0 : 1)
            return (begun, wanted, wanted == nil ? [] : known.claimed, isSooner)
        }
        // Whoever waits for the first of the agenda has to know that it is another.
        if isSooner { bell.ring() }
        for job in begun { Task(executorPreference: executor(of: job)) { await self.perform(job, worker) } }
        if let wanted { Task { await claim(lane, wanted, worker, claimed) } }
    }

    private func executor(of job: Job) -> (any TaskExecutor)? {
        executors.isEmpty ? nil : executors[Int(job.id.magnitude % UInt64(executors.count))]
    }

    private func claim(_ lane: JobLane, _ wanted: Int, _ worker: any JobWorker, _ claimed: Set<Int64>) async {
        let now = time.now
        do {
            let claim = try await claims.claim(
                lane, wanted, isOrdered: worker.isOrdered, claimed: claimed, at: now)
            state.withLock { $0.lanes[lane, default: LaneState()].endClaim(claim.jobs, next: claim.next) }
            pump(lane)
            ended()
        } catch {
            logger.error("Jobs could not be claimed.", metadata: ["kind": "\(lane.kind)", "error": "\(error)"])
            state.withLock { $0.lanes[lane, default: LaneState()].failClaim() }
            ended()
            try? await Task.sleep(for: .seconds(1))
            pump(lane)
        }
    }

    private func perform(_ job: Job, _ worker: any JobWorker) async {
        let outcome = await worker.run(job)
        let records = state.withLock { state in
            if state.isOver { return false }
            state.lanes[job.lane]?.ended()
            state.outcomes.append((job, outcome))
            if state.isRecording { return false }
            state.isRecording = true
            return true
        }
        if records { Task { await record() } }
        pump(job.lane)
        ended()
    }

    /// Something that was under way is over.
    private func ended() {
        state.withLock { $0.tasks -= 1 }
        settle()
    }

    /// Records outcomes until there are none. Whatever ends while a batch is committed makes the next.
    private func record() async {
        while true {
            let batch = state.withLock { state -> [(job: Job, outcome: JobOutcome)] in
                defer { state.outcomes.removeFirst(min(state.outcomes.count, Self.batch)) }
                if state.outcomes.isEmpty { state.isRecording = false }
                return Array(state.outcomes.prefix(Self.batch))
            }
            if batch.isEmpty { return settle() }
            await record(batch)
            // Where outcomes had piled up, other lanes may have been held up.
            pump(batch.count < Self.batch ? Array(Set(batch.map(\.job.lane))) : state.withLock { Array($0.lanes.keys) })
        }
    }

    private func record(_ batch: [(job: Job, outcome: JobOutcome)]) async {
        while true {
            do {
                return try await commit(batch)
            } catch  where batch.count > 1 {
                // One of them may be the reason.
                for one in batch { await record([one]) }
                return
            } catch {
                logger.error(
                    "What became of a job could not be recorded.",
                    metadata: ["kind": "\(batch.first?.job.lane.kind ?? "")", "error": "\(error)"])
                if !state.withLock({ $0.isOpen }) { return }
                try? await Task.sleep(for: .seconds(1))
            }
        }
    }

    private func commit(_ batch: [(job: Job, outcome: JobOutcome)]) async throws {
        let earliest = try await database.write { connection in
            let transaction = JobTransaction(connection)
            let rows = JobRows(connection: connection)
            for (job, outcome) in batch {
                switch outcome {
                case .done: try rows.delete(job.id)
                case .doneWith(let body):
                    try rows.delete(job.id)
                    try body(transaction)
                case .retry(let due, let payload): try rows.reschedule(job, due: due, payload: payload)
                }
            }
            return transaction.earliest
        }
        state.withLock { state in
            for (job, outcome) in batch {
                var due: Timestamp?
                if case .retry(let time, _) = outcome { due = time }
                state.lanes[job.lane]?.recorded(job.id, due: due)
                state.agenda.set(job.lane, state.lanes[job.lane]?.next)
            }
        }
        enqueued(earliest)
        bell.ring()
    }
}
