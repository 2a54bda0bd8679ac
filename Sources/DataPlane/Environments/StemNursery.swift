import Execution
import Logging
import Sandbox
import Synchronization

/// Keeps stems: starts them in the background, as many as ``StemPolicy`` says, and hands each out once.
///
/// Nothing is started before a kind is first asked for. What ends by itself leaves the stock; what ends in the moment it is handed
/// out is noticed when it is specialised, and the environment starts from nothing.
final class StemNursery: Sendable {
    struct State {
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

    let state: Mutex<State>
    let sandboxes: any SandboxProvider
    let ports: @Sendable () -> [Int]
    let network: SandboxConfiguration.Network
    let logger: Logger
    let hasRoom: @Sendable (Int64) async -> Bool
    let epoch = ContinuousClock.now

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
}
