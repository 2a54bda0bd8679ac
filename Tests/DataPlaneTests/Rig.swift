import Execution
import NIOCore
import NIOHTTP1
import NIOPosix
import Sandbox
import ServiceKit
import ServiceModel
import Synchronization
import TestSupport

private import struct Logging.Logger

@testable import DataPlane

/// A data plane whose functions are closures.
final class Rig: Sendable {
    let plane: DataPlane
    let sandboxes: ScriptedSandboxes
    let logs = CollectedLogs()
    private let requests = Counter()

    /// A data plane with these limits. With `memory`, environments start only as far as that says.
    init(
        limit: Int = 1000, stems: StemLimits? = nil, memory: (@Sendable () -> MachineRoom.Reading?)? = nil,
        program: @escaping @Sendable (FakeRuntime) async -> SandboxExit
    ) {
        sandboxes = ScriptedSandboxes { world in await program(FakeRuntime(world)) }
        var configuration = DataPlaneConfiguration()
        configuration.accountConcurrency = limit
        configuration.stems = stems
        if let memory {
            configuration.memoryAdmission = MemoryAdmission(reserve: 0)
            configuration.memory = memory
            configuration.memoryValidity = MachineAdmission.Validity(usual: .zero, ample: .zero)
        }
        plane = DataPlane(
            services: EnvironmentServices(
                sandboxes: sandboxes, runtimes: AnyRuntime(), credentials: NoCredentials(), roles: NoRoles(),
                logs: logs,
                endpoint: NoEndpoint(), time: SystemTime()),
            configuration: configuration, group: MultiThreadedEventLoopGroup.singleton, logger: Logger(label: "test"))
    }

    func invoke(
        _ payload: String, timeout: Int = 30, tail: Bool = false, revision: String = "1",
        environment: [String: String] = [:]
    ) async throws -> InvocationResult {
        try await plane.invoke(function(timeout, revision, environment), request(payload, tail: tail))
    }

    func stream(_ payload: String, tail: Bool = false) async throws -> ResponseStream {
        try await plane.invokeStreaming(function(30, "1", [:]), request(payload, tail: tail))
    }

    private func function(_ timeout: Int, _ revision: String, _ environment: [String: String]) -> FunctionVersion {
        FunctionVersion(
            account: "000000000000", region: "us-east-1", name: "f", version: "$LATEST", revision: revision,
            runtime: "python3.12",
            architecture: "x86_64", handler: "app.handler", role: "arn:aws:iam::000000000000:role/r", memory: 128,
            timeout: timeout,
            ephemeralStorage: 512, environment: environment, codeFolder: "/code", logGroup: "/aws/lambda/f")
    }

    private func request(_ payload: String, tail: Bool) -> InvocationRequest {
        InvocationRequest(
            requestID: "r\(requests.next())", payload: Array(payload.utf8), invokedFunctionARN: "arn",
            wantsLogTail: tail)
    }

    /// Waits until an environment is idle: who invokes before may be served by another one, after a while.
    func isIdle() async {
        while plane.counts.idle == 0 { await Task.yield() }
    }

    /// Waits until the stems are what is expected: they are tended in the background.
    func settled(_ condition: (StemCounts) -> Bool) async -> Bool {
        for _ in 0..<5000 {
            if let counts = plane.stemCounts, condition(counts) { return true }
            try? await Task.sleep(for: .milliseconds(1))
        }
        return false
    }

    func stop() async {
        await plane.close()
        await logs.closed()
    }
}

private struct AnyRuntime: RuntimeLocator {
    func locate(_ function: FunctionVersion) async throws -> LocatedRuntime {
        LocatedRuntime(command: ["/x"], binds: [], environment: [:], managed: true, version: "test:1")
    }
}

private struct NoCredentials: RoleCredentialIssuer {
    func issue(account: String, role: String, roleID: String, session: String, duration: Duration) throws -> AccessKey {
        AccessKey(id: "ASIA", secret: "secret", sessionToken: "token")
    }
}

private struct NoRoles: RoleDirectory {
    func role(account: String, name: String) async throws -> (id: String, trustPolicy: String)? { nil }
}

private struct NoEndpoint: FunctionEndpoint {
    let ports = [4566]
    func serve(
        listeningSockets: [Int32], account: String, region: String, principal: Principal
    ) -> @Sendable () -> Void { {} }
}

/// Keeps what is logged. With a capacity, each append beyond it has to wait its turn.
final class CollectedLogs: LogSink, Sendable {
    private struct State {
        var text = ""
        var taken = 0
        var open = 0
        var waiters: [CheckedContinuation<Void, Never>] = []
    }
    private let state = Mutex(State())
    private let limit = Mutex<Int?>(nil)
    private let held = Mutex<Gate?>(nil)

    var text: String { state.withLock { $0.text } }
    var capacity: Int? {
        get { limit.withLock { $0 } }
        set { limit.withLock { $0 = newValue } }
    }

    /// Where appends that wait their turn are held.
    var gate: Gate? {
        get { held.withLock { $0 } }
        set { held.withLock { $0 = newValue } }
    }

    func writer(_ address: LogStreamAddress) -> any LogWriter {
        state.withLock { $0.open += 1 }
        return Writer(logs: self)
    }

    /// Waits until every writer is closed.
    func closed() async {
        await withCheckedContinuation { continuation in
            let isClosed = state.withLock { state in
                if state.open > 0 { state.waiters.append(continuation) }
                return state.open == 0
            }
            if isClosed { continuation.resume() }
        }
    }

    private struct Writer: LogWriter {
        let logs: CollectedLogs

        func append(_ events: [LogEvent]) async {
            await Task.yield()
            await logs.gate?.arrive()
            logs.state.withLock { $0.text += events.map(\.message).joined() }
        }

        func offer(_ events: [LogEvent]) -> Bool {
            let limit = logs.capacity
            return logs.state.withLock { state in
                state.taken += events.count
                // Full every other time.
                if let limit, state.taken > limit {
                    state.taken = 0
                    return false
                }
                state.text += events.map(\.message).joined()
                return true
            }
        }

        func close() {
            let waiters = logs.state.withLock { state -> [CheckedContinuation<Void, Never>] in
                state.open -= 1
                guard state.open == 0 else { return [] }
                defer { state.waiters = [] }
                return state.waiters
            }
            for waiter in waiters { waiter.resume() }
        }
    }
}

final class Counter: Sendable {
    private let value = Mutex(0)
    func next() -> Int {
        value.withLock {
            $0 += 1
            return $0
        }
    }
}

/// Holds those that arrive until it is opened.
actor Gate {
    private var arrivals = 0
    private var opensAfter = Int.max
    private var waiting: [CheckedContinuation<Void, Never>] = []
    private var watching: [(Int, CheckedContinuation<Void, Never>)] = []

    func arrive() async {
        arrivals += 1
        for (count, continuation) in watching where arrivals >= count { continuation.resume() }
        watching.removeAll { arrivals >= $0.0 }
        if arrivals >= opensAfter { return release() }
        await withCheckedContinuation { waiting.append($0) }
    }

    func open(after count: Int) {
        opensAfter = count
        if arrivals >= count { release() }
    }

    func arrived(_ count: Int) async {
        if arrivals >= count { return }
        await withCheckedContinuation { watching.append((count, $0)) }
    }

    private func release() {
        for continuation in waiting { continuation.resume() }
        waiting = []
    }
}
