import Execution
import Glibc
import Logging
import Sandbox
import Synchronization

/// Starting stems and ending them, in the background.
extension StemNursery {
    /// At most so many are started at a time, so that a cold start finds the machine free.
    private static let parallel = 2
    private static let rest: Duration = .seconds(5)
    /// A stem that is not ready after this never will be.
    private static let longest: Duration = .seconds(20)
    /// For so long after a cold start began none is started: it takes the processors and the launcher away from an
    /// environment that is about to answer.
    private static let quiet: Duration = .milliseconds(8)
    /// But no longer than this many looks, where cold starts follow each other without a pause.
    private static let patience = 10

    private enum Work {
        case start(StemKind)
        case end([Stem])
        /// Nothing is to be done until this time has passed, unless someone calls ``tend()``.
        case rest(Duration?)
    }

    func tend() {
        let begins = state.withLock { state in
            defer { state.tending = true }
            return !state.tending && !state.closed
        }
        guard begins else { return }
        Task(priority: .utility) {
            while true {
                await waitForEnvironments()
                switch next() {
                case .start(let kind):
                    guard await hasRoom(cost(of: kind)) else { return waitForRoom(kind) }
                    state.withLock { $0.isScarce = false }
                    Task(priority: .utility) { await start(kind) }
                case .end(let stems): for stem in stems { await stem.sandbox.kill() }
                case .rest(let duration): return setAlarm(duration)
                }
            }
        }
    }

    private func cost(of kind: StemKind) -> Int64 {
        state.withLock { $0.policy.cost(of: kind) } ?? StemPolicy<StemKind>.assumedCost
    }

    /// Starts none for now. What is left is handed out as always.
    private func waitForRoom(_ kind: StemKind) {
        state.withLock { state in
            state.starting[kind, default: 1] -= 1
            state.tending = false
        }
        setAlarm(Self.rest)
    }

    /// Tends again later, if nobody does before; one alarm at a time.
    private func setAlarm(_ duration: Duration?) {
        guard let duration else { return }
        let sets = state.withLock { state in
            defer { state.alarmed = true }
            return !state.alarmed
        }
        guard sets else { return }
        Task(priority: .utility) {
            try? await Task.sleep(for: duration)
            state.withLock { $0.alarmed = false }
            tend()
        }
    }

    private func waitForEnvironments() async {
        for _ in 0..<Self.patience {
            let pause = state.withLock { state in
                state.hurried > 0 ? .milliseconds(3) : Self.quiet - state.lastDemand.duration(to: .now)
            }
            guard pause > .zero else { return }
            try? await Task.sleep(for: pause)
        }
    }

    private func next() -> Work {
        let now = epoch.duration(to: .now)
        return state.withLock { state in
            guard !state.closed else {
                state.tending = false
                return .rest(nil)
            }
            let targets = state.policy.targets(at: now)
            for (kind, stems) in state.stock where stems.count > targets[kind, default: 0] {
                let superfluous = stems.count - targets[kind, default: 0]
                state.stock[kind] = Array(stems.dropFirst(superfluous))
                return .end(Array(stems.prefix(superfluous)))
            }
            let warming = state.stock.values.reduce(0) { $0 + $1.count { !$0.isReady } }
            if state.starting.values.reduce(0, +) + warming < Self.parallel {
                // The emptiest first.
                let short = targets.compactMap { kind, target -> (StemKind, Int)? in
                    let have = state.stock[kind, default: []].count + state.starting[kind, default: 0]
                    guard have < target, (state.restsUntil[kind] ?? .now) <= .now else { return nil }
                    return (kind, have)
                }
                if let (kind, _) = short.min(by: { $0.1 < $1.1 }) {
                    state.starting[kind, default: 0] += 1
                    return .start(kind)
                }
            }
            // Who takes a stem, or sees one become ready or end, calls again. Else they become fewer with time.
            state.tending = false
            let isIdle = state.stock.values.allSatisfy(\.isEmpty) && state.restsUntil.isEmpty
            return .rest(isIdle ? nil : state.policy.nextChange(after: now).map { min($0 - now, Self.rest) })
        }
    }

    private func start(_ kind: StemKind) async {
        let configuration = kind.configuration(ports: ports(), network: network)
        do {
            let stem = Stem(kind, sandbox: try await sandboxes.start(configuration))
            let isWanted = state.withLock { state in
                state.starting[kind, default: 1] -= 1
                let isWanted = !state.closed && !state.isScarce
                if isWanted { state.stock[kind, default: []].append(stem) }
                return isWanted
            }
            guard isWanted else { return await stem.sandbox.kill() }
            Task(priority: .utility) { await attend(stem) }
        } catch {
            state.withLock { state in
                state.starting[kind, default: 1] -= 1
                state.restsUntil[kind] = .now + Self.rest
            }
            logger.debug("no stem for \(kind.name): \(error)")
            tend()
        }
    }

    /// From its start to its end.
    private func attend(_ stem: Stem) async {
        let impatience = Task(priority: .utility) {
            try await Task.sleep(for: Self.longest)
            // What has become a function's is not ours any more.
            if state.withLock({ $0.stock[stem.kind]?.contains { $0 === stem } ?? false }) { await stem.sandbox.kill() }
        }
        if await stem.sandbox.ready() {
            impatience.cancel()
            stem.becameReady()
            tend()
            if let used = await stem.sandbox.peakMemory() {
                state.withLock { $0.policy.measured(stem.kind, cost: used) }
            }
        }
        let exit = await stem.sandbox.exit()
        impatience.cancel()
        let ended = state.withLock { state in
            let before = state.stock[stem.kind]?.count
            state.stock[stem.kind]?.removeAll { $0 === stem }
            // It was nobody's: a kind that cannot live must not be tried without a pause.
            let ended = before != state.stock[stem.kind]?.count
            if ended && !stem.isReady { state.restsUntil[stem.kind] = .now + Self.rest }
            return ended
        }
        guard ended else { return }
        logger.debug("a stem for \(stem.kind.name) ended by itself: \(exit.status) \(Self.lastWords(of: stem))")
        tend()
    }

    /// What a stem that has ended printed.
    private static func lastWords(of stem: Stem) -> String {
        guard let output = stem.sandbox.takeOutput() else { return "" }
        defer { Glibc.close(output) }
        return withUnsafeTemporaryAllocation(byteCount: 2000, alignment: 1) { buffer in
            let count = read(output, buffer.baseAddress, buffer.count)
            return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : ""
        }
    }
}
