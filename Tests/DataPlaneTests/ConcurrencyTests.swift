import Execution
import Sandbox
import ServiceKit
import ServiceModel
import Synchronization
import TestSupport
import Testing

@testable import DataPlane

/// Limits, provisioned environments and room for them, with scripted sandboxes.
struct ConcurrencyTests {
    private static let name = FunctionName(account: "000000000000", region: "us-east-1", name: "f")

    private func function(_ version: String = "$LATEST", provisioning: String? = nil) -> FunctionVersion {
        var function = FunctionVersion(
            account: "000000000000", region: "us-east-1", name: "f", version: version, revision: "1",
            runtime: "python3.12", architecture: "x86_64", handler: "app.handler",
            role: "arn:aws:iam::000000000000:role/r", memory: 128, timeout: 30, ephemeralStorage: 512, environment: [:],
            codeFolder: "/code", logGroup: "/aws/lambda/f", logFormat: .json)
        function.provisioning = provisioning
        return function
    }

    private func invoke(_ rig: Rig, _ function: FunctionVersion, tail: Bool = false) async throws -> InvocationResult {
        try await rig.plane.invoke(
            function,
            InvocationRequest(
                requestID: "r", payload: Array("1".utf8), invokedFunctionARN: function.unqualifiedARN + ":live",
                wantsLogTail: tail))
    }

    private func provision(_ rig: Rig, _ count: Int, version: String = "1") {
        let target = ProvisionedConfiguration.Target(function: function(version, provisioning: "live"), count: count)
        rig.plane.provision(
            Self.name, count > 0 ? [ProvisionedConfiguration(qualifier: "live", targets: [target])] : [])
    }

    /// The state of the configuration when it has settled.
    private func settled(_ rig: Rig, _ condition: (ProvisionedState) -> Bool) async -> ProvisionedState? {
        while true {
            let state = rig.plane.provisioned(Self.name, qualifier: "live")
            if state.map(condition) ?? true { return state }
            await Task.yield()
        }
    }

    @Test func aReservationIsALimit() async throws {
        let gate = Gate()
        let rig = Rig { runtime in
            await runtime.serve { event in
                await gate.arrive()
                return .response(event.body)
            }
        }
        rig.plane.reserve(Self.name, executions: 1)
        async let running = rig.invoke("1")
        await gate.arrived(1)
        let error = await #expect(throws: AWSError.self) { try await rig.invoke("2") }
        #expect(error == Throttle.reserved.error && error?.status == 429)
        await gate.open(after: 1)
        #expect(try await running.answer == "1")
        #expect(try await rig.invoke("3").answer == "3")
        let throttles = await rig.plane.metrics(since: Timestamp(milliseconds: 0)).filter { $0.name == "Throttles" }
        #expect(throttles.first { $0.dimensions.isEmpty }?.values.sum == 1)
        #expect(await rig.plane.status(limit: 0).counts.throttles == 1)
        await rig.stop()
    }

    @Test func provisionedEnvironmentsAreInitialisedAheadAndReplaced() async throws {
        let rig = Rig { runtime in
            await runtime.serve { event in
                event.body == "2"
                    ? .exit(SandboxExit(status: .code(1), outOfMemory: false, peakMemory: nil)) : .response(event.body)
            }
        }
        provision(rig, 2)
        let state = await settled(rig) { $0.status == .ready }
        #expect(state == ProvisionedState(requested: 2, allocated: 2, available: 2, status: .ready))
        #expect(rig.plane.counts.idle == 2)
        let result = try await invoke(rig, function("1", provisioning: "live"), tail: true)
        let tail = String(decoding: result.logTail ?? [], as: UTF8.self)
        #expect(result.answer == "1" && tail.contains("platform.report") && !tail.contains("initDurationMs"))
        #expect(rig.plane.counts.total == 2)
        // On demand it runs elsewhere.
        _ = try await invoke(rig, function("1"))
        #expect(rig.plane.counts.total == 3)
        let crashed = try await rig.plane.invoke(
            function("1", provisioning: "live"),
            InvocationRequest(requestID: "c", payload: Array("2".utf8), invokedFunctionARN: "arn"))
        #expect(crashed.functionError == "Unhandled")
        _ = await settled(rig) { $0.available < 2 }
        let replaced = await settled(rig) { $0.available == 2 }
        #expect(replaced?.status == .ready)
        provision(rig, 0)
        #expect(await settled(rig) { _ in false } == nil)
        while rig.plane.counts.total > 1 { await Task.yield() }
        await rig.stop()
        let log = rig.logs.text
        #expect(log.contains(#""initializationType":"provisioned-concurrency","phase":"init","status":"success""#))
        #expect(log.contains(#""type":"platform.initStart","record":{"initializationType":"provisioned-concurrency""#))
    }

    @Test func whatCannotBeInitialisedHasFailed() async throws {
        let rig = Rig { runtime in
            await runtime.failInit(#"{"errorType":"ValueError"}"#, type: "Runtime.ValueError")
            await runtime.untilKilled()
            return SandboxExit(status: .code(1), outOfMemory: false, peakMemory: nil)
        }
        provision(rig, 1)
        let state = await settled(rig) { $0.status != .inProgress }
        #expect(state?.status == .failed && state?.reason == "FUNCTION_ERROR_INIT_FAILURE")
        provision(rig, 0)
        await rig.stop()
    }

    @Test func invocationsAreCounted() async throws {
        let rig = Rig { runtime in
            await runtime.serve { event in event.body == "0" ? .error(#"{"errorType":"E"}"#) : .response(event.body) }
        }
        for payload in ["1", "0", "1"] {
            _ = try await rig.invoke(payload)
            // The caller is answered before the invocation's end is written down.
            await rig.isIdle()
        }
        let metrics = await rig.plane.metrics(since: Timestamp(milliseconds: 0)).filter { $0.dimensions.count == 1 }
        func values(_ name: String) -> MetricValues? {
            metrics.filter { $0.name == name }.map(\.values).reduce(into: MetricValues()) { $0.merge($1) }
        }
        #expect(values("Invocations")?.sum == 3 && values("Errors")?.sum == 1 && values("Throttles")?.sum == 0)
        #expect(values("Duration")?.sampleCount == 3 && values("ConcurrentExecutions")?.maximum == 1)
        await rig.stop()
    }

    /// By whatever name they came, asked for in between or not, and of an environment that has ended too.
    @Test func eachInvocationIsInTheMetricsAndInTheStatusOnce() async throws {
        let rig = Rig { runtime in
            await runtime.serve { event in
                event.body == "crash"
                    ? .exit(SandboxExit(status: .code(1), outOfMemory: false, peakMemory: nil)) : .response(event.body)
            }
        }
        let arn = function().unqualifiedARN
        func invocations() async -> [String: Double] {
            let metrics = await rig.plane.metrics(since: Timestamp(milliseconds: 0)).filter {
                $0.name == "Invocations" && $0.dimensions.count == 2
            }
            return Dictionary(metrics.map { ($0.dimensions[1].value, $0.values.sum) }, uniquingKeysWith: +)
        }
        for (index, (qualifier, payload)) in [
            (":a", "1"), (":b", "2"), (":b", "3"), (":a", "4"), ("", "5"), (":a", "crash"), (":b", "6"),
        ].enumerated() {
            _ = try await rig.plane.invoke(
                function(),
                InvocationRequest(requestID: "r", payload: Array(payload.utf8), invokedFunctionARN: arn + qualifier))
            while await rig.plane.status(limit: 0).counts.invocations <= index { await Task.yield() }
            if index == 3 { #expect(await invocations() == ["f:a": 2, "f:b": 2]) }
        }
        #expect(await invocations() == ["f:a": 3, "f:b": 3, "f": 1])
        let status = await rig.plane.status(limit: 1)
        #expect(status.counts.invocations == 7 && status.counts.errors == 1)
        #expect(status.functions.first?.duration.count == 7)
        await rig.stop()
        #expect(await invocations() == ["f:a": 3, "f:b": 3, "f": 1])
        rig.plane.forgetPast()
        #expect(await invocations().isEmpty)
    }

    // MARK: Room

    private static let mebibyte: Int64 = 1 << 20

    @Test func whoFindsNoRoomIsRefusedWhenNothingIsLeftToEnd() async throws {
        let available = Mutex<Int64>(10 * Self.mebibyte)
        let admission = MachineAdmission(reserve: 5 * Self.mebibyte) {
            MachineRoom.Reading(available: available.withLock { $0 }, total: 0)
        }
        let asked = Mutex<[Int64]>([])
        // What is ended first gives the room.
        let result = try await admission.admitted(
            need: 30 * Self.mebibyte,
            makeRoom: { bytes in
                asked.withLock { $0.append(bytes) }
                available.withLock { $0 += 10 * Self.mebibyte }
                return true
            }, start: { "started" })
        #expect(result == "started")
        #expect(asked.withLock { $0 } == [25 * Self.mebibyte, 15 * Self.mebibyte, 5 * Self.mebibyte])
        let error = await #expect(throws: MachineAdmission.NoRoom.self) {
            try await admission.admitted(need: 90 * Self.mebibyte, makeRoom: { _ in false }, start: {})
        }
        #expect(error?.available == 40 * Self.mebibyte && error?.reserved == 5 * Self.mebibyte)
        #expect(error?.need == 90 * Self.mebibyte)
    }

    /// More than fit at the same time: they start one after the other, and all do.
    @Test func environmentsWaitForThoseThatAreStarting() async throws {
        let admission = MachineAdmission(reserve: 0) {
            MachineRoom.Reading(available: 100 * Self.mebibyte, total: 0)
        }
        let crowd = Crowd()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<100 {
                group.addTask {
                    try await admission.admitted(need: 30 * Self.mebibyte, makeRoom: { _ in false }) {
                        await crowd.pass()
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(await crowd.passed == 100)
        #expect(await crowd.most <= 3)
    }

    /// Counts how many are there at the same time.
    private actor Crowd {
        private var now = 0
        private(set) var most = 0
        private(set) var passed = 0

        func pass() async {
            now += 1
            most = max(most, now)
            for _ in 0..<10 { await Task.yield() }
            now -= 1
            passed += 1
        }
    }
}

extension InvocationResult {
    fileprivate var answer: String { String(decoding: payload, as: UTF8.self) }
}
