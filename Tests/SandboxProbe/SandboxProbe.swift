import Dispatch
import Glibc
import Sandbox
import SandboxLinux

/// A stand-in for `martlet up` in the sandbox's tests: starts the launcher, gives up root, starts a program in a
/// sandbox, says what came of it, and waits until its standard input ends or it is killed.
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
            serve(provider, folder: folder, command: Array(arguments[2...]))
        } catch {
            fail("\(error)")
        }
    }

    private static func serve(_ provider: LinuxSandboxProvider, folder: String, command: [String]) {
        let ended = DispatchSemaphore(value: 0)
        Task {
            do {
                let sandbox = try await provider.start(
                    SandboxConfiguration(
                        id: "probe", command: command, environment: ["PATH=/usr/bin:/bin"], code: folder + "/code",
                        memory: 128,
                        listeningPorts: [9001]))
                say("started")
                var byte: UInt8 = 0
                while read(0, &byte, 1) > 0 {}
                await sandbox.kill()
                say("ended \(await sandbox.exit().status)")
            } catch {
                say("failed \(error)")
            }
            ended.signal()
        }
        ended.wait()
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
