import CLauncherProtocol
import Glibc
import Sandbox
import Testing

@testable import SandboxLinux

/// The launcher trusts nothing that comes through its socket: Martlet is a large program that strangers talk to.
@Suite("A hostile Martlet")
struct HostileMartletTests {
    private func launcher() throws -> (LauncherProcess, String) {
        var template = Array("/var/tmp/martlet-hostile-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw SandboxError.failed("mkdtemp") }
        let folder = String(cString: made)
        mkdir(folder + "/code", 0o755)
        return (try LauncherProcess.start(LauncherConfiguration(dataFolder: folder, allowedPrefixes: [])), folder)
    }

    private func valid() throws -> [UInt8] {
        let configuration = SandboxConfiguration(
            id: "a", command: ["/bin/true"], environment: ["A=B"], code: "code", memory: 128, listeningPorts: [9001])
        return LauncherMessage.encode(
            ML_SPAWN, request: 7, sandbox: 0, body: try SpawnMessage.encode(configuration, dataFolders: []))
    }

    /// Which sandbox the last answer was about.
    private final class Number {
        var value: UInt64 = 0
    }
    private let lastSandbox = Number()

    /// Sends bytes, and returns the answer to them: its kind and status; nil if the launcher hangs up.
    private func exchange(_ socket: Int32, _ bytes: [UInt8]) -> (kind: UInt32, status: UInt32)? {
        guard ml_send(socket, bytes, bytes.count, nil, 0, 0) == 0 else { return nil }
        while true {
            var buffer = [UInt8](repeating: 0, count: 65536)
            var numbers = [Int32](repeating: -1, count: Int(ML_DESCRIPTORS_MAX))
            var count: Int32 = 0
            let size = ml_receive(socket, &buffer, buffer.count, &numbers, &count, 0)
            guard size > 0 else { return nil }
            for number in numbers.prefix(Int(count)) { close(number) }
            let message = buffer.withUnsafeBytes {
                LauncherMessage(UnsafeRawBufferPointer(rebasing: $0[..<size]), descriptors: [])
            }
            guard let message else { return nil }
            let events = [ML_HELLO.rawValue, ML_EXITED.rawValue, ML_READY.rawValue]
            if events.contains(message.kind) { continue }
            lastSandbox.value = message.sandbox
            return (message.kind, message.status)
        }
    }

    private func end(_ launcher: LauncherProcess, _ folder: String) {
        close(launcher.socket)
        var status: Int32 = 0
        while waitpid(launcher.pid, &status, 0) < 0 && errno == EINTR {}
        // It ended by itself, not by a signal.
        #expect(status & 0x7f == 0)
        removeTree(folder)
    }

    @Test("every cut of a valid request is refused, and the next one works")
    func truncated() throws {
        let (launcher, folder) = try launcher()
        let valid = try valid()
        for length in stride(from: MemoryLayout<ml_header>.size, to: valid.count, by: 3) {
            var bytes = Array(valid[..<length])
            bytes.withUnsafeMutableBytes { $0.storeBytes(of: UInt32(length), as: UInt32.self) }
            let answer = try #require(exchange(launcher.socket, bytes))
            #expect(answer == (ML_ANSWER.rawValue, ML_INVALID_MESSAGE.rawValue))
        }
        let answer = try #require(exchange(launcher.socket, valid))
        #expect(answer == (ML_STARTED.rawValue, ML_OK.rawValue))
        end(launcher, folder)
    }

    @Test("random changes to a valid request never break the launcher")
    func mutated() throws {
        let (launcher, folder) = try launcher()
        let valid = try valid()
        var random = SystemRandomNumberGenerator()
        for _ in 0..<400 {
            var bytes = valid
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let place = Int.random(in: MemoryLayout<ml_header>.size..<bytes.count, using: &random)
                bytes[place] = [0, 1, 0x7f, 0x80, 0xff, UInt8.random(in: 0...255, using: &random)].randomElement() ?? 0
            }
            #expect(exchange(launcher.socket, bytes) != nil)
        }
        #expect(exchange(launcher.socket, valid)?.kind == ML_STARTED.rawValue)
        end(launcher, folder)
    }

    @Test("cuts of and random changes to a valid order to a stem never break the launcher")
    func mutatedOrders() throws {
        let (launcher, folder) = try launcher()
        var configuration = SandboxConfiguration(
            id: "a", command: ["/"], environment: [], code: nil, memory: 128, listeningPorts: [])
        configuration.stem = .beforeExec
        let spawn = LauncherMessage.encode(
            ML_SPAWN, request: 7, sandbox: 0, body: try SpawnMessage.encode(configuration, dataFolders: []))
        let orders = try SpawnMessage.encode(
            SandboxSpecialisation(
                command: ["/bin/sleep", "1"], environment: ["A=B"], code: "code",
                binds: [.init(host: "code", inside: "/opt")], memory: 128), dataFolders: [])
        var random = SystemRandomNumberGenerator()
        for round in 0..<150 {
            #expect(exchange(launcher.socket, spawn)?.kind == ML_STARTED.rawValue)
            let number = lastSandbox.value
            var body = orders
            if round.isMultiple(of: 3) {
                body.removeLast(Int.random(in: 1...body.count, using: &random))
            } else {
                for _ in 0..<Int.random(in: 1...6, using: &random) {
                    let place = Int.random(in: body.indices, using: &random)
                    body[place] =
                        [0, 1, 0x7f, 0x80, 0xff, UInt8.random(in: 0...255, using: &random)].randomElement() ?? 0
                }
            }
            let bytes = LauncherMessage.encode(ML_SPECIALISE, request: 8, sandbox: number, body: body)
            #expect(exchange(launcher.socket, bytes)?.kind == ML_ANSWER.rawValue)
            let kill = LauncherMessage.encode(ML_KILL, request: 9, sandbox: number, body: [])
            #expect(exchange(launcher.socket, kill) != nil)
        }
        end(launcher, folder)
    }

    @Test("unknown kinds and sandboxes are refused")
    func unknown() throws {
        let (launcher, folder) = try launcher()
        for kind in [
            ML_LIMIT_CPU, ML_FREEZE, ML_THAW, ML_TERMINATE, ML_KILL, ML_STATISTICS, ML_HELLO, ml_kind(rawValue: 999),
        ] {
            for number in [0, 1, 4096, UInt64.max] {
                let bytes = LauncherMessage.encode(kind, request: 1, sandbox: number, body: [])
                #expect(
                    try #require(exchange(launcher.socket, bytes)) == (ML_ANSWER.rawValue, ML_UNKNOWN_SANDBOX.rawValue))
            }
        }
        end(launcher, folder)
    }

    @Test(
        "a message that is none ends the conversation",
        arguments: [[0], [], [UInt8](repeating: 0xff, count: 24), [UInt8](repeating: 1, count: 100)])
    func garbage(bytes: [UInt8]) throws {
        let (launcher, folder) = try launcher()
        if !bytes.isEmpty { #expect(exchange(launcher.socket, bytes) == nil) }
        end(launcher, folder)
    }
}
