import Glibc
import Sandbox
import Testing

@testable import SandboxLinux

/// Starting, giving up root, and dying in every order: nothing stays behind. Serialised: they count what the machine
/// holds.
@Suite("From start to end", .serialized)
final class LifeTests {
    private let folder: String

    init() throws {
        var template = Array("/var/tmp/martlet-life-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw SandboxError.failed("mkdtemp") }
        folder = String(cString: made)
        mkdir(folder + "/code", 0o755)
    }

    deinit {
        removeTree(folder)
    }

    /// The control groups of a data folder's instance.
    private func groups(of folder: String) -> [String] {
        var status = stat()
        guard stat(folder, &status) == 0 else { return [] }
        let name = "martlet-" + String(status.st_dev, radix: 16) + "-" + String(status.st_ino, radix: 16)
        guard let mounts = fopen("/proc/self/mounts", "r") else { return [] }
        defer { fclose(mounts) }
        var found: [String] = []
        var line = [CChar](repeating: 0, count: 4096)
        while fgets(&line, Int32(line.count), mounts) != nil {
            let fields = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self).split(
                separator: " ")
            guard fields.count > 2, fields[2].hasPrefix("cgroup") else { continue }
            let path = "\(fields[1])/\(name)"
            if access(path, F_OK) == 0 { found.append(path) }
        }
        return found
    }

    /// How many loop devices hold images of a data folder: the machine may have others.
    private func loopDevices(of dataFolder: String) -> Int {
        guard let blocks = opendir("/sys/block") else { return 0 }
        defer { closedir(blocks) }
        var count = 0
        while let entry = readdir(blocks) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard let file = fopen("/sys/block/\(name)/loop/backing_file", "r") else { continue }
            var line = [CChar](repeating: 0, count: 4096)
            let isOpen = fgets(&line, Int32(line.count), file) != nil
            fclose(file)
            let path = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            if isOpen, path.hasPrefix(dataFolder + "/") { count += 1 }
        }
        return count
    }

    /// Waits until a condition holds; the kernel takes a moment to undo what a killed process held.
    private func eventually(_ condition: () -> Bool) async -> Bool {
        for _ in 0..<6000 {
            if condition() { return true }
            try? await Task.sleep(for: .milliseconds(10))
        }
        return condition()
    }

    @Test("root is given up for good, wherever the data folder lies", .enabled(if: geteuid() == 0))
    func dropsRoot() throws {
        let hidden = "/root/martlet-test-\(getpid())"
        mkdir(hidden, 0o700)
        mkdir(hidden + "/code", 0o755)
        defer { removeTree(hidden) }
        for place in [folder, hidden] {
            let probe = try Probe(place, ["/bin/sleep", "1000"])
            let lines = probe.lines(until: "started")
            let uid = lines.first?.split(separator: " ").dropFirst().first.map(String.init)
            #expect(uid != "0")
            #expect(lines.contains("uid \(uid ?? "") \(uid ?? "") groups 0"))
            #expect(lines.contains("writes true"))
            #expect(lines.contains("back false"))
            #expect(lines.last == "started")
            let moved = lines.first { $0.hasPrefix("folder ") } != "folder \(place)"
            #expect(moved == (place == hidden))
            probe.finish()
            // Seen at its own place by everyone else.
            #expect(access(place + "/written", F_OK) == 0)
        }
    }

    @Test("a folder of the system does not become the data folder", .enabled(if: geteuid() == 0))
    func systemFolder() throws {
        for place in ["/var", "/etc/ssl"] {
            var before = stat()
            var after = stat()
            #expect(stat(place, &before) == 0)
            let probe = try Probe(place, ["/bin/true"])
            #expect(probe.line()?.hasPrefix("failed: \(place) is a folder of the system") == true)
            probe.finish()
            #expect(stat(place, &after) == 0 && before.st_uid == after.st_uid)
        }
    }

    @Test("an unprivileged start needs no root at all", .enabled(if: Mode.permitted.contains(.user) && geteuid() == 0))
    func unprivileged() throws {
        for path in [folder, folder + "/code"] { chown(path, Mode.nobody, Mode.nobody) }
        let probe = try Probe(folder, ["/bin/sleep", "1000"], asUser: true)
        let lines = probe.lines(until: "started")
        #expect(lines.last == "started")
        #expect(lines.contains("folder \(folder)"))
        probe.finish()
    }

    @Test("kill -9 of Martlet leaves nothing", arguments: 0..<3)
    func killedMartlet(round: Int) async throws {
        let marker = "4\(getpid())\(round)"
        let probe = try Probe(folder, ["/bin/sleep", marker])
        #expect(probe.lines(until: "started").last == "started")
        #expect(processesOfHost().contains { $0 == "/bin/sleep\0\(marker)\0" })
        probe.kill()
        #expect(await eventually { !processesOfHost().contains { $0.contains(marker) || $0.contains(folder) } })
        #expect(await eventually { groups(of: folder).isEmpty })
        #expect(await eventually { loopDevices(of: folder) == 0 })
    }

    @Test("kill -9 of the launcher ends the sandboxes, frozen ones too; the next start removes the rest")
    func killedLauncher() async throws {
        let marker = "5\(getpid())"
        let configuration = LauncherConfiguration(dataFolder: folder, allowedPrefixes: [])
        let launcher = try LauncherProcess.start(configuration)
        let provider = LinuxSandboxProvider(launcher: launcher)
        var sandboxes: [any Sandbox] = []
        for number in 0..<4 {
            let sandbox = try await provider.start(
                SandboxConfiguration(
                    id: "life-\(number)", command: ["/bin/sleep", marker], environment: [], code: "code", memory: 128,
                    listeningPorts: []))
            if number.isMultiple(of: 2) { try await sandbox.freeze() }
            sandboxes.append(sandbox)
        }
        kill(launcher.pid, SIGKILL)
        for sandbox in sandboxes { #expect(await sandbox.exit().status == .signal(SIGKILL)) }

        let second = LinuxSandboxProvider(launcher: try LauncherProcess.start(configuration))
        #expect(await second.missingProtections.contains { $0.hasPrefix("Functions cannot run") } == false)
        #expect(await eventually { !processesOfHost().contains { $0.contains(marker) } })
        for group in groups(of: folder) {
            var status = stat()
            // No group below: two links (or one, where folders are not counted).
            #expect(stat(group, &status) == 0 && status.st_nlink <= 2)
        }
        await second.shutDown()
        #expect(await eventually { groups(of: folder).isEmpty })
    }

    @Test("a second launcher for the same data folder is refused", .enabled(if: geteuid() == 0))
    func secondLauncher() async throws {
        let configuration = LauncherConfiguration(dataFolder: folder, allowedPrefixes: [])
        let first = LinuxSandboxProvider(launcher: try LauncherProcess.start(configuration))
        #expect(await first.missingProtections.contains { $0.hasPrefix("Functions cannot run") } == false)
        var impatient = configuration
        impatient.patience = 1
        let second = LinuxSandboxProvider(launcher: try LauncherProcess.start(impatient))
        #expect(await second.missingProtections.contains { $0.hasPrefix("Functions cannot run") })
        await first.shutDown()
    }

    @Test("200 starts leak no process, group, loop device or descriptor")
    func leaks() async throws {
        // In a process of its own, watched from outside: other tests open descriptors in this one.
        let probe = try Probe(folder, ["--starts", "200"])
        let lines = probe.lines(until: "warm")
        #expect(lines.last == "warm")
        let launcher = try #require(child(of: probe.pid))
        let held = (descriptors(probe.pid), descriptors(launcher), loopDevices(of: folder))
        probe.proceed()
        #expect(probe.lines(until: "done").last == "done")
        // Its threads have an event queue each, and spare disks are made ahead.
        #expect(await eventually { descriptors(probe.pid) <= held.0 + 20 })
        #expect(await eventually { descriptors(launcher) <= held.1 + 10 })
        #expect(await eventually { loopDevices(of: folder) <= held.2 + 10 })
        for group in groups(of: folder) {
            #expect(
                await eventually {
                    var status = stat()
                    return stat(group, &status) == 0 && status.st_nlink <= 2
                })
        }
        probe.finish()
    }

    private func child(of parent: pid_t) -> pid_t? {
        guard let folder = opendir("/proc") else { return nil }
        defer { closedir(folder) }
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard let pid = pid_t(name), let file = fopen("/proc/\(pid)/stat", "r") else { continue }
            defer { fclose(file) }
            var line = [UInt8](repeating: 0, count: 1024)
            // After the name, which may hold anything: the state, and the parent.
            let text = String(decoding: line[..<fread(&line, 1, line.count, file)], as: UTF8.self)
            let fields = text[(text.lastIndex(of: ")") ?? text.startIndex)...].split(separator: " ")
            if fields.count > 2, fields[2] == "\(parent)" { return pid }
        }
        return nil
    }

    private func descriptors(_ pid: pid_t) -> Int {
        guard let folder = opendir("/proc/\(pid)/fd") else { return 0 }
        defer { closedir(folder) }
        var count = 0
        while readdir(folder) != nil { count += 1 }
        return count
    }
}
