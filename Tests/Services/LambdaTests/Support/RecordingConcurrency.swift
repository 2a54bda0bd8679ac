import Execution
import Synchronization

/// Remembers what it was told of functions' concurrency.
final class RecordingConcurrency: ConcurrencyControl {
    private struct State {
        var reservations: [String: Int] = [:]
        var configurations: [String: [ProvisionedConfiguration]] = [:]
        var finished: Set<String> = []
    }

    private let state = Mutex(State())

    func reservation(_ function: String) -> Int? { state.withLock { $0.reservations[function] } }

    /// Qualifiers, the versions of each, and how many of those.
    func provisions(_ function: String) -> [String: [String: Int]] {
        state.withLock { state in
            Dictionary(
                (state.configurations[function] ?? []).map { configuration in
                    (
                        configuration.qualifier,
                        Dictionary(
                            configuration.targets.map { ($0.function.version, $0.count) }, uniquingKeysWith: { $0 + $1 }
                        )
                    )
                }, uniquingKeysWith: { $1 })
        }
    }

    /// All environments are there.
    func finish(_ function: String, _ qualifier: String) {
        _ = state.withLock { $0.finished.insert("\(function):\(qualifier)") }
    }

    func reserve(_ function: FunctionName, executions: Int?) {
        state.withLock { $0.reservations[function.name] = executions }
    }

    func provision(_ function: FunctionName, _ configurations: [ProvisionedConfiguration]) {
        state.withLock { $0.configurations[function.name] = configurations }
    }

    func provisioned(_ function: FunctionName, qualifier: String) -> ProvisionedState? {
        state.withLock { state in
            guard let found = state.configurations[function.name]?.first(where: { $0.qualifier == qualifier }) else {
                return nil
            }
            let count = state.finished.contains("\(function.name):\(qualifier)") ? found.requested : 0
            return ProvisionedState(
                requested: found.requested, allocated: count, available: count,
                status: count > 0 ? .ready : .inProgress)
        }
    }
}
