import Glibc
import Sandbox
import Testing

@testable import SandboxLinux

@Suite("Sandboxes run programs")
struct SandboxTests {
    @Test("a program's output and exit code arrive", arguments: Mode.permitted)
    func outputAndCode(mode: Mode) async throws {
        let fixture = try await SandboxFixture(mode, files: ["x.txt": "from the code folder"])
        let outcome = try await fixture.shell("cat x.txt; echo error >&2; exit 7")
        #expect(outcome.output == "from the code foldererror\n")
        #expect(outcome.exit.status == .code(7))
        #expect(!outcome.exit.outOfMemory)
    }

    @Test("/bin/sh is bash, as on AWS", .enabled(if: access("/bin/bash", X_OK) == 0), arguments: Mode.permitted)
    func shell(mode: Mode) async throws {
        let fixture = try await SandboxFixture(
            mode, files: ["bootstrap": "#!/bin/sh\nset -euo pipefail\nfalse | true || echo \"$0 sees the failure\"\n"])
        let outcome = try await fixture.run(fixture.configuration(["/var/task/bootstrap"]))
        #expect(outcome.output == "/var/task/bootstrap sees the failure\n")
    }

    @Test("what does not exist, or cannot be run, is an invalid entrypoint", arguments: Mode.permitted)
    func invalidEntrypoint(mode: Mode) async throws {
        let fixture = try await SandboxFixture(mode, files: ["text": "\u{7f}ELF but not really"])
        for command in ["/var/task/none", "/var/task/text", "/tmp"] {
            await #expect {
                try await fixture.start(fixture.configuration([command]))
            } throws: { error in
                if case .invalidEntrypoint = error as? SandboxError { true } else { false }
            }
        }
    }

    @Test("listening sockets are born inside, and handed out once", arguments: Mode.permitted)
    func listeners(mode: Mode) async throws {
        let fixture = try await SandboxFixture(mode)
        let program = """
            import socket
            for port in (9001, 4566):
                s = socket.create_connection(("127.0.0.1", port)); print(s.recv(100).decode()); s.close()
            """
        let sandbox = try await fixture.start(
            fixture.configuration(["/usr/bin/python3", "-c", program], ports: [9001, 4566]))
        for port in [9001, 4566] {
            let listener = try #require(sandbox.takeListener(port: port))
            #expect(sandbox.takeListener(port: port) == nil)
            #expect(fcntl(listener, F_GETFL) & O_NONBLOCK != 0)
            #expect(fcntl(listener, F_GETFD) & FD_CLOEXEC != 0)
            await answer(listener, "port \(port)")
        }
        #expect(sandbox.takeListener(port: 53) == nil)
        let output = await readAll(sandbox.takeOutput())
        #expect(output == "port 9001\nport 4566\n")
        #expect(sandbox.takeOutput() == nil)
        #expect(await sandbox.exit().status == .code(0))
    }

    /// Accepts one connection, sends a text, and closes everything.
    private func answer(_ listener: Int32, _ text: String) async {
        await withCheckedContinuation { continuation in
            onThread {
                var polled = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
                poll(&polled, 1, 60000)
                let connection = accept(listener, nil, nil)
                _ = send(connection, text, text.utf8.count, 0)
                close(connection)
                close(listener)
                continuation.resume()
            }
        }
    }

    @Test("terminate reaches the program, kill ends everything", arguments: Mode.permitted)
    func terminateAndKill(mode: Mode) async throws {
        let fixture = try await SandboxFixture(mode)
        let polite = try await fixture.start(
            fixture.configuration([
                "/bin/sh", "-c", "trap 'echo bye; exit 3' TERM; echo ready; while :; do sleep 0.05; done",
            ]))
        let output = try #require(polite.takeOutput())
        await waitReadable(output)
        await polite.terminate()
        #expect(await readAll(output) == "ready\nbye\n")
        #expect(await polite.exit().status == .code(3))

        let deaf = try await fixture.start(
            fixture.configuration(["/bin/sh", "-c", "trap '' TERM; sleep 1000 & wait"]))
        await deaf.kill()
        #expect(await deaf.exit().status == .signal(SIGKILL))
        #expect(await deaf.exit().outOfMemory == false)
        await deaf.kill()
    }

    @Test("a frozen sandbox does nothing until it is thawed, and can be killed frozen", arguments: Mode.permitted)
    func freeze(mode: Mode) async throws {
        let fixture = try await SandboxFixture(mode)
        let sandbox = try await fixture.start(
            fixture.configuration(["/bin/sh", "-c", "while :; do echo x; sleep 0.01; done"]))
        let output = try #require(sandbox.takeOutput())
        await waitReadable(output)
        try await sandbox.freeze()
        var block = [UInt8](repeating: 0, count: 65536)
        // Without control groups, a process on another processor may come to its stop a little later.
        var quiet = false
        for _ in 0..<100 where !quiet {
            while read(output, &block, block.count) > 0 {}
            try await Task.sleep(for: .milliseconds(100))
            quiet = read(output, &block, block.count) == -1 && errno == EAGAIN
        }
        #expect(quiet)
        try await sandbox.thaw()
        await waitReadable(output)
        #expect(read(output, &block, block.count) > 0)
        try await sandbox.freeze()
        await sandbox.kill()
        #expect(await sandbox.exit().status == .signal(SIGKILL))
        close(output)
    }

    @Test("the launcher's death ends every sandbox and fails every call")
    func launcherLost() async throws {
        for mode in Mode.permitted {
            let fixture = try await SandboxFixture(mode)
            let sandbox = try await fixture.start(fixture.configuration(["/bin/sleep", "1000"]))
            let output = try #require(sandbox.takeOutput())
            kill(fixture.launcher.pid, SIGKILL)
            #expect(await sandbox.exit().status == .signal(SIGKILL))
            // The write end was the program's alone: it is dead.
            #expect(await readAll(output) == "")
            await #expect(throws: SandboxError.launcherLost) {
                try await fixture.start(fixture.configuration(["/bin/true"]))
            }
            await #expect(throws: SandboxError.launcherLost) { try await sandbox.limitCPU(100) }
            await sandbox.kill()
            // The next start removes what this launcher left; it ends with its provider.
            let next = LinuxSandboxProvider(launcher: try LauncherProcess.start(fixture.launcherConfiguration))
            #expect(await next.missingProtections.contains { $0.hasPrefix("Functions cannot run") } == false)
        }
    }
}

func waitReadable(_ descriptor: Int32) async {
    await withCheckedContinuation { continuation in
        onThread {
            var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            poll(&polled, 1, 60000)
            continuation.resume()
        }
    }
}
