internal import CLauncherProtocol
import Glibc
internal import Sandbox
import Synchronization

/// The conversation with the launcher. Requests may be made from anywhere; a thread of its own reads the answers.
final class LauncherConnection: Sendable {
    struct Hello: Sendable {
        var features: UInt32
        var missingProtections: [String]
    }

    private struct State {
        var lastRequest: UInt64 = 0
        var pending: [UInt64: CheckedContinuation<LauncherMessage, any Error>] = [:]
        var ends: [UInt64: SandboxEnd] = [:]
        var hello: Hello?
        var greeted: [CheckedContinuation<Hello?, Never>] = []
        var lost = false
        /// The process has ended and is reaped.
        var gone = false
        var mourners: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())
    private let socket: Int32
    private let launcher: Int32

    /// Takes over the launcher's socket, and reaps the process when it ends.
    init(_ process: LauncherProcess) {
        socket = process.socket
        launcher = process.pid
        let context = Unmanaged.passRetained(self)
        var thread = pthread_t()
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        let error = pthread_create(
            &thread, &attributes,
            { context in
                guard let context else { return nil }
                Unmanaged<LauncherConnection>.fromOpaque(context).takeRetainedValue().read()
                return nil
            }, context.toOpaque())
        pthread_attr_destroy(&attributes)
        if error != 0 {
            context.release()
            lose()
            bury()
        }
    }

    /// Ends the launcher, and with it every sandbox. The reader notices and cleans up.
    func shutDown() {
        shutdown(socket, Int32(SHUT_RDWR))
    }

    /// Waits until the launcher has ended and nothing is left of it: the data folder is free for another. Not for ever:
    /// after some seconds it is not waited for any more.
    func ended() async {
        let impatience = Task {
            try await Task.sleep(for: Self.longestEnd)
            bury()
        }
        await withCheckedContinuation { continuation in
            let gone = state.withLock { state in
                if !state.gone { state.mourners.append(continuation) }
                return state.gone
            }
            if gone { continuation.resume() }
        }
        impatience.cancel()
    }

    private static let longestEnd: Duration = .seconds(10)

    private func bury() {
        let mourners = state.withLock { state in
            defer { state.mourners = [] }
            state.gone = true
            return state.mourners
        }
        for mourner in mourners { mourner.resume() }
    }

    /// What the launcher said at its start; nil if it is gone.
    func hello() async -> Hello? {
        await withCheckedContinuation { continuation in
            let known: Hello?? = state.withLock { state in
                if let hello = state.hello { return .some(hello) }
                if state.lost { return .some(nil) }
                state.greeted.append(continuation)
                return nil
            }
            if let known { continuation.resume(returning: known) }
        }
    }

    /// Asks, and waits for the answer.
    /// - Throws: ``SandboxError``: what the launcher answers, or that it is gone.
    @discardableResult
    func ask(_ kind: ml_kind, sandbox: UInt64 = 0, body: [UInt8] = []) async throws -> LauncherMessage {
        let request = state.withLock { state in
            state.lastRequest += 1
            return state.lastRequest
        }
        let bytes = LauncherMessage.encode(kind, request: request, sandbox: sandbox, body: body)
        let answer = try await withCheckedThrowingContinuation { continuation in
            let lost = state.withLock { state in
                if !state.lost { state.pending[request] = continuation }
                return state.lost
            }
            if lost { return continuation.resume(throwing: SandboxError.launcherLost) }
            send(bytes, for: request)
        }
        if let error = answer.error { throw error }
        return answer
    }

    /// Tells, without waiting for an answer (which comes, and is dropped).
    func tell(_ kind: ml_kind, sandbox: UInt64) {
        send(LauncherMessage.encode(kind, request: 0, sandbox: sandbox, body: []), for: nil)
    }

    private func send(_ bytes: [UInt8], for request: UInt64?) {
        guard !trySend(bytes, for: request) else { return }
        // The launcher is behind (it is making a disk, say): try again from elsewhere, so that no thread of the pool
        // waits.
        Task {
            repeat { try? await Task.sleep(for: .milliseconds(1)) } while !trySend(bytes, for: request)
        }
    }

    /// false: the socket is full.
    private func trySend(_ bytes: [UInt8], for request: UInt64?) -> Bool {
        if state.withLock({ $0.lost }) { return true }
        if bytes.withUnsafeBytes({ ml_send(socket, $0.baseAddress, $0.count, nil, 0, Int32(ML_DONT_WAIT)) }) == 0 {
            return true
        }
        if errno == EAGAIN || errno == ENOBUFS { return false }
        let code = errno
        // A broken pipe is the reader's to notice; anything else concerns this message only.
        if code != EPIPE && code != ECONNRESET, let request {
            let continuation = state.withLock { $0.pending.removeValue(forKey: request) }
            continuation?.resume(throwing: SandboxError.failed(String(cString: strerror(code))))
        }
        return true
    }

    // MARK: The reader's thread

    private func read() {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Int(ML_MESSAGE_MAX), alignment: 8)
        defer { buffer.deallocate() }
        var numbers = [Int32](repeating: -1, count: Int(ML_DESCRIPTORS_MAX))
        while true {
            var count: Int32 = 0
            let size = ml_receive(socket, buffer.baseAddress, buffer.count, &numbers, &count, 0)
            guard size > 0 else { break }
            let descriptors = numbers.prefix(Int(count)).map { Descriptor($0) }
            guard
                let message = LauncherMessage(
                    UnsafeRawBufferPointer(rebasing: buffer[..<size]), descriptors: descriptors)
            else { break }
            take(message)
        }
        lose()
        close(socket)
        var status: Int32 = 0
        while waitpid(launcher, &status, 0) < 0 && errno == EINTR {}
        bury()
    }

    private func take(_ message: LauncherMessage) {
        switch message.kind {
        case ML_HELLO.rawValue:
            greet(message)
        case ML_EXITED.rawValue:
            let end = state.withLock { $0.ends.removeValue(forKey: message.sandbox) }
            if let end, let exited = message.fixed(ml_exited.self) { end.end(SandboxExit(exited)) }
        case ML_READY.rawValue:
            state.withLock { $0.ends[message.sandbox] }?.becomeReady()
        default:
            var message = message
            // Known before the caller sees the answer: the sandbox may end first.
            if message.kind == ML_STARTED.rawValue { message.end = SandboxEnd() }
            let continuation = state.withLock { state in
                if let end = message.end { state.ends[message.sandbox] = end }
                return state.pending.removeValue(forKey: message.request)
            }
            continuation?.resume(returning: message)
        }
    }

    private func greet(_ message: LauncherMessage) {
        guard let fixed = message.fixed(ml_hello.self) else { return }
        let lines = String(decoding: message.body.dropFirst(MemoryLayout<ml_hello>.size), as: UTF8.self)
        let hello = Hello(features: fixed.features, missingProtections: lines.split(separator: "\n").map(String.init))
        let waiting = state.withLock { state in
            state.hello = hello
            defer { state.greeted = [] }
            return state.greeted
        }
        for continuation in waiting { continuation.resume(returning: hello) }
    }

    private func lose() {
        let state = state.withLock { state in
            defer {
                state.lost = true
                state.pending = [:]
                state.ends = [:]
                state.greeted = []
            }
            return state
        }
        for continuation in state.pending.values { continuation.resume(throwing: SandboxError.launcherLost) }
        for continuation in state.greeted { continuation.resume(returning: nil) }
        // Without a launcher nothing in a sandbox lives on.
        let killed = SandboxExit(status: .signal(SIGKILL), outOfMemory: false, peakMemory: nil)
        for end in state.ends.values { end.end(killed) }
    }
}

extension SandboxExit {
    init(_ exited: ml_exited) {
        self.init(
            status: exited.signal == 0 ? .code(exited.code) : .signal(exited.signal),
            outOfMemory: exited.out_of_memory != 0,
            peakMemory: exited.peak < 0 ? nil : exited.peak)
        processor = ProcessorUse(exited.cpu)
    }
}

extension ProcessorUse {
    /// nil: the kernel tells nothing.
    init?(_ cpu: ml_cpu) {
        guard cpu.used >= 0 || cpu.waited >= 0 else { return nil }
        self.init(
            used: cpu.used < 0 ? nil : .microseconds(cpu.used), periods: max(0, cpu.periods),
            throttledPeriods: max(0, cpu.throttled), heldBack: .microseconds(max(0, cpu.waited)))
    }
}
