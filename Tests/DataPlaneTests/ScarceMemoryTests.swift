import Execution
import NIOCore
import NIOPosix
import Sandbox
import ServiceKit
import Synchronization
import TestSupport
import Testing

@testable import DataPlane

/// What starts, what ends and what waits where memory is short.
struct ScarceMemoryTests {
    private static let mebibyte: Int64 = 1 << 20

    /// What programs look at from within.
    private final class Machine: Sendable {
        private let bytes: Mutex<Int64>
        private let plane = Mutex<DataPlane?>(nil)
        private let seen = Mutex<[Int]>([])

        init(_ mebibytes: Int64) { bytes = Mutex(mebibytes * mebibyte) }

        var rig: DataPlane? {
            get { plane.withLock { $0 } }
            set { plane.withLock { $0 = newValue } }
        }
        var left: Int64 {
            get { bytes.withLock { $0 } }
            set { bytes.withLock { $0 = newValue } }
        }
        /// What the kernel would say.
        func read() -> MachineRoom.Reading { MachineRoom.Reading(available: left, total: 0) }
        var startingSeen: [Int] { seen.withLock { $0 } }

        func noteStarting() {
            let starting = rig?.admission?.starting ?? -1
            seen.withLock { $0.append(starting) }
        }
    }

    @Test func theSecondAttemptAtAnInitialisationIsAdmittedToo() async throws {
        let machine = Machine(1000)
        let rig = Rig(memory: machine.read) { runtime in
            machine.noteStarting()
            if machine.startingSeen.count == 2 { return await runtime.serve { .response($0.body) } }
            await runtime.failInit(#"{"errorType":"E"}"#, type: "E")
            await runtime.untilKilled()
            return SandboxExit(status: .signal(9), outOfMemory: false, peakMemory: nil)
        }
        machine.rig = rig.plane
        #expect(String(decoding: try await rig.invoke("1").payload, as: UTF8.self) == "1")
        #expect(machine.startingSeen == [1, 1])
        #expect(rig.plane.admission?.starting == 0)
        machine.rig = nil
        await rig.stop()
    }

    @Test func whoseSecondAttemptFindsNoRoomIsToldSo() async throws {
        let machine = Machine(1000)
        let rig = Rig(memory: machine.read) { runtime in
            machine.left = 0
            await runtime.failInit(#"{"errorType":"E"}"#, type: "E")
            await runtime.untilKilled()
            return SandboxExit(status: .signal(9), outOfMemory: false, peakMemory: nil)
        }
        let error = await #expect(throws: AWSError.self) { try await rig.invoke("1") }
        #expect(error?.code == "ServiceException")
        #expect(
            error?.message
                == "This machine has no memory for another execution environment: it needs 32 MB, and of the 0 MB that "
                + "are left 0 MB are kept in reserve; no environment is idle.")
        // It is no invocation, and so no cold start.
        let counts = await rig.plane.status(limit: 1).counts
        #expect(counts.invocations == 0 && counts.coldStarts == 0)
        #expect(rig.sandboxes.sandboxes.count == 1 && rig.plane.counts.total == 0)
        await rig.stop()
    }

    @Test func whoFindsNoRoomAtOnceIsNoColdStart() async throws {
        let machine = Machine(0)
        let rig = Rig(memory: machine.read) { runtime in await runtime.serve { .response($0.body) } }
        await #expect(throws: AWSError.self) { try await rig.invoke("1") }
        #expect(await rig.plane.status(limit: 1).counts.coldStarts == 0)
        machine.left = 1000 * Self.mebibyte
        _ = try await rig.invoke("2")
        #expect(await rig.plane.status(limit: 1).counts.coldStarts == 1)
        await rig.stop()
    }

    /// Ready stems hold 20 MiB each; the machine has these back when they have ended.
    @Test func stemsEndBeforeAFunctionIsRefusedAndComeBackWithTheMemory() async throws {
        let machine = Machine(1000)
        let sandboxes = Mutex<ScriptedSandboxes?>(nil)
        let read: @Sendable () -> MachineRoom.Reading? = {
            let ended = sandboxes.withLock { $0 }?.sandboxes.count { $0.actions.contains("kill") } ?? 0
            return MachineRoom.Reading(available: machine.left + Int64(ended) * 20 * Self.mebibyte, total: 0)
        }
        let rig = Rig(stems: StemLimits(count: 8, memory: 1 << 30), memory: read) { runtime in
            await runtime.serve { .response($0.body) }
        }
        sandboxes.withLock { $0 = rig.sandboxes }
        _ = try await rig.invoke("0", revision: "0")
        #expect(await rig.settled { $0.ready == 2 && $0.starting == 0 })
        // Another needs 32, and both give 40.
        machine.left = 0
        _ = try await rig.invoke("1", revision: "1")
        #expect(await rig.settled { $0.starting == 0 })
        #expect(rig.plane.stemCounts?.ready == 0)
        // Nobody's environment had to end, and none was started instead of those.
        #expect(rig.plane.counts.total == 2 && rig.sandboxes.sandboxes.count == 4)
        _ = try await rig.invoke("2", revision: "2")
        #expect(await rig.settled { $0.starting == 0 && $0.ready == 0 })
        #expect(rig.sandboxes.sandboxes.count == 5)
        machine.left = 1000 * Self.mebibyte
        _ = try await rig.invoke("3", revision: "3")
        #expect(await rig.settled { $0.ready >= 2 })
        sandboxes.withLock { $0 = nil }
        await rig.stop()
    }

    @Test func provisionedEnvironmentsHoldStemsUpToo() async throws {
        let gate = Gate()
        let rig = Rig(stems: StemLimits(count: 8, memory: 1 << 30)) { runtime in
            await gate.arrive()
            return await runtime.serve { .response($0.body) }
        }
        var function = FunctionVersion(
            account: "000000000000", region: "us-east-1", name: "f", version: "1", revision: "1",
            runtime: "python3.12", architecture: "x86_64", handler: "app.handler",
            role: "arn:aws:iam::000000000000:role/r", memory: 128, timeout: 30, ephemeralStorage: 512, environment: [:],
            codeFolder: "/code", logGroup: "/aws/lambda/f", logFormat: .json)
        function.provisioning = "live"
        let target = ProvisionedConfiguration.Target(function: function, count: 1)
        #expect(rig.plane.stems?.isHurried == false)
        rig.plane.provision(
            FunctionName(function), [ProvisionedConfiguration(qualifier: "live", targets: [target])])
        await gate.arrived(1)
        #expect(rig.plane.stems?.isHurried == true)
        await gate.open(after: 1)
        await rig.isIdle()
        #expect(rig.plane.stems?.isHurried == false)
        await rig.stop()
    }

    /// Runs tasks on an event loop, as requests are.
    private final class OnLoop: TaskExecutor {
        let loop: any EventLoop
        init(_ loop: any EventLoop) { self.loop = loop }

        func enqueue(_ job: consuming ExecutorJob) {
            let job = UnownedJob(job)
            loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
        }
    }

    /// While the machine is asked, the loop that waits for it does everything else.
    @Test func noEventLoopWaitsForTheKernel() async throws {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let reads = Mutex(0)
        let admission = MachineAdmission(reserve: 0, validity: .init(usual: .zero, ample: .zero)) {
            #expect(MultiThreadedEventLoopGroup.currentEventLoop == nil)
            try? loop.submit {}.wait()
            reads.withLock { $0 += 1 }
            return MachineRoom.Reading(available: 100 * Self.mebibyte, total: 0)
        }
        let executor = OnLoop(loop)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<50 {
                group.addTask(executorPreference: executor) {
                    try await admission.admitted(need: 30 * Self.mebibyte, makeRoom: { _ in false }) {
                        #expect(loop.inEventLoop)
                        await Task.yield()
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(reads.withLock { $0 } > 0)
        #expect(admission.starting == 0)
    }

    /// A reading from before memory was given back says nothing of after.
    @Test func whatWasReadBeforeDoesNotCount() async throws {
        let left = Mutex<Int64>(0)
        let admission = MachineAdmission(reserve: 0) {
            MachineRoom.Reading(available: left.withLock { $0 }, total: 0)
        }
        for round in 1...20 {
            try await admission.admitted(
                need: Int64(round) * Self.mebibyte,
                makeRoom: { missing in
                    left.withLock { $0 += missing }
                    return true
                }, start: {})
        }
        #expect(left.withLock { $0 } == 20 * Self.mebibyte)
    }

    @Test func wherePlentyIsLeftTheMachineIsAskedOnce() async throws {
        let reads = Mutex(0)
        let admission = MachineAdmission(reserve: 0, validity: .init(usual: .zero, ample: .seconds(3600))) {
            reads.withLock { $0 += 1 }
            return MachineRoom.Reading(available: 1000 * Self.mebibyte, total: 0)
        }
        // Until half of it is promised.
        for _ in 0..<16 { try await admission.admitted(need: 30 * Self.mebibyte, makeRoom: { _ in false }, start: {}) }
        #expect(reads.withLock { $0 } == 1)
        try await admission.admitted(need: 30 * Self.mebibyte, makeRoom: { _ in false }, start: {})
        #expect(reads.withLock { $0 } == 2)
    }
}
