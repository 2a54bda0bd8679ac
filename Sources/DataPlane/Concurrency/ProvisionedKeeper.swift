import Execution
import Synchronization

/// Keeps provisioned environments: starts and ends them in the background until each qualifier has what it asks for, and replaces those
/// that end.
final class ProvisionedKeeper: Sendable {
    typealias Member = PooledEnvironment<ExecutionEnvironment>

    struct Key: Hashable, Sendable {
        var function: FunctionName
        var qualifier: String
    }

    /// An environment could not be started, in the words that clients are told.
    struct Failure: Error {
        var reason: String
    }

    private struct Entry {
        var plan = ProvisioningPlan()
        /// By version.
        var functions: [String: FunctionVersion] = [:]
        var members: [ObjectIdentifier: Member] = [:]
    }

    private struct State {
        var entries: [Key: Entry] = [:]
        var starting = 0
        var alarm: ContinuousClock.Instant?
        var closed = false
    }

    private enum Work {
        case start(Key, FunctionVersion)
        case end(Member)
        case rest(until: ContinuousClock.Instant?)
    }

    private let state = Mutex(State())
    private let start: @Sendable (FunctionVersion, Key) async throws(Failure) -> Void
    private let end: @Sendable (Member) -> Void
    private let epoch = ContinuousClock.now

    /// At most so many start at the same time, so that other functions' cold starts find the machine free.
    private static let parallel = 4

    /// - Parameters:
    ///   - start: starts an environment, and calls ``adopt(_:_:)`` with it.
    ///   - end: ends one that is not to be used any more.
    init(
        start: @escaping @Sendable (FunctionVersion, Key) async throws(Failure) -> Void,
        end: @escaping @Sendable (Member) -> Void
    ) {
        self.start = start
        self.end = end
    }

    /// Says what a function's qualifiers are to have; those that are not named have nothing any more.
    func set(_ function: FunctionName, _ configurations: [ProvisionedConfiguration]) {
        state.withLock { state in
            let named = Set(configurations.map(\.qualifier))
            for key in state.entries.keys where key.function == function && !named.contains(key.qualifier) {
                state.entries[key]?.plan.want([:])
            }
            for configuration in configurations {
                let key = Key(function: function, qualifier: configuration.qualifier)
                var entry = state.entries[key] ?? Entry()
                for target in configuration.targets { entry.functions[target.function.version] = target.function }
                entry.plan.want(
                    Dictionary(
                        configuration.targets.map { ($0.function.version, $0.count) }, uniquingKeysWith: { $0 + $1 }))
                state.entries[key] = entry
            }
        }
        tend()
    }

    /// How far a qualifier is.
    func state(_ key: Key) -> ProvisionedState? {
        state.withLock { $0.entries[key]?.plan.state }
    }

    /// Takes in an environment that was started.
    /// - Returns: false if it is not wanted any more.
    func adopt(_ member: Member, _ key: Key) -> Bool {
        state.withLock { state in
            guard !state.closed, state.entries[key] != nil else { return false }
            state.entries[key]?.members[ObjectIdentifier(member)] = member
            state.entries[key]?.plan.becameReady(member.environment.function.version)
            return true
        }
    }

    /// An environment has ended, whoever wanted it.
    func ended(_ member: Member) {
        let function = member.environment.function
        guard let qualifier = function.provisioning else { return }
        let key = Key(function: FunctionName(function), qualifier: qualifier)
        let now = epoch.duration(to: .now)
        state.withLock { state in
            guard state.entries[key]?.members.removeValue(forKey: ObjectIdentifier(member)) != nil else { return }
            state.entries[key]?.plan.ended(function.version, at: now)
        }
        tend()
    }

    /// Starts none any more.
    func close() { state.withLock { $0.closed = true } }

    // MARK: Tending

    private func tend() {
        while true {
            switch next() {
            case .start(let key, let function): Task(priority: .utility) { await begin(key, function) }
            case .end(let member): end(member)
            case .rest(let until):
                if let until { setAlarm(until) }
                return
            }
        }
    }

    private func next() -> Work {
        let now = epoch.duration(to: .now)
        return state.withLock { state in
            guard !state.closed else { return .rest(until: nil) }
            var alarm: Duration?
            for key in Array(state.entries.keys) {
                guard let entry = state.entries[key] else { continue }
                switch entry.plan.next(at: now) {
                case .start(let version):
                    guard state.starting < Self.parallel, let function = entry.functions[version] else { continue }
                    state.starting += 1
                    state.entries[key]?.plan.began(version)
                    return .start(key, function)
                case .end(let version):
                    let found = entry.members.first { $0.value.environment.function.version == version }
                    state.entries[key]?.plan.retired(version)
                    guard let (id, member) = found else { continue }
                    state.entries[key]?.members[id] = nil
                    return .end(member)
                case .rest(let until):
                    if let until { alarm = min(alarm ?? until, until) }
                    if entry.plan.isEmpty { state.entries[key] = nil }
                }
            }
            return .rest(until: alarm.map { epoch + $0 })
        }
    }

    private func begin(_ key: Key, _ function: FunctionVersion) async {
        do throws(Failure) {
            try await start(function, key)
            state.withLock { $0.starting -= 1 }
        } catch {
            let now = epoch.duration(to: .now)
            state.withLock { state in
                state.starting -= 1
                state.entries[key]?.plan.startFailed(function.version, reason: error.reason, at: now)
            }
        }
        tend()
    }

    /// Looks again at this time, unless it does before.
    private func setAlarm(_ time: ContinuousClock.Instant) {
        let sets = state.withLock { state in
            if let alarm = state.alarm, alarm <= time { return false }
            state.alarm = time
            return true
        }
        guard sets else { return }
        Task(priority: .utility) {
            try? await Task.sleep(until: time, clock: .continuous)
            state.withLock { if $0.alarm == time { $0.alarm = nil } }
            tend()
        }
    }
}

extension FunctionName {
    init(_ function: FunctionVersion) {
        self.init(account: function.account, region: function.region, name: function.name)
    }
}
