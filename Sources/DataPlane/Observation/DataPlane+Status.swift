import Execution
import NIOCore
import Sandbox

extension DataPlane {
    /// What there is now, and what was since the start.
    /// - Parameter limit: how many functions, environments and invocations to name, at most.
    /// - Returns: the counts of all, and those that are named.
    public func status(limit: Int) async -> DataPlaneStatus {
        // In this order: what ends in between is in the snapshot, or its environment says that it is not.
        let living = living
        let past = observatory.snapshot
        var seen: [EnvironmentSnapshot] = []
        await Self.measure(living)
        for (loop, environments) in Self.byLoop(living) {
            seen += (try? await loop.submit { environments.map(EnvironmentSnapshot.init) }.get()) ?? []
        }
        seen.removeAll { $0.mergedAs.map { $0 <= past.merges } ?? false }
        return StatusReport(past: past, seen: seen, stems: stemCounts, now: .now).make(limit: limit)
    }

    /// Forgets what environments that have ended have seen, and the metrics.
    public func forgetPast() { observatory.reset() }

    /// What environments are confined to, and those that are confined to it.
    static func byLoop(_ environments: [ExecutionEnvironment]) -> [(any EventLoop, [ExecutionEnvironment])] {
        Dictionary(grouping: environments, by: { ObjectIdentifier($0.loop) }).values.compactMap { group in
            group.first.map { ($0.loop, group) }
        }
    }

    private static let parallel = 16
    private static let mostMeasured = 256

    /// Asks the kernel of the environments that nobody has asked of for a moment; not of all, if there are very many.
    private static func measure(_ environments: [ExecutionEnvironment]) async {
        await withTaskGroup(of: Void.self) { group in
            for (index, environment) in environments.prefix(mostMeasured).enumerated() {
                if index >= parallel { await group.next() }
                group.addTask { _ = await environment.memory.measure() }
            }
        }
    }
}

/// An environment at one moment.
struct EnvironmentSnapshot: Sendable {
    let id: String
    let function: FunctionVersion
    let state: DataPlaneStatus.Environment.State
    let born: ContinuousClock.Instant
    let initialization: Double
    let statistics: InvocationStatistics
    let usage: SandboxUsage?
    let last: (times: InvocationTimes, finished: ContinuousClock.Instant)?
    let mergedAs: Int?

    /// On the environment's loop.
    init(_ environment: ExecutionEnvironment) {
        id = environment.sandbox.id
        function = environment.function
        state = environment.observedState
        born = environment.born
        initialization = environment.initDuration
        statistics = environment.statistics
        usage = environment.memory.usage
        last = environment.lastTimes
        mergedAs = environment.observed.mergedAs
    }

    var isIdle: Bool { state == .idle || state == .frozen }
    var lastUsed: ContinuousClock.Instant { state == .busy ? .now : last?.finished ?? born }
}

extension ExecutionEnvironment {
    /// On the loop.
    fileprivate var observedState: DataPlaneStatus.Environment.State {
        if hasEnded || lifecycle.state == .ended { return .ending }
        if invocation != nil { return .busy }
        guard case .ready = lifecycle.state else { return .starting }
        return freezing == nil ? .idle : .frozen
    }
}
