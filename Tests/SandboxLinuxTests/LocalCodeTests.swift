import Glibc
import Sandbox
import Testing

@testable import SandboxLinux

/// Code outside the data folder: what the launcher takes from a Martlet that may be hostile.
@Suite("Code from local folders")
struct LocalCodeTests {
    /// A folder `project` with the function `function`, beside one that must stay out of sight.
    private func makeFolders() throws -> String {
        var template = Array("/var/tmp/martlet-local-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template), let canonical = realpath(made, nil) else {
            throw SandboxError.failed("mkdtemp")
        }
        defer { free(canonical) }
        let top = String(cString: canonical)
        chmod(top, 0o755)
        for folder in ["project", "project/function", "project-secret", "outside"] { mkdir("\(top)/\(folder)", 0o755) }
        for file in ["project/function/file", "project/file", "project-secret/file", "outside/file"] {
            try write("text of \(file)", "\(top)/\(file)")
        }
        symlink("function", top + "/project/inner")
        symlink("../outside", top + "/project/escape")
        symlink("/etc", top + "/project/etc")
        return top
    }

    private func write(_ text: String, _ path: String) throws {
        guard let file = fopen(path, "w") else { throw SandboxError.failed("fopen") }
        fputs(text, file)
        fclose(file)
        chmod(path, 0o644)
    }

    @Test("an allowed folder, and those below", arguments: Mode.permitted)
    func allowed(mode: Mode) async throws {
        let top = try makeFolders()
        defer { removeTree(top) }
        let fixture = try await SandboxFixture(mode, codeFolders: [top + "/project"])
        let script = "cat /var/task/file; echo; (echo x >/var/task/new) 2>&1; ls -d \(top) 2>/dev/null; true"
        for (folder, text) in [("project", "project/file"), ("project/function", "project/function/file")] {
            let outcome = try await fixture.run(
                fixture.configuration(["/bin/sh", "-c", script], code: "\(top)/\(folder)"))
            #expect(outcome.output.hasPrefix("text of \(text)\n"))
            #expect(outcome.output.contains("Read-only file system"))
            #expect(!outcome.output.contains("\n\(top)"))
        }
        // What is below the data folder is code as ever.
        #expect(try await fixture.shell("echo fine").output == "fine\n")
    }

    @Test("nothing else, by no trick", arguments: Mode.permitted)
    func refused(mode: Mode) async throws {
        let top = try makeFolders()
        defer { removeTree(top) }
        let fixture = try await SandboxFixture(mode, codeFolders: [top + "/project"])
        let project = top + "/project"
        let folders = [
            top, top + "/outside", project + "-secret", project + "/..", project + "/../outside",
            project + "/function/../..", project + "/inner", project + "/escape", project + "/etc",
            project + "/file", project + "/none", "/", "/root", "/etc", "//", "/proc/self/root",
            "/proc/self/cwd", project + "//../outside",
        ]
        for folder in folders {
            let configuration = fixture.configuration(["/bin/true"], code: folder)
            await #expect(throws: SandboxError.self, "\(folder)") { try await fixture.start(configuration) }
        }
        // Only as code: a bind is another matter.
        let bind = fixture.configuration(["/bin/true"], binds: [.init(host: project, inside: "/opt")])
        await #expect(throws: SandboxError.self) { try await fixture.start(bind) }
    }

    @Test("a folder that is made again is found, a link in its place is not followed", arguments: Mode.permitted)
    func replaced(mode: Mode) async throws {
        let top = try makeFolders()
        defer { removeTree(top) }
        let project = top + "/project"
        let fixture = try await SandboxFixture(mode, codeFolders: [project])
        let configuration = fixture.configuration(["/bin/cat", "/var/task/file"], code: project)
        #expect(try await fixture.run(configuration).output == "text of project/file")
        rename(project, top + "/old")
        await #expect(throws: SandboxError.self) { try await fixture.start(configuration) }
        mkdir(project, 0o755)
        try write("new", project + "/file")
        #expect(try await fixture.run(configuration).output == "new")
        rename(project, top + "/older")
        symlink("outside", project)
        await #expect(throws: SandboxError.self) { try await fixture.start(configuration) }
    }
}
