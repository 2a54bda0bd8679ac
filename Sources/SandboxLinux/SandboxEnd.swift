internal import Sandbox
import Synchronization

/// A sandbox's end, for those who wait for it: it may come before the first of them, and even before the sandbox's
/// start has been reported to its caller.
final class SandboxEnd: Sendable {
    private enum State {
        case running([CheckedContinuation<SandboxExit, Never>])
        case ended(SandboxExit)
    }

    private let state = Mutex<State>(.running([]))

    var hasEnded: Bool {
        state.withLock { if case .ended = $0 { true } else { false } }
    }

    func wait() async -> SandboxExit {
        await withCheckedContinuation { continuation in
            let ended: SandboxExit? = state.withLock { state in
                switch state {
                case .ended(let exit): return exit
                case .running(let waiting):
                    state = .running(waiting + [continuation])
                    return nil
                }
            }
            if let ended { continuation.resume(returning: ended) }
        }
    }

    func end(_ exit: SandboxExit) {
        let waiting: [CheckedContinuation<SandboxExit, Never>] = state.withLock { state in
            guard case .running(let waiting) = state else { return [] }
            state = .ended(exit)
            return waiting
        }
        for continuation in waiting { continuation.resume(returning: exit) }
    }
}
