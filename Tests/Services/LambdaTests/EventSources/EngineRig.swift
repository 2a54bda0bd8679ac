import Execution
import Foundation
import Persistence
import ServiceKit
import ServiceModel
import Synchronization
import TestSupport
import Testing

@testable import Lambda

/// A service whose engine polls queues in memory, by a clock that tests move.
struct EngineRig: Sendable {
    let fixture: LambdaFixture
    var queues: QueueDouble { fixture.queues }
    var time: VirtualTime { fixture.time }

    static func with(
        _ engine: SQLEngine = .sqlite, settling: Duration = .zero, _ body: (EngineRig) async throws -> Void
    ) async throws {
        try await LambdaFixture.with(engine, settling: settling) { fixture in
            try await EngineRig(fixture: fixture).polling(body)
        }
    }

    func polling(_ body: (EngineRig) async throws -> Void) async throws {
        let polling = Task { await fixture.service.pollEventSources() }
        do {
            while !fixture.service.engine.isOpen { await Task.yield() }
            try await body(self)
        } catch {
            polling.cancel()
            await polling.value
            throw error
        }
        polling.cancel()
        await polling.value
    }

    /// A mapping of the queue `q`, which is made, for the function `f`.
    @discardableResult
    func map(
        _ queue: String = "q", function: String = "f", visibility: Int = 30, deadLetters: String? = nil,
        _ change: (inout CreateEventSourceMappingRequest) -> Void = { _ in }
    ) async throws -> String {
        queues.create(queue, visibility: visibility, deadLetters: deadLetters)
        fixture.sources.add(EventSource(kind: .queue, arn: QueueDouble.arn(queue)))
        var input = CreateEventSourceMappingRequest(functionName: function, eventSourceArn: QueueDouble.arn(queue))
        change(&input)
        let made = try await fixture.service.createEventSourceMapping(
            input, fixture.call("CreateEventSourceMapping"))
        return made.uuid ?? ""
    }

    @discardableResult
    func update(
        _ uuid: String, _ change: (inout UpdateEventSourceMappingRequest) -> Void
    ) async throws -> EventSourceMappingConfiguration {
        var input = UpdateEventSourceMappingRequest(uuid: uuid)
        change(&input)
        return try await fixture.service.updateEventSourceMapping(input, fixture.call("UpdateEventSourceMapping"))
    }

    func state(_ uuid: String) async throws -> String? {
        try await fixture.service.getEventSourceMapping(
            GetEventSourceMappingRequest(uuid: uuid), fixture.call("GetEventSourceMapping")
        ).state
    }

    /// Waits, for real, until something holds.
    func until(
        _ what: Comment = "it never came", location: SourceLocation = #_sourceLocation,
        _ condition: () async throws -> Bool
    ) async throws {
        let end = ContinuousClock.now + .seconds(20)
        while try await !condition() {
            guard ContinuousClock.now < end else {
                Issue.record(what, sourceLocation: location)
                throw CancellationError()
            }
            await Task.yield()
        }
    }

    /// Moves the clock, step by step, until something holds.
    /// - Returns: the seconds that have passed.
    @discardableResult
    func advance(by step: Int = 1, location: SourceLocation = #_sourceLocation, until condition: () -> Bool)
        async throws -> Int
    {
        var passed = 0
        let end = ContinuousClock.now + .seconds(20)
        while !condition() {
            guard ContinuousClock.now < end else {
                Issue.record("it never came", sourceLocation: location)
                throw CancellationError()
            }
            time.advance(by: .seconds(step))
            passed += step
            let pause = ContinuousClock.now + .milliseconds(3)
            while !condition(), ContinuousClock.now < pause { await Task.yield() }
        }
        return passed
    }

    /// The bodies of the messages of each invocation so far.
    var batches: [[String]] { fixture.invoker.invocations.map { Self.bodies($0.1.payload) } }

    static func bodies(_ event: [UInt8]) -> [String] {
        let object = (try? JSONSerialization.jsonObject(with: Data(event))) as? [String: [[String: Any]]]
        return object?["Records"]?.compactMap { $0["body"] as? String } ?? []
    }

    static func ids(_ event: [UInt8]) -> [String] {
        let object = (try? JSONSerialization.jsonObject(with: Data(event))) as? [String: [[String: Any]]]
        return object?["Records"]?.compactMap { $0["messageId"] as? String } ?? []
    }

    /// What the function does from now on.
    func behave(_ body: @escaping @Sendable (Execution.InvocationRequest) async throws -> InvocationResult) {
        fixture.invoker.behavior.withLock { $0 = { _, request in try await body(request) } }
    }

    static let ok = InvocationResult(payload: Array("null".utf8))
    static let failed = InvocationResult(payload: Array("{}".utf8), functionError: "Unhandled")
    static let throttled = AWSError("TooManyRequestsException", status: 429, message: "Rate Exceeded.")
}

/// Holds back whoever comes until it is opened.
final class Gate: Sendable {
    private let state = Mutex<(isOpen: Bool, count: Int, most: Int, waiting: [CheckedContinuation<Void, Never>])>(
        (false, 0, 0, []))

    /// How many wait now, and how many did at most.
    var count: Int { state.withLock { $0.count } }
    var most: Int { state.withLock { $0.most } }

    func pass() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                state.count += 1
                state.most = max(state.most, state.count)
                if !state.isOpen { state.waiting.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
        state.withLock { $0.count -= 1 }
    }

    func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}
