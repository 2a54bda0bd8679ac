import Glibc
import Sandbox
import Testing

@testable import SandboxLinux

@Suite("Limits of a sandbox")
struct LimitTests {
    static let rooted = Mode.permitted.filter(\.isRoot)

    @Test("filling memory ends the function, and is told apart from a kill", arguments: rooted)
    func outOfMemory(mode: Mode) async throws {
        let fixture = try await SandboxFixture(mode)
        let outcome = try await fixture.python("a = []\nwhile True: a.append(bytearray(1 << 20))")
        #expect(outcome.exit.status == .signal(SIGKILL))
        #expect(outcome.exit.outOfMemory)
        #expect(outcome.exit.peakMemory == 128 << 20)
    }

    @Test("without control groups, too much memory is a failed allocation")
    func failedAllocation() async throws {
        guard Mode.permitted.contains(.user) else { return }
        let fixture = try await SandboxFixture(.user)
        let outcome = try await fixture.python("try:\n a = bytearray(1 << 30)\nexcept MemoryError: print('no memory')")
        #expect(outcome.output == "no memory\n")
    }

    @Test("the peak of memory is what was held, even if it has been given back", arguments: Mode.permitted)
    func peak(mode: Mode) async throws {
        let fixture = try await SandboxFixture(mode)
        let outcome = try await fixture.python("a = bytearray(60 << 20); del a; import time; time.sleep(0.05)")
        let peak = try #require(outcome.exit.peakMemory)
        #expect(peak > 60 << 20 && peak < 80 << 20)

        // Page cache does not count.
        let reader = try await fixture.python(
            "f=open('/tmp/x','wb'); [f.write(bytes(1<<20)) for _ in range(64)]; f.close(); print(len(open('/tmp/x','rb').read(1000)))"
        )
        let small = try #require(reader.exit.peakMemory)
        #expect(!mode.isRoot || small < 40 << 20)
    }

    @Test("statistics while it runs", arguments: Mode.permitted)
    func statistics(mode: Mode) async throws {
        let fixture = try await SandboxFixture(mode)
        let sandbox = try await fixture.start(
            fixture.configuration(
                [
                    "/usr/bin/python3", "-c",
                    "a = bytearray(b'x' * (40 << 20)); del a; print('x', flush=True); import time; time.sleep(100)",
                ]))
        let output = try #require(sandbox.takeOutput())
        await waitReadable(output)
        let peak = try #require(await sandbox.peakMemory())
        #expect(peak > 40 << 20 && peak < 110 << 20)
        await sandbox.kill()
        close(output)
        _ = await sandbox.exit()
        #expect(await sandbox.peakMemory() == nil)
    }

    @Test("128 MB of memory fill 512 MB of /tmp, and no more", arguments: rooted)
    func temporaryStorage(mode: Mode) async throws {
        let fixture = try await SandboxFixture(mode)
        let outcome = try await fixture.python(
            """
            import errno, os
            written = 0
            try:
                with open("/tmp/full", "wb", buffering=0) as file:
                    block = os.urandom(1 << 20)
                    while True: written += file.write(block)
            except OSError as error: print(error.errno == errno.ENOSPC)
            print(512 << 20 <= written <= 560 << 20)
            os.remove("/tmp/full"); open("/tmp/again", "w").write("x" * 100000); print(os.stat("/tmp/again").st_size)
            """)
        #expect(outcome.output == "True\nTrue\n100000\n")
        #expect(!outcome.exit.outOfMemory)
        // Each has its own, empty at first.
        #expect(
            try await fixture.shell("ls -A /tmp; df -P /tmp | tail -1 | cut -c1-4").output.contains("again") == false)
    }

    @Test("a size of /tmp of one's own", arguments: Mode.permitted)
    func largerStorage(mode: Mode) async throws {
        let fixture = try await SandboxFixture(mode)
        let configuration = fixture.configuration(
            ["/bin/sh", "-c", "df -Pm /tmp | tail -1 | awk '{print $4}'"], storage: 2048)
        let free = try #require(Int(try await fixture.run(configuration).output.dropLast()))
        #expect((2048..<2200).contains(free))
    }

    @Test("a fork bomb stays in its sandbox and dies with it", arguments: Mode.permitted)
    func forkBomb(mode: Mode) async throws {
        let fixture = try await SandboxFixture(mode)
        let outcome = try await fixture.python(
            """
            import os, time
            made = 0
            try:
                while made < 5000:
                    if os.fork() == 0: time.sleep(1000); os._exit(0)
                    made += 1
            except OSError: pass
            print(made)
            """, memory: 512)
        let made = try #require(Int(outcome.output.dropLast()))
        #expect((900...1024).contains(made))
        #expect(outcome.exit.status == .code(0))

        let bomb = try await fixture.start(
            fixture.configuration(["/bin/sh", "-c", "f() { f | f & f; }; f"], memory: 256))
        let output = try #require(bomb.takeOutput())
        await waitReadable(output)
        // Another sandbox starts and runs beside it.
        #expect(try await fixture.shell("echo beside").output == "beside\n")
        await bomb.kill()
        _ = await bomb.exit()
        close(output)
    }

    @Test("the limits of AWS: 1024 descriptors, no core dumps", arguments: Mode.permitted)
    func resourceLimits(mode: Mode) async throws {
        let fixture = try await SandboxFixture(mode)
        let outcome = try await fixture.shell("ulimit -n; ulimit -Hn; ulimit -c; ulimit -u 2>/dev/null || true")
        #expect(outcome.output.hasPrefix("1024\n1024\n0\n"))
    }

    @Test("a CPU share after init", arguments: rooted)
    func cpuShare(mode: Mode) async throws {
        let fixture = try await SandboxFixture(mode)
        // Once it is limited (the connection ends), how much CPU time does it get in a second of real time?
        let program = """
            import socket, time
            socket.create_connection(("127.0.0.1", 9001)).recv(1)
            wall = time.monotonic(); cpu = time.process_time()
            while time.monotonic() - wall < 1.0: pass
            print(int((time.process_time() - cpu) * 1000))
            """
        let sandbox = try await fixture.start(
            fixture.configuration(["/usr/bin/python3", "-c", program], ports: [9001]))
        let listener = try #require(sandbox.takeListener(port: 9001))
        await waitReadable(listener)
        try await sandbox.limitCPU(100)
        close(accept(listener, nil, nil))
        close(listener)
        let used = try #require(Int(await readAll(sandbox.takeOutput()).dropLast()))
        #expect(used < 200)
        _ = await sandbox.exit()
    }

    @Test("requests out of range are refused", arguments: Mode.permitted)
    func ranges(mode: Mode) async throws {
        let fixture = try await SandboxFixture(mode)
        for (memory, storage, ports) in [
            (0, 512, [80]), (1 << 20, 512, [80]), (128, 0, [80]), (128, 20000, [80]), (128, 512, [0]),
            (128, 512, [70000]),
            (128, 512, [80, 80]), (128, 512, Array(1...9)), (-1, 512, [80]),
        ] {
            let configuration = fixture.configuration(["/bin/true"], memory: memory, storage: storage, ports: ports)
            await #expect(throws: SandboxError.self) { try await fixture.start(configuration) }
        }
        #expect(try await fixture.shell("echo works").output == "works\n")
    }
}
