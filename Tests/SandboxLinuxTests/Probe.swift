import Glibc
import Sandbox

@testable import SandboxLinux

/// Runs ``SandboxProbe`` as a process of its own.
final class Probe {
    let pid: pid_t
    private let input: Int32
    private let output: Int32
    private var buffered = ""

    init(_ dataFolder: String, _ command: [String], asUser: Bool = false) throws {
        var inputEnds: [Int32] = [-1, -1]
        var outputEnds: [Int32] = [-1, -1]
        guard pipe(&inputEnds) == 0, pipe(&outputEnds) == 0 else { throw SandboxError.failed("pipe") }
        for end in inputEnds + outputEnds { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_adddup2(&actions, inputEnds[0], 0)
        posix_spawn_file_actions_adddup2(&actions, outputEnds[1], 1)
        let user = String(Mode.nobody)
        let wrapper = asUser ? ["/usr/bin/setpriv", "--reuid", user, "--regid", user, "--clear-groups"] : []
        let arguments = wrapper + [try Self.executable(), dataFolder] + command
        var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        var environment: [UnsafeMutablePointer<CChar>?] = [strdup("PATH=/usr/bin"), nil]
        defer { for pointer in pointers + environment { free(pointer) } }
        var pid: pid_t = 0
        let error = posix_spawn(&pid, arguments[0], &actions, nil, &pointers, &environment)
        posix_spawn_file_actions_destroy(&actions)
        close(inputEnds[0])
        close(outputEnds[1])
        self.pid = pid
        input = inputEnds[1]
        output = outputEnds[0]
        guard error == 0 else { throw SandboxError.failed(String(cString: strerror(error))) }
    }

    /// Beside the tests' own executable.
    private static func executable() throws -> String {
        let launcher = try LauncherProcess.locate()
        return launcher.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
            + "/SandboxProbe"
    }

    /// The next line, without its end; nil at the end of the output.
    func line() -> String? {
        while true {
            if let end = buffered.firstIndex(of: "\n") {
                defer { buffered = String(buffered[buffered.index(after: end)...]) }
                return String(buffered[..<end])
            }
            var block = [UInt8](repeating: 0, count: 4096)
            let size = read(output, &block, block.count)
            guard size > 0 else { return nil }
            buffered += String(decoding: block[..<size], as: UTF8.self)
        }
    }

    func lines(until last: String) -> [String] {
        var lines: [String] = []
        while let line = line() {
            lines.append(line)
            if line.hasPrefix(last) { break }
        }
        return lines
    }

    /// Lets it go on, where it waits for that.
    func proceed() {
        _ = write(input, "\n", 1)
    }

    /// Kills it and reaps it.
    func kill() {
        Glibc.kill(pid, SIGKILL)
        finish()
    }

    /// Closes its input, and waits for its end.
    func finish() {
        close(input)
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
        close(output)
    }
}
