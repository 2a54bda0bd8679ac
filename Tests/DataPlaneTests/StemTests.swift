import DataPlane
import Execution
import Sandbox
import TestSupport
import Testing

/// Cold starts that begin in stems. Each revision is a function of its own to the data plane: its first invocation is a cold start.
@Suite struct StemTests {
    private static let limits = StemLimits(count: 8, memory: 1 << 30)

    private func rig(_ limits: StemLimits = limits) -> Rig {
        Rig(stems: limits) { runtime in
            await runtime.serve { event in .response("[\(event.body)]") }
        }
    }

    @Test func nothingIsStartedBeforeTheFirstUse() async throws {
        let rig = rig()
        #expect(rig.plane.stemCounts == StemCounts())
        #expect(rig.sandboxes.sandboxes.isEmpty)
        #expect(try await rig.invoke("1").answer == "[1]")
        #expect(await rig.settled { $0.ready == 2 })
        #expect(rig.plane.stemCounts?.missed == 1)
        await rig.stop()
    }

    @Test func eachBecomesAFunctionsOnce() async throws {
        let rig = rig()
        for round in 1...20 {
            #expect(try await rig.invoke("\(round)", revision: "\(round)").answer == "[\(round)]")
        }
        let counts = try #require(rig.plane.stemCounts)
        #expect(counts.handedOut + counts.missed == 20)
        await rig.stop()
        for sandbox in rig.sandboxes.sandboxes {
            #expect(sandbox.actions.count { $0 == "specialise" } <= 1)
            _ = await sandbox.exit()
        }
    }

    @Test func whatAProcessReadsAtItsStartStartsFromNothing() async throws {
        let rig = rig()
        for (round, variable) in ["LD_PRELOAD", "NODE_OPTIONS", "PYTHONHASHSEED", "AWS_LAMBDA_EXEC_WRAPPER", "TZ"]
            .enumerated()
        {
            _ = try await rig.invoke("1", revision: "\(round)", environment: [variable: "x"])
        }
        #expect(rig.plane.stemCounts == StemCounts())
        await rig.stop()
    }

    @Test func oneThatDiedIsNotHandedOut() async throws {
        let rig = rig()
        _ = try await rig.invoke("0", revision: "0")
        #expect(await rig.settled { $0.ready == 2 })
        for sandbox in rig.sandboxes.sandboxes.dropFirst() { await sandbox.kill() }
        #expect(try await rig.invoke("1", revision: "1").answer == "[1]")
        await rig.stop()
    }

    @Test func noMoreThanTheLimit() async throws {
        let rig = rig(StemLimits(count: 1, memory: 1 << 30))
        for round in 0..<5 { _ = try await rig.invoke("1", revision: "\(round)") }
        #expect(await rig.settled { $0.ready == 1 && $0.starting == 0 })
        await rig.stop()
        #expect(rig.plane.stemCounts?.ready == 0)
    }

    @Test func endingAllLeavesNone() async throws {
        let rig = rig()
        _ = try await rig.invoke("1")
        #expect(await rig.settled { $0.ready == 2 })
        await rig.stop()
        for sandbox in rig.sandboxes.sandboxes { #expect(await sandbox.exit().status == .signal(9)) }
    }
}

extension InvocationResult {
    fileprivate var answer: String { String(decoding: payload, as: UTF8.self) }
}
