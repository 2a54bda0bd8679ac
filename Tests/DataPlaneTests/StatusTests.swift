import DataPlane
import Execution
import Sandbox
import Testing

/// What the data plane says of itself, with scripted sandboxes.
@Suite struct StatusTests {
    /// The status as soon as it shows what it will: a caller has its answer before the invocation is over for its environment.
    private func status(
        of rig: Rig, limit: Int = 10, when isComplete: (DataPlaneStatus) -> Bool
    ) async -> DataPlaneStatus {
        while true {
            let status = await rig.plane.status(limit: limit)
            if isComplete(status) { return status }
            await Task.yield()
        }
    }

    @Test func countsAreOfEveryEnvironmentThatEverWas() async throws {
        let rig = Rig { runtime in
            await runtime.serve { event in
                switch event.body {
                case "fail": return .error("{}")
                case "crash": return .exit(SandboxExit(status: .code(1), outOfMemory: false, peakMemory: 50 << 20))
                default: return .response(event.body)
                }
            }
        }
        for payload in ["1", "2", "fail", "crash", "3", "4"] {
            _ = try await rig.invoke(payload)
            if payload != "crash" { await rig.isIdle() }
        }
        // The first environment ends in its own time after it has crashed.
        var status = await status(of: rig) { $0.environments.count == 1 && $0.counts.invocations == 6 }
        #expect(status.counts.errors == 2 && status.counts.timeouts == 0)
        #expect(status.counts.coldStarts == 2)
        let function = try #require(status.functions.first)
        #expect(status.functions.count == 1 && function.name == "f" && function.memorySize == 128)
        #expect(function.duration.count == 6 && function.initialization.count == 2)
        #expect(function.maxMemoryUsed == 50 << 20)
        let environment = try #require(status.environments.first)
        #expect(environment.counts.invocations == 2 && environment.maxMemoryUsed == 20 << 20)
        #expect(status.lastInvocations.map(\.times.requestID) == ["r6", "r4"])
        #expect(status.lastInvocations.map(\.times.outcome) == [.success, .error])
        #expect(status.lastInvocations.allSatisfy { $0.times.start == nil })
        await rig.stop()
        status = await rig.plane.status(limit: 10)
        #expect(status.counts.invocations == 6 && status.environments.isEmpty)
    }

    @Test func theFirstInvocationShowsItsColdStart() async throws {
        let rig = Rig { runtime in await runtime.serve { .response($0.body) } }
        _ = try await rig.invoke("1")
        let status = await status(of: rig, limit: 1) { !$0.lastInvocations.isEmpty }
        let times = try #require(status.lastInvocations.first?.times)
        #expect(times.start != nil && times.initialization != nil && times.run > 0)
        #expect(times.failedInitialization == nil && times.total >= times.run)
        #expect(status.environmentCounts.total == 1)
        await rig.stop()
    }

    @Test(arguments: [false, true]) func anInitialisationThatFailedIsInTheTotal(wantsLog: Bool) async throws {
        let starts = Counter()
        let rig = Rig { runtime in
            if starts.next() == 1 { return SandboxExit(status: .code(1), outOfMemory: false, peakMemory: nil) }
            return await runtime.serve { .response($0.body) }
        }
        _ = try await rig.invoke("1", tail: wantsLog)
        let first = await status(of: rig) { !$0.lastInvocations.isEmpty }
        let cold = try #require(first.lastInvocations.first?.times)
        let failed = try #require(cold.failedInitialization)
        #expect(failed > 0)
        let (start, initialization) = (try #require(cold.start), try #require(cold.initialization))
        #expect(initialization > 0)
        let parts = failed + start + initialization + cold.delivery + cold.run + (wantsLog ? cold.completion : 0)
        #expect(cold.total >= parts - 0.01)
        // The next one has nothing to do with it.
        _ = try await rig.invoke("2", tail: wantsLog)
        let second = await status(of: rig) { $0.counts.invocations == 2 }
        let warm = try #require(second.lastInvocations.first?.times)
        #expect(warm.failedInitialization == nil && warm.start == nil)
        let rest = warm.delivery + warm.run + (wantsLog ? warm.completion : 0)
        #expect(abs(warm.total - rest) < 0.01)
        await rig.stop()
    }

    @Test func whatNeverBecameReadyIsCountedToo() async throws {
        let rig = Rig { runtime in
            await runtime.failInit(#"{"errorType":"x"}"#, type: "x")
            return SandboxExit(status: .code(1), outOfMemory: false, peakMemory: nil)
        }
        _ = try await rig.invoke("1")
        let status = await rig.plane.status(limit: 10)
        #expect(status.counts.invocations == 1 && status.counts.errors == 1 && status.counts.coldStarts == 1)
        #expect(status.functions.first?.initialization.count == 0)
        await rig.stop()
    }

    /// Asked while environments come and go, no answer is missing and none is counted twice.
    @Test func askingMeanwhileDisturbsNothing() async throws {
        let rig = Rig { runtime in
            await runtime.serve { event in
                event.body == "crash"
                    ? .exit(SandboxExit(status: .code(1), outOfMemory: false, peakMemory: nil)) : .response(event.body)
            }
        }
        let asking = Task {
            var last = 0
            while !Task.isCancelled {
                let status = await rig.plane.status(limit: 0)
                #expect(status.counts.invocations >= last)
                last = status.counts.invocations
            }
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for lane in 0..<4 {
                group.addTask {
                    for round in 0..<25 { _ = try await rig.invoke(round % 5 == lane ? "crash" : "\(round)") }
                }
            }
            try await group.waitForAll()
        }
        asking.cancel()
        await asking.value
        await rig.stop()
        let status = await rig.plane.status(limit: 0)
        #expect(status.counts.invocations == 100 && status.counts.errors == 20)
        #expect(status.functions.isEmpty && status.functionCount == 1)
    }

    @Test func whatIsForgottenIsGone() async throws {
        let rig = Rig { runtime in await runtime.serve { .response($0.body) } }
        _ = try await rig.invoke("1")
        await rig.stop()
        rig.plane.forgetPast()
        let status = await rig.plane.status(limit: 10)
        #expect(status.counts.invocations == 0 && status.functionCount == 0)
    }
}
