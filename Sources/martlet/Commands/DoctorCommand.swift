import ArgumentParser
import DataPlane
import Execution
import Foundation
import Persistence
import SandboxLinux

struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Check what this machine offers, and say what it lacks.",
        discussion: "Ends with status 1 if functions cannot run here at all.")

    @Option(help: ArgumentHelp("The data folder to look at.", valueName: "dir")) var data: String?

    func run() throws {
        do {
            let fatal = try sandboxes()
            runtimes()
            certificates()
            memory()
            dataFolder()
            if fatal { throw ExitCode.failure }
        } catch {
            throw Failure.exit(error)
        }
    }

    /// Starts a launcher of its own in a temporary folder, and asks it.
    private func sandboxes() throws -> Bool {
        print("Sandboxes")
        let folder = NSTemporaryDirectory() + "martlet-doctor-\(getpid())"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let provider: LinuxSandboxProvider
        do {
            print("  launcher: \(try LauncherProcess.locate())")
            provider = LinuxSandboxProvider(
                launcher: try LauncherProcess.start(LauncherConfiguration(dataFolder: folder, allowedPrefixes: [])))
        } catch {
            print("  ✘ \(error)")
            return true
        }
        print(
            "  user: \(geteuid() == 0 ? "root, given up by `martlet up` except for the launcher" : "\(NSUserName()), without root")"
        )
        let missing = Collected()
        try Blocking.run {
            missing.sentences = await provider.missingProtections
            await provider.shutDown()
        }
        for sentence in missing.sentences { print("  ✘ \(sentence)") }
        if missing.sentences.isEmpty { print("  ✔ every protection is there") }
        return missing.sentences.contains { $0.hasPrefix("Functions cannot run") }
    }

    private func runtimes() {
        print("Runtimes")
        let catalog = HostRuntimes.identified(HostRuntimes.discover(strict: false))
        for runtime in RuntimeIdentifier.known {
            do throws(RuntimeCatalog.Unavailable) {
                let resolved = try catalog.resolve(runtime)
                print(resolved.warning.map { "  ✘ \($0)" } ?? "  ✔ \(runtime)")
            } catch {
                print("  ✘ \(error)")
            }
        }
    }

    private func certificates() {
        print("Certificates")
        if let bundle = SandboxTrust.hostBundle() {
            print("  ✔ \(bundle.path)")
        } else {
            print("  ✘ none: functions cannot verify HTTPS of the internet. The package is called ca-certificates.")
        }
    }

    /// Whether a small function would be started now, if nobody said `--memory-reserve`.
    private func memory() {
        print("Memory")
        guard let headroom = MachineMemory.headroom() else {
            return print("  ✘ the kernel does not say: environments start whatever is left")
        }
        var room = MachineRoom()
        let decision = room.admit(
            MachineRoom.need(memory: 128), .init(available: headroom.available, total: headroom.total))
        print("  \(decision == .admit ? "✔" : "✘") \(headroom.text)")
    }

    private func dataFolder() {
        let reader = SettingsReader(environment: ProcessInfo.processInfo.environment)
        let path = reader.text(data, "DATA") ?? Settings.defaultData()
        print("Data folder \(path)")
        if let owner = DataFolder.owner(path: path) { print("  in use by process \(owner)") }
        var existing = path
        while !FileManager.default.fileExists(atPath: existing), let slash = existing.lastIndex(of: "/"),
            existing.count > 1
        {
            existing = slash == existing.startIndex ? "/" : String(existing[..<slash])
        }
        if let free = try? FileManager.default.attributesOfFileSystem(forPath: existing)[.systemFreeSize] as? NSNumber {
            let gigabytes = free.int64Value >> 30
            print("  \(gigabytes < 1 ? "✘" : "✔") \(gigabytes) GiB free")
        }
    }

    /// What an asynchronous closure leaves for the command; it is read after the closure has ended.
    private final class Collected: @unchecked Sendable {
        var sentences: [String] = []
    }
}
