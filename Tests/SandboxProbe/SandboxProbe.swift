import Dispatch
import Glibc
import Sandbox
import SandboxLinux

/// A stand-in for `martlet up` in the sandbox's tests: starts the launcher, gives up root, starts a program in a
/// sandbox, says what came of it, and waits until its standard input ends or it is killed. With `--starts COUNT` for a
/// program, it starts that many sandboxes that end at once, after one to be warm and a byte of standard input.
@main
struct SandboxProbe {
    static func main() {
        let arguments = CommandLine.arguments
        guard arguments.count >= 3 else { fail("usage: SandboxProbe DATA-FOLDER COMMAND ARGUMENT…") }
        do {
            let launcher = try LauncherProcess.start(
                LauncherConfiguration(dataFolder: arguments[1], allowedPrefixes: []))
            let folder = try Privileges.drop(dataFolder: arguments[1])
            say("uid \(getuid()) \(geteuid()) groups \(getgroups(0, nil))")
            say("folder \(folder)")
            let written = open(folder + "/written", O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
            say("writes \(written >= 0)")
            say("back \(setuid(0) == 0)")
            let provider = LinuxSandboxProvider(launcher: launcher, dataFolder: folder)
            block {
                if arguments[2] == "--starts" {
                    try await startMany(provider, folder: folder, count: arguments.last.flatMap { Int($0) } ?? 1)
                } else {
                    try await serve(provider, folder: folder, command: Array(arguments[2...]))
                }
            }
        } catch {
            fail("\(error)")
        }
    }

    /// Waits for a task that is not the main actor's, as `main` is: its thread waits here.
    private nonisolated static func block(_ body: @escaping @Sendable () async throws -> Void) {
        let ended = DispatchSemaphore(value: 0)
        Task.detached {
            do { try await body() } catch { say("failed \(error)") }
            ended.signal()
        }
        ended.wait()
    }

    private static func serve(_ provider: LinuxSandboxProvider, folder: String, command: [String]) async throws {
        let sandbox = try await provider.start(configuration("probe", folder: folder, command: command))
        say("started")
        waitForEnd()
        await sandbox.kill()
        say("ended \(await sandbox.exit().status)")
    }

    private static func startMany(_ provider: LinuxSandboxProvider, folder: String, count: Int) async throws {
        @Sendable func start(_ number: Int) async throws {
            let sandbox = try await provider.start(
                configuration("probe-\(number)", folder: folder, command: ["/bin/true"]))
            for port in [9001, 4566] { sandbox.takeListener(port: port).map { _ = close($0) } }
            sandbox.takeOutput().map { _ = close($0) }
            guard await sandbox.exit().status == .code(0) else { throw SandboxError.failed("the program") }
        }
        for number in 0..<4 { try await start(number) }
        say("warm")
        var byte: UInt8 = 0
        _ = read(0, &byte, 1)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for worker in 0..<4 {
                tasks.addTask { for number in 0..<count / 4 { try await start(4 + worker * count + number) } }
            }
            try await tasks.waitForAll()
        }
        say("done")
        waitForEnd()
    }

    private static func configuration(_ id: String, folder: String, command: [String]) -> SandboxConfiguration {
        SandboxConfiguration(
            id: id, command: command, environment: ["PATH=/usr/bin:/bin"], code: folder + "/code", memory: 128,
            listeningPorts: [9001, 4566])
    }

    private static func waitForEnd() {
        var byte: UInt8 = 0
        while read(0, &byte, 1) > 0 {}
    }

    /// A line, at once.
    private static func say(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        _ = write(1, bytes, bytes.count)
    }

    private static func fail(_ text: String) -> Never {
        say("failed: \(text)")
        exit(1)
    }
}
