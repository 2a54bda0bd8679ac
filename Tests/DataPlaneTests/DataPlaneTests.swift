import DataPlane
import Execution
import NIOCore
import NIOPosix
import Sandbox
import ServiceKit
import ServiceModel
import Synchronization
import TestSupport
import Testing

/// The data plane with scripted sandboxes: real sockets and pipes, no processes.
@Suite struct DataPlaneTests {
    @Test func aWarmEnvironmentServesTheNextInvocation() async throws {
        let rig = Rig { runtime in
            await runtime.serve { event in
                await runtime.print("handling \(event.body)\n")
                return .response("[\(event.body)]")
            }
        }
        let first = try await rig.invoke("1", tail: true)
        let second = try await rig.invoke("2")
        #expect(first.text == "[1]" && second.text == "[2]" && first.functionError == nil)
        #expect(rig.sandboxes.sandboxes.count == 1)
        #expect(rig.sandboxes.sandboxes.first?.actions.first == "cpu 72")
        let tail = String(decoding: first.logTail ?? [], as: UTF8.self)
        #expect(
            tail.hasPrefix(
                "START RequestId: r1 Version: $LATEST\nhandling 1\nEND RequestId: r1\nREPORT RequestId: r1\tDuration: ")
        )
        #expect(tail.contains("Memory Size: 128 MB\tMax Memory Used: 20 MB\tInit Duration: "))
        await rig.stop()
        let log = rig.logs.text
        #expect(log.contains("INIT_START") && log.contains("handling 2\n"))
        #expect(log.components("Init Duration") == 1)
    }

    @Test func concurrentInvocationsGetEnvironmentsOfTheirOwn() async throws {
        let gate = Gate()
        let rig = Rig { runtime in
            await runtime.serve { event in
                await gate.arrive()
                return .response(event.body)
            }
        }
        try await withThrowingTaskGroup(of: String.self) { group in
            for index in 0..<5 { group.addTask { try await rig.invoke(String(index)).text } }
            await gate.open(after: 5)
            var answers: Set<String> = []
            for try await answer in group { answers.insert(answer) }
            #expect(answers == ["0", "1", "2", "3", "4"])
        }
        #expect(rig.sandboxes.sandboxes.count == 5)
        await rig.stop()
    }

    /// The runtime asks for the next event only when somebody already waits for it.
    @Test func theCallerDoesNotWaitForTheRuntimeToAskAgain() async throws {
        let gate = Gate()
        let rig = Rig { runtime in
            await runtime.serve(pause: { await gate.arrive() }) { .response($0.body) }
        }
        #expect(try await rig.invoke("1").text == "1")
        async let second = rig.invoke("2")
        await gate.open(after: 1)
        #expect(try await second.text == "2")
        await rig.stop()
    }

    @Test func whoWaitsInVainForARuntimeGetsAnotherEnvironment() async throws {
        let gate = Gate()
        let rig = Rig { runtime in
            await runtime.serve(pause: { await gate.arrive() }) { .response($0.body) }
        }
        #expect(try await rig.invoke("1").text == "1")
        // The first environment asks for nothing until the gate opens, and it opens for two.
        #expect(try await rig.invoke("2").text == "2")
        // On a busy machine more may have been started.
        #expect(rig.sandboxes.sandboxes.count >= 2)
        await gate.open(after: 2)
        await rig.stop()
    }

    @Test func aHandlersErrorIsTheAnswer() async throws {
        let rig = Rig { runtime in
            await runtime.serve { _ in .error(#"{"errorMessage":"no","errorType":"Exception"}"#) }
        }
        let result = try await rig.invoke("1")
        #expect(result.functionError == "Unhandled" && result.text == #"{"errorMessage":"no","errorType":"Exception"}"#)
        await rig.isIdle()
        #expect(try await rig.invoke("2").functionError == "Unhandled")
        #expect(rig.sandboxes.sandboxes.count == 1)
        await rig.stop()
    }

    @Test(arguments: [
        (SandboxExit.Status.code(3), false, "Runtime.ExitError", "exit status 3"),
        (.code(0), false, "Runtime.ExitError", "Runtime exited without providing a reason"),
        (.signal(11), false, "Runtime.ExitError", "signal: segmentation fault"),
        (.signal(9), true, "Runtime.OutOfMemory", "signal: killed"),
    ]) func aCrashIsReportedAndTheNextInvocationStartsAnew(
        status: SandboxExit.Status, outOfMemory: Bool, type: String, message: String
    ) async throws {
        let crashes = Counter()
        let rig = Rig { runtime in
            await runtime.serve { event in
                if crashes.next() == 1 {
                    return .exit(SandboxExit(status: status, outOfMemory: outOfMemory, peakMemory: 1 << 20))
                }
                return .response(event.body)
            }
        }
        let result = try await rig.invoke("1")
        #expect(result.functionError == "Unhandled" && result.text.contains(type) && result.text.contains(message))
        #expect(try await rig.invoke("2").text == "2")
        #expect(rig.sandboxes.sandboxes.count == 2)
        await rig.stop()
    }

    @Test func aTimeoutKillsTheEnvironment() async throws {
        let rig = Rig { runtime in
            await runtime.serve { _ in
                await runtime.untilKilled()
                return .response("late")
            }
        }
        let result = try await rig.invoke("1", timeout: 1, tail: true)
        #expect(
            result.text
                == #"{"errorType":"Sandbox.Timedout","errorMessage":"RequestId: r1 Error: Task timed out after 1.00 seconds"}"#
        )
        #expect(
            String(decoding: result.logTail ?? [], as: UTF8.self).contains(
                "r1 Task timed out after 1.00 seconds\n\nEND"))
        await rig.stop()
    }

    @Test func aFailedInitialisationIsTriedTwice() async throws {
        let rig = Rig { runtime in
            await runtime.failInit(#"{"errorType":"Runtime.ImportModuleError"}"#, type: "Runtime.ImportModuleError")
            return SandboxExit(status: .code(1), outOfMemory: false, peakMemory: nil)
        }
        let result = try await rig.invoke("1", tail: true)
        #expect(result.functionError == "Unhandled" && result.text == #"{"errorType":"Runtime.ImportModuleError"}"#)
        #expect(rig.sandboxes.sandboxes.count == 2)
        await rig.stop()
        #expect(rig.logs.text.contains("Phase: init\tStatus: error\tError Type: Runtime.ImportModuleError\n"))
        #expect(rig.logs.text.contains("Phase: invoke\tStatus: error\tError Type: Runtime.ImportModuleError\n"))
        #expect(rig.plane.counts.total == 0)
    }

    @Test func aSecondInitialisationMaySucceed() async throws {
        let starts = Counter()
        let rig = Rig { runtime in
            if starts.next() == 1 { return SandboxExit(status: .code(1), outOfMemory: false, peakMemory: nil) }
            return await runtime.serve { .response($0.body) }
        }
        #expect(try await rig.invoke("1", tail: true).text == "1")
        await rig.stop()
        #expect(rig.logs.text.components("START RequestId: r1") == 1)
    }

    /// What initialises within an invocation takes of its time.
    @Test(arguments: [false, true]) func aSecondInitialisationIsPartOfTheInvocation(timesOut: Bool) async throws {
        let starts = Counter()
        let rig = Rig { runtime in
            if starts.next() == 1 { return SandboxExit(status: .code(1), outOfMemory: false, peakMemory: nil) }
            return await runtime.serve { event in
                if timesOut { await runtime.untilKilled() }
                return .response(event.body)
            }
        }
        let result = try await rig.invoke("1", timeout: timesOut ? 1 : 30, tail: true)
        #expect((result.functionError != nil) == timesOut)
        let tail = String(decoding: result.logTail ?? [], as: UTF8.self)
        let duration = try #require(tail.firstMatch(of: /Duration: ([0-9.]+) ms/).flatMap { Double($0.1) })
        #expect(!tail.contains("Init Duration"))
        // The status and the metrics say the same.
        let status = await rig.plane.status(limit: 1)
        #expect(abs((status.functions.first?.duration.max ?? 0) - duration) < 0.01)
        if timesOut {
            #expect(duration >= 1000, "\(tail)")
        } else {
            let times = try #require(status.lastInvocations.first?.times)
            #expect(duration >= (times.initialization ?? 0) + times.run - 0.02, "\(tail)")
            // Only this one began before its event came.
            let next = try await rig.invoke("2", tail: true)
            let tail = String(decoding: next.logTail ?? [], as: UTF8.self)
            let duration = try #require(tail.firstMatch(of: /Duration: ([0-9.]+) ms/).flatMap { Double($0.1) })
            let warm = try #require(await rig.plane.status(limit: 1).lastInvocations.first?.times)
            #expect(warm.requestID == "r2" && duration <= warm.total + 0.02, "\(tail)")
        }
        await rig.stop()
    }

    @Test func retiredEnvironmentsAreNotUsedAgain() async throws {
        let rig = Rig { runtime in await runtime.serve { .response($0.body) } }
        _ = try await rig.invoke("1")
        await rig.plane.retire(
            account: "000000000000", region: "us-east-1", name: "f", version: nil, exceptRevision: "2")
        _ = try await rig.invoke("2", revision: "2")
        #expect(rig.sandboxes.sandboxes.count == 2)
        #expect(rig.sandboxes.sandboxes.first?.actions.contains("kill") == true)
        await rig.stop()
    }

    @Test func theAccountsLimitThrottles() async throws {
        let gate = Gate()
        let rig = Rig(limit: 1) { runtime in
            await runtime.serve { event in
                await gate.arrive()
                return .response(event.body)
            }
        }
        async let first = rig.invoke("1")
        await gate.arrived(1)
        await #expect(throws: AWSError.self) { try await rig.invoke("2") }
        await gate.open(after: 1)
        #expect(try await first.text == "1")
        await rig.stop()
    }

    @Test func aFullLogHoldsUpItsFunctionAlone() async throws {
        let rig = Rig { runtime in
            await runtime.serve { event in
                for index in 0..<5000 {
                    await runtime.print("line \(index) of \(event.body)\n")
                }
                return .response(event.body)
            }
        }
        rig.logs.capacity = 100
        #expect(try await rig.invoke("1").text == "1")
        await rig.stop()
        #expect(rig.logs.text.components(" of 1\n") == 5000)
    }

    @Test func whatWasPrintedBeforeTheEndIsKeptThoughTheLogIsFull() async throws {
        let gate = Gate()
        let rig = Rig { runtime in
            await runtime.serve { _ in
                await runtime.print(String(repeating: "last words\n", count: 3000))
                return .exit(SandboxExit(status: .code(1), outOfMemory: false, peakMemory: nil))
            }
        }
        rig.logs.capacity = 0
        rig.logs.gate = gate
        #expect(try await rig.invoke("1").functionError == "Unhandled")
        await gate.open(after: 0)
        await rig.stop()
        #expect(rig.logs.text.components("last words\n") == 3000)
    }
}

extension InvocationResult {
    fileprivate var text: String { String(decoding: payload, as: UTF8.self) }
}

extension String {
    fileprivate func components(_ part: String) -> Int { ranges(of: part).count }
}
