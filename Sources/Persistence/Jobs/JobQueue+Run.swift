import Logging
import ServiceKit
public import ServiceModel
import Synchronization

extension JobQueue {
    /// Does what is due, until the task is cancelled; then nothing new is begun, and what is under way gets a moment to end.
    public func run() async {
        if claims.isShared { await renewLease() }
        await findLanes()
        state.withLock { $0.isOpen = true }
        let leases = claims.isShared ? Task { await keepLease() } : nil
        while !Task.isCancelled {
            let now = time.now
            let (due, next) = state.withLock { state in (state.agenda.takeDue(at: now), state.agenda.first) }
            if !due.isEmpty {
                pump(due)
                continue
            }
            settle()
            await wait(until: next)
        }
        leases?.cancel()
        await close()
    }

    /// When the next job is due that has somebody to do it; nil: there is none.
    public var nextDue: Timestamp? {
        state.withLock { state in
            state.lanes.filter { state.workers[$0.key.kind] != nil }.compactMap(\.value.next).min()
        }
    }

    /// The clock was moved: what is due is another.
    public func timeMoved() {
        let lanes = state.withLock { Array($0.lanes.keys) }
        pump(lanes)
        bell.ring()
    }

    /// Returns when everything that is due now is done and recorded, by a queue that runs.
    /// - Returns: false if the task was cancelled before.
    @discardableResult
    public func settled() async -> Bool {
        let id = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                state.withLock { $0.settling[id] = continuation }
                settle()
                if Task.isCancelled { giveUp(id) }
            }
        } onCancel: {
            giveUp(id)
        }
        return !Task.isCancelled
    }

    private func giveUp(_ id: Int) {
        state.withLock { $0.settling.removeValue(forKey: id) }?.resume()
    }

    /// Tells those who wait for it that nothing is due or under way.
    func settle() {
        let waiting = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            // Nearly always nobody waits.
            guard state.isIdle, !state.closers.isEmpty || !state.settling.isEmpty else { return [] }
            var waiting = state.closers
            state.closers = []
            if state.isSettled(at: time.now) {
                waiting += state.settling.values
                state.settling = [:]
            }
            return waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Returns when nothing is under way.
    func idle() async {
        await withCheckedContinuation { continuation in
            state.withLock { $0.closers.append(continuation) }
            settle()
        }
    }

    private func close() async {
        state.withLock { $0.isOpen = false }
        let limit = Task {
            try await Task.sleep(for: .seconds(5))
            let waiting = state.withLock { state in
                defer { state.closers = [] }
                return state.closers
            }
            for continuation in waiting { continuation.resume() }
        }
        await idle()
        limit.cancel()
        // What ends from now on ends because everything does, and not for reasons of its own.
        state.withLock { $0.isOver = true }
        try? await claims.leave()
    }

    private func wait(until next: Timestamp?) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [bell] in await bell.wait() }
            if let next { group.addTask { [time] in try? await time.sleep(until: next) } }
            await group.next()
            group.cancelAll()
        }
    }

    /// Learns of the lanes that have jobs: those of an earlier process, and of others that share the database.
    private func findLanes() async {
        while !Task.isCancelled {
            do {
                let found = try await claims.lanes()
                state.withLock { state in for (lane, due) in found { state.note(lane, due: due) } }
                bell.ring()
                return
            } catch {
                logger.error("Jobs could not be looked for.", metadata: ["error": "\(error)"])
                try? await Task.sleep(for: .seconds(1))
            }
        }
    }

    /// Other processes may enqueue, and may die: both are looked for every second or so.
    private func keepLease() async {
        var renewed = ContinuousClock.now
        while !Task.isCancelled {
            try? await Task.sleep(for: .seconds(1))
            if ContinuousClock.now - renewed > JobClaims.lease / 4 {
                await renewLease()
                renewed = .now
            }
            await findLanes()
        }
    }

    private func renewLease() async {
        do {
            if try await claims.renew() {
                logger.notice("Took over the jobs of a process that is not heard of any more.")
            }
        } catch {
            logger.error("A lease could not be renewed.", metadata: ["error": "\(error)"])
        }
    }
}

extension JobQueue.State {
    /// Whether nothing is under way.
    var isIdle: Bool { tasks == 0 && outcomes.isEmpty && !isRecording }

    /// Whether, besides, all jobs are known, and nothing is due that somebody does.
    func isSettled(at now: Timestamp) -> Bool {
        isOpen && isIdle && lanes.allSatisfy { workers[$0.key.kind] == nil || $0.value.isSettled(at: now) }
    }
}
