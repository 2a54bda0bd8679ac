import Execution
import Glibc
import Logging
import Sandbox
import Synchronization

/// Keeps stems: starts them in the background, as many as ``StemPolicy`` says, and hands each out once.
///
/// Nothing is started before a kind is first asked for. What ends by itself leaves the stock; what ends in the moment it is handed
/// out is noticed when it is specialised, and the environment starts from nothing.
final class StemNursery: Sendable {
    private struct State {
        var policy: StemPolicy<StemKind>
        var stock: [StemKind: [Stem]] = [:]
        var starting: [StemKind: Int] = [:]
        /// After a failure of its own a kind rests.
        var restsUntil: [StemKind: ContinuousClock.Instant] = [:]
        /// Are being ended for the memory that they hold.
        var leaving: [Stem] = []
        /// Memory was short when it was last asked for.
        var isScarce = false
        var tending = false
        var alarmed = false
        var closed = false
        var handedOut = 0
        var missed = 0
        /// Environments that are being initialised: what they need goes first.
        var hurried = 0
        var lastDemand = ContinuousClock.now
    }

    private let state: Mutex<State>
    private let sandboxes: any SandboxProvider
    private let ports: @Sendable () -> [Int]
    private let network: SandboxConfiguration.Network
    private let logger: Logger
    private let hasRoom: @Sendable (Int64) async -> Bool
    private let epoch = ContinuousClock.now

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

    /// - Parameters:
    ///   - bounds: how many there may be.
    ///   - sandboxes: where they are made.
    ///   - network: what they may reach.
    ///   - logger: for what becomes of them.
    ///   - ports: those that every sandbox listens on.
    ///   - hasRoom: whether the machine has memory for a stem of so many bytes.
    init(
        _ bounds: StemPolicy<StemKind>.Bounds, sandboxes: any SandboxProvider, network: SandboxConfiguration.Network,
        logger: Logger, ports: @escaping @Sendable () -> [Int], hasRoom: @escaping @Sendable (Int64) async -> Bool
    ) {
        state = Mutex(State(policy: StemPolicy(bounds)))
        self.sandboxes = sandboxes
        self.network = network
        self.logger = logger
        self.ports = ports
        self.hasRoom = hasRoom
    }

    /// What there is and what it was good for.
    var counts: StemCounts {
        state.withLock { state in
            var kinds: [String: Int] = [:]
            var memory: [String: Int64] = [:]
            for (kind, stems) in state.stock where !stems.isEmpty {
                kinds[kind.name, default: 0] += stems.count
                memory[kind.name, default: 0] += Int64(stems.count) * (state.policy.cost(of: kind) ?? 0)
            }
            return StemCounts(
                ready: state.stock.values.reduce(0) { $0 + $1.count { $0.isReady } },
                starting: state.starting.values.reduce(0, +)
                    + state.stock.values.reduce(0) { $0 + $1.count { !$0.isReady } },
                kinds: kinds, memory: memory, handedOut: state.handedOut, missed: state.missed)
        }
    }

    /// Whether an environment is being initialised.
    var isHurried: Bool { state.withLock { $0.hurried > 0 } }

    /// A cold start begins, during which no stem is started.
    func hurry() { state.withLock { $0.hurried += 1 } }

    /// A cold start that ``hurry()`` was called for has ended.
    func calmDown() {
        state.withLock { $0.hurried -= 1 }
        tend()
    }

    /// A stem for a cold start, a ready one if there is one; nil: none.
    func take(_ kind: StemKind) -> Stem? {
        state.withLock { state in
            state.policy.demanded(kind, at: epoch.duration(to: .now))
            state.lastDemand = .now
            guard var stems = state.stock[kind], !stems.isEmpty else {
                state.missed += 1
                return nil
            }
            let stem = stems.remove(at: stems.firstIndex { $0.isReady } ?? 0)
            state.stock[kind] = stems
            state.handedOut += 1
            return stem
        }
    }

    /// Ends every stem for the memory that they hold; more are started when there is enough again.
    /// - Returns: whether there were any; they have ended then.
    func giveUp() async -> Bool {
        let leaving = state.withLock { state in
            state.isScarce = true
            state.leaving += state.stock.values.flatMap { $0 }
            state.stock = [:]
            // Others' too: what they give back is not there yet.
            return state.leaving
        }
        for stem in leaving { await stem.sandbox.kill() }
        for stem in leaving { _ = await stem.sandbox.exit() }
        state.withLock { $0.leaving.removeAll { stem in leaving.contains { $0 === stem } } }
        return !leaving.isEmpty
    }

    /// Ends every stem. More are started when they are asked for.
    func endAll() async {
        let stems = state.withLock { state in
            defer { state.stock = [:] }
            return state.stock.values.flatMap { $0 }
        }
        for stem in stems { await stem.sandbox.kill() }
        for stem in stems { _ = await stem.sandbox.exit() }
    }

    /// Ends every stem, and starts none any more.
    func close() async {
        state.withLock { $0.closed = true }
        await endAll()
    }

    // MARK: Tending

    private enum Work {
        case start(StemKind)
        case end([Stem])
        /// Nothing is to be done until this time has passed, unless someone calls ``tend()``.
        case rest(Duration?)
    }

    private func tend() {
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
}

extension StemNursery {
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

/// The stems of this machine.
public struct StemCounts: Sendable, Hashable {
    /// Can become a function's at once.
    public var ready = 0
    public var starting = 0
    /// By runtime.
    public var kinds: [String: Int] = [:]
    /// What they hold by runtime, in bytes; 0 where none was measured yet.
    public var memory: [String: Int64] = [:]
    /// Cold starts that began in a stem, and those that found none.
    public var handedOut = 0
    public var missed = 0

    public init() {}

    init(
        ready: Int, starting: Int, kinds: [String: Int], memory: [String: Int64], handedOut: Int, missed: Int
    ) {
        self.ready = ready
        self.starting = starting
        self.kinds = kinds
        self.memory = memory
        self.handedOut = handedOut
        self.missed = missed
    }
}
