internal import Sandbox
import Synchronization

/// A sandbox's end, for those who wait for it: it may come before the first of them, and even before the sandbox's
/// start has been reported to its caller.
final class SandboxEnd: Sendable {
    private enum State {
        case running([CheckedContinuation<SandboxExit, Never>])
        case ended(SandboxExit)
    }

    private enum Readiness {
        case unknown([CheckedContinuation<Bool, Never>])
        case known(Bool)
    }

    private let readiness = Mutex<Readiness>(.unknown([]))

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
        decide(isReady: false)
    }

    /// Waits until a stem says that it is ready; false: it ended before.
    func waitUntilReady() async -> Bool {
        await withCheckedContinuation { continuation in
            let known: Bool? = readiness.withLock { readiness in
                switch readiness {
                case .known(let isReady): return isReady
                case .unknown(let waiting):
                    readiness = .unknown(waiting + [continuation])
                    return nil
                }
            }
            if let known { continuation.resume(returning: known) }
        }
    }

    func becomeReady() { decide(isReady: true) }

    private func decide(isReady: Bool) {
        let waiting: [CheckedContinuation<Bool, Never>] = readiness.withLock { readiness in
            guard case .unknown(let waiting) = readiness else { return [] }
            readiness = .known(isReady)
            return waiting
        }
        for continuation in waiting { continuation.resume(returning: isReady) }
    }
}
