import Foundation
import Glibc
import Sandbox
import Synchronization
import Testing

@testable import SandboxLinux

/// How the launcher runs in a test.
enum Mode: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case root
    /// As nobody, in a user namespace.
    case user
    /// The same with sandboxes that were stems before.
    case rootStem
    case userStem

    var isRoot: Bool { self == .root || self == .rootStem }
    var isStem: Bool { self == .rootStem || self == .userStem }

    static let nobody: UInt32 = 65534
    var testDescription: String { rawValue }

    /// The modes that this machine permits. What is left out is said once on standard error.
    static let permitted: [Mode] = allCases.filter { mode in
        guard geteuid() == 0 else {
            if mode == .root { notice("not root: the sandbox is tested without root only") }
            return !mode.isRoot
        }
        if !mode.isRoot && access("/usr/bin/setpriv", X_OK) != 0 {
            if mode == .user { notice("no setpriv: the sandbox is tested with root only") }
            return false
        }
        return true
    }

    private static func notice(_ text: String) {
        let bytes = Array("SandboxLinuxTests: \(text)\n".utf8)
        _ = write(2, bytes, bytes.count)
    }
}

/// A launcher with a data folder of its own, which holds a code folder `code`.
final class SandboxFixture: Sendable {
    let mode: Mode
    let dataFolder: String
    let launcherConfiguration: LauncherConfiguration
    let launcher: LauncherProcess
    let provider: LinuxSandboxProvider
    private static let serial = Mutex(0)

    /// Starts a launcher, through `wrapper` and, in ``Mode/user``, without root.
    init(
        _ mode: Mode, files: [String: String] = [:], allowed: [String] = [], codeFolders: [String] = [],
        wrapper: [String] = []
    ) async throws {
        self.mode = mode
        var template = Array("/var/tmp/martlet-sandbox-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw SandboxError.failed("mkdtemp") }
        dataFolder = String(cString: made)
        mkdir(dataFolder + "/code", 0o755)
        for (name, text) in files {
            let path = "\(dataFolder)/code/\(name)"
            guard let file = fopen(path, "w") else { throw SandboxError.failed("fopen") }
            fputs(text, file)
            fclose(file)
            chmod(path, 0o755)
            if !mode.isRoot && geteuid() == 0 { chown(path, Mode.nobody, Mode.nobody) }
        }
        var configuration = LauncherConfiguration(dataFolder: dataFolder, allowedPrefixes: allowed)
        configuration.wrapper = wrapper
        configuration.codeFolders = codeFolders
        if !mode.isRoot && geteuid() == 0 {
            for path in [dataFolder, dataFolder + "/code"] { chown(path, Mode.nobody, Mode.nobody) }
            let user = String(Mode.nobody)
            configuration.wrapper += ["/usr/bin/setpriv", "--reuid", user, "--regid", user, "--clear-groups"]
        }
        launcherConfiguration = configuration
        launcher = try LauncherProcess.start(configuration)
        provider = LinuxSandboxProvider(launcher: launcher)
    }

    deinit {
        removeTree(dataFolder)
    }

    func configuration(
        _ command: [String], memory: Int = 128, storage: Int = 512, ports: [Int] = [], code: String? = "code",
        binds: [SandboxConfiguration.Bind] = [], environment: [String] = [],
        network: SandboxConfiguration.Network = .none
    ) -> SandboxConfiguration {
        let number = Self.serial.withLock { serial in
            serial += 1
            return serial
        }
        return SandboxConfiguration(
            id: "test-\(number)", command: command,
            environment: ["PATH=/usr/bin:/bin:/usr/sbin", "LANG=C.UTF-8", "HOME=/tmp"] + environment, code: code,
            binds: binds,
            memory: memory, temporaryStorage: storage, listeningPorts: ports, network: network)
    }

    struct Outcome: Sendable {
        var output: String
        var exit: SandboxExit
    }

    /// Starts a program in a sandbox, which in a mode of stems was one before.
    func start(_ configuration: SandboxConfiguration) async throws -> any Sandbox {
        // Binds from the data folder are possible for places only that every sandbox has.
        guard mode.isStem, let code = configuration.code,
            configuration.binds.allSatisfy({
                $0.inside == "/opt" && (!$0.host.hasPrefix("/") || $0.host.hasPrefix(dataFolder + "/"))
            })
        else { return try await provider.start(configuration) }
        var stem = configuration
        stem.stem = .beforeExec
        stem.command = ["/"]
        stem.environment = []
        stem.code = nil
        stem.binds = []
        stem.memory = 512
        let sandbox = try await provider.start(stem)
        #expect(await sandbox.ready())
        try await sandbox.specialise(
            SandboxSpecialisation(
                command: configuration.command, environment: configuration.environment, code: code,
                binds: configuration.binds, memory: configuration.memory))
        return sandbox
    }

    /// Runs a program to its end.
    func run(_ configuration: SandboxConfiguration) async throws -> Outcome {
        let sandbox = try await start(configuration)
        let output = await readAll(sandbox.takeOutput())
        return Outcome(output: output, exit: await sandbox.exit())
    }

    /// Runs a shell script to its end.
    func shell(_ script: String, memory: Int = 128, ports: [Int] = []) async throws -> Outcome {
        try await run(configuration(["/bin/sh", "-c", script], memory: memory, ports: ports))
    }

    /// Runs a Python program to its end.
    func python(_ program: String, memory: Int = 128, ports: [Int] = []) async throws -> Outcome {
        try await run(configuration(["/usr/bin/python3", "-c", program], memory: memory, ports: ports))
    }
}

/// Reads a descriptor to its end, on a thread of its own, and closes it.
func readAll(_ descriptor: Int32?) async -> String {
    guard let descriptor else { return "" }
    return await withCheckedContinuation { continuation in
        onThread {
            var bytes: [UInt8] = []
            var block = [UInt8](repeating: 0, count: 65536)
            while true {
                var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                if poll(&polled, 1, -1) < 0 && errno == EINTR { continue }
                let size = read(descriptor, &block, block.count)
                if size < 0 && (errno == EAGAIN || errno == EINTR) { continue }
                if size <= 0 { break }
                bytes += block[..<size]
            }
            close(descriptor)
            continuation.resume(returning: String(decoding: bytes, as: UTF8.self))
        }
    }
}

/// Runs a closure that blocks, away from the pool of the tests' tasks.
func onThread(_ body: @escaping @Sendable () -> Void) {
    final class Box {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    var thread = pthread_t()
    pthread_create(
        &thread, nil,
        { pointer in
            guard let pointer else { return nil }
            Unmanaged<Box>.fromOpaque(pointer).takeRetainedValue().body()
            return nil
        }, Unmanaged.passRetained(Box(body)).toOpaque())
    pthread_detach(thread)
}

func removeTree(_ path: String) {
    try? FileManager.default.removeItem(atPath: path)
}
