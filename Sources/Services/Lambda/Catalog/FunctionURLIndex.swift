import Synchronization

/// Which function a URL belongs to, by the URL's id. Follows the ``FunctionCatalog``.
final class FunctionURLIndex: Sendable {
    private struct State {
        var functions: [String: FunctionKey] = [:]
        var ids: [FunctionKey: [String]] = [:]
    }

    private let state = Mutex(State())

    func key(id: String) -> FunctionKey? { state.withLock { $0.functions[id] } }

    /// Takes what became known of a function; nil: it is gone.
    func note(_ key: FunctionKey, _ function: FunctionRecord?) {
        let ids = function.map { $0.urls.values.map(\.id) } ?? []
        state.withLock { state in
            for id in state.ids.removeValue(forKey: key) ?? [] { state.functions[id] = nil }
            for id in ids { state.functions[id] = key }
            if !ids.isEmpty { state.ids[key] = ids }
        }
    }
}
