import CLauncherProtocol
import Glibc
import Sandbox
import Testing

@testable import SandboxLinux

/// Sandboxes that are made ahead of a function. (The attacker's tests run in what stems become, too: ``Mode/rootStem``.)
@Suite("Stems")
struct StemTests {
    private static let modes = Mode.permitted.filter { !$0.isStem }
    /// Says that it is ready, and prints what it is told.
    private static let program = """
        import os, sys
        os.write(63, b"r")
        told = os.read(63, 1 << 18)
        os.close(63)
        os.chdir("/var/task")
        print(told.decode().split("\\0"), os.listdir("."), os.listdir("/opt"), flush=True)
        """

    private func stem(_ fixture: SandboxFixture, _ kind: SandboxConfiguration.Stem, command: [String])
        async throws -> any Sandbox
    {
        var configuration = fixture.configuration(command, memory: 512, code: nil)
        configuration.workingDirectory = kind == .running ? "/" : "/var/task"
        configuration.stem = kind
        return try await fixture.provider.start(configuration)
    }

    private func orders(_ command: [String] = [], code: String = "code", memory: Int = 128, layer: String? = nil)
        -> SandboxSpecialisation
    {
        SandboxSpecialisation(
            command: command, environment: ["A=B", "C="], code: code,
            binds: layer.map { [.init(host: $0, inside: "/opt")] } ?? [], memory: memory)
    }

    @Test("one that runs is told its variables when its code is there", arguments: modes)
    func running(mode: Mode) async throws {
        let fixture = try await SandboxFixture(mode, files: ["app.py": ""])
        let stem = try await stem(fixture, .running, command: ["/usr/bin/python3", "-c", Self.program])
        #expect(await stem.ready())
        try await stem.specialise(orders(layer: "code"))
        #expect(await readAll(stem.takeOutput()) == "['A=B', 'C=', ''] ['app.py'] ['app.py']\n")
        #expect(await stem.exit().status == .code(0))
    }

    @Test("it may be told before it is ready", arguments: modes)
    func early(mode: Mode) async throws {
        let fixture = try await SandboxFixture(mode)
        for _ in 0..<5 {
            let running = try await stem(fixture, .running, command: ["/usr/bin/python3", "-c", Self.program])
            let waiting = try await stem(fixture, .beforeExec, command: ["/"])
            try await running.specialise(orders())
            try await waiting.specialise(orders(["/bin/echo", "here"]))
            #expect(await readAll(running.takeOutput()).hasPrefix("['A=B'"))
            #expect(await readAll(waiting.takeOutput()) == "here\n")
        }
    }

    @Test("once", arguments: modes)
    func once(mode: Mode) async throws {
        let fixture = try await SandboxFixture(mode)
        let stem = try await stem(fixture, .beforeExec, command: ["/"])
        try await stem.specialise(orders(["/bin/sleep", "1000"]))
        await #expect(throws: SandboxError.self) { try await stem.specialise(self.orders(["/bin/sleep", "1000"])) }
        // And what was never a stem is none.
        let other = try await fixture.provider.start(fixture.configuration(["/bin/sleep", "1000"]))
        #expect(await other.exit(after: { try? await other.specialise(self.orders()) }).status == .signal(SIGKILL))
    }

    @Test("its memory limit becomes the function's, higher or lower", arguments: modes.filter(\.isRoot))
    func memory(mode: Mode) async throws {
        let fixture = try await SandboxFixture(mode)
        for (memory, fits) in [(128, false), (900, true)] {
            let stem = try await stem(fixture, .beforeExec, command: ["/"])
            try await stem.specialise(
                orders(["/usr/bin/python3", "-c", "print(len(bytearray(b'x') * (600 << 20)))"], memory: memory))
            #expect(await readAll(stem.takeOutput()) == (fits ? "\(600 << 20)\n" : ""))
            #expect(await stem.exit().outOfMemory == !fits)
        }
    }

    @Test("what cannot be its code or command is refused, and it ends", arguments: modes)
    func refused(mode: Mode) async throws {
        let fixture = try await SandboxFixture(mode)
        for code in ["", "/etc", "..", "code/../..", "none"] {
            let stem = try await stem(fixture, .beforeExec, command: ["/"])
            await #expect(throws: SandboxError.self, "\(code)") {
                try await stem.specialise(self.orders(["/bin/true"], code: code))
            }
            #expect(await stem.exit().status == .signal(SIGKILL))
        }
        let missing = try await stem(fixture, .beforeExec, command: ["/"])
        await #expect(throws: SandboxError.invalidEntrypoint("exec: No such file or directory")) {
            try await missing.specialise(self.orders(["/var/task/none"]))
        }
        _ = await missing.exit()
        // Arguments are for those that wait, and for no others.
        let running = try await stem(fixture, .running, command: ["/bin/sleep", "1000"])
        await #expect(throws: SandboxError.self) { try await running.specialise(self.orders(["/bin/true"])) }
        _ = await running.exit()
        for place in ["/etc", "/var/task", "/tmp", "/usr/lib", "/none"] {
            let stem = try await stem(fixture, .beforeExec, command: ["/"])
            var orders = orders(["/bin/true"])
            orders.binds = [.init(host: "code", inside: place)]
            await #expect(throws: SandboxError.self, "\(place)") { try await stem.specialise(orders) }
            _ = await stem.exit()
        }
    }

    @Test("one that has died is noticed", arguments: modes)
    func dead(mode: Mode) async throws {
        let fixture = try await SandboxFixture(mode)
        let stem = try await stem(fixture, .running, command: ["/bin/true"])
        #expect(await stem.ready() == false)
        _ = await stem.exit()
        await #expect(throws: SandboxError.self) { try await stem.specialise(self.orders()) }
    }
}

extension Sandbox {
    /// How it ended, after something that should end it.
    fileprivate func exit(after action: () async -> Void) async -> SandboxExit {
        await action()
        return await exit()
    }
}
