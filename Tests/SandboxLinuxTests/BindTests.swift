import Glibc
import Sandbox
import Testing

@testable import SandboxLinux

@Suite("What may be bound into a sandbox")
struct BindTests {
    /// A folder of the host that the launcher is told about, readable for all.
    private func hostFolder() throws -> String {
        var template = Array("/var/tmp/martlet-bind-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw SandboxError.failed("mkdtemp") }
        let folder = String(cString: made)
        chmod(folder, 0o755)
        mkdir(folder + "/bin", 0o755)
        symlink("/etc/passwd", folder + "/escape")
        symlink("bin", folder + "/inner")
        if let file = fopen(folder + "/bin/tool", "w") {
            fputs("#!/bin/sh\necho tool\n", file)
            fclose(file)
        }
        chmod(folder + "/bin/tool", 0o755)
        return folder
    }

    @Test("an interpreter at its own path, and nothing beside it", arguments: Mode.permitted)
    func ownPath(mode: Mode) async throws {
        let host = try hostFolder()
        defer { removeTree(host) }
        let fixture = try await SandboxFixture(mode, allowed: [host])
        let inside = "/root/.versions/3.12.1"
        let configuration = fixture.configuration(
            ["/bin/sh", "-c", "\(inside)/bin/tool; find /root | sort; echo x > \(inside)/x"],
            binds: [.init(host: host, inside: inside)])
        let outcome = try await fixture.run(configuration)
        let expected = [
            "tool", "/root", "/root/.versions", inside, inside + "/bin", inside + "/bin/tool", inside + "/escape",
            inside + "/inner",
        ]
        #expect(outcome.output.hasPrefix(expected.joined(separator: "\n") + "\n"))
        #expect(outcome.output.contains("Read-only file system"))
        // Sandboxes of other templates do not even see the folder's name.
        #expect(try await fixture.shell("ls -d /root 2>/dev/null; true").output == "")
    }

    @Test("folders below the data folder, per sandbox", arguments: Mode.permitted)
    func dataFolder(mode: Mode) async throws {
        let fixture = try await SandboxFixture(mode, files: ["layer": "content"])
        let configuration = fixture.configuration(
            ["/bin/sh", "-c", "cat /opt/layer /var/runtime/file"], code: nil,
            binds: [
                .init(host: fixture.dataFolder + "/code", inside: "/opt"),
                .init(host: "code/layer", inside: "/var/runtime/file"),
            ])
        var relative = configuration
        relative.workingDirectory = "/tmp"
        #expect(try await fixture.run(relative).output == "contentcontent")
    }

    @Test("nothing outside the allowed prefixes, by no trick", arguments: Mode.permitted)
    func refused(mode: Mode) async throws {
        let host = try hostFolder()
        defer { removeTree(host) }
        let fixture = try await SandboxFixture(mode, allowed: [host, "/nonexistent", "/"])
        symlink("/etc", fixture.dataFolder + "/link")
        symlink("code", fixture.dataFolder + "/inner")
        let hosts = [
            "/etc", "/", "/root", host + "/../..", host + "/escape", host + "x", "/etc/../" + host, "link",
            "link/passwd", "../..",
            "inner", fixture.dataFolder + "/link", fixture.dataFolder + "/../", "/proc/self/root",
        ]
        for path in hosts {
            let configuration = fixture.configuration(["/bin/true"], binds: [.init(host: path, inside: "/opt")])
            await #expect(throws: SandboxError.self, "\(path)") { try await fixture.start(configuration) }
        }
        for code in ["/etc", "../..", "link", "inner", "code/../..", fixture.dataFolder + "/none"] {
            let configuration = fixture.configuration(["/bin/true"], code: code)
            await #expect(throws: SandboxError.self, "\(code)") { try await fixture.start(configuration) }
        }
        // A link that stays below its prefix is fine.
        let inner = fixture.configuration(["/opt/tool"], binds: [.init(host: host + "/inner", inside: "/opt")])
        #expect(try await fixture.run(inner).output == "tool\n")
    }

    @Test("not at a place that is the sandbox's own", arguments: Mode.permitted)
    func places(mode: Mode) async throws {
        let host = try hostFolder()
        defer { removeTree(host) }
        let fixture = try await SandboxFixture(mode, allowed: [host])
        let places = [
            "/", "/etc", "/etc/ssl/certs", "/proc", "/proc/self", "/dev/shm", "/tmp", "/usr/lib/x", "/bin", "/var",
            "/var/task",
            "/var/task/x", "relative", "", "/opt/../etc", "/opt//x", "/opt/", "/a/./b",
            "/" + String(repeating: "x", count: 300),
            "/" + Array(repeating: "d", count: 20).joined(separator: "/"),
        ]
        for inside in places {
            let configuration = fixture.configuration(["/bin/true"], binds: [.init(host: host, inside: inside)])
            await #expect(throws: SandboxError.self, "\(inside)") { try await fixture.start(configuration) }
        }
    }
}
