import Foundation
import ServiceKit
import TestSupport
import Testing

@testable import Lambda

struct LocalCodeTests {
    /// Gives the canonical path of a folder with the folders `project/function`, `project-secret` and `data`.
    private func withFolders(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for name in ["project/function", "project/data/code", "project-secret"] {
            try FileManager.default.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
        }
        let canonical = try #require(realpath(folder, nil))
        defer { free(canonical) }
        try body(String(cString: canonical))
    }

    private func write(_ text: String, _ path: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    }

    @Test func foldersBelowAnAllowedOneAreFound() throws {
        try withFolders { top in
            let rules = LocalCodeRules(allowed: [top + "/project"], dataFolder: top + "/project/data")
            symlink("function", top + "/project/link")
            for path in ["/project/function", "/project/function/", "/project/link"] {
                let found = try rules.resolve(top + path)
                #expect(found == top + "/project/function")
            }
        }
    }

    @Test(arguments: [
        ("", "no absolute path"), ("project/function", "no absolute path"),
        ("TOP/project/../project/function", "no absolute path"),
        ("TOP/project/./function", "no absolute path"), ("TOP/project/function\0x", "no absolute path"),
        ("TOP/project-secret", "is not in a folder"), ("TOP", "is not in a folder"), ("/", "is not in a folder"),
        ("TOP/none", "is not in a folder"), ("TOP/project/escape", "is not in a folder"),
        ("TOP/project/none", "cannot be opened: No such file or directory"), ("TOP/project/file", "is no folder"),
        ("TOP/project", "Martlet's own data"), ("TOP/project/data", "Martlet's own data"),
        ("TOP/project/data/code", "Martlet's own data"), ("TOP/project/turn", "Martlet's own data"),
    ])
    func othersAreRefused(path: String, reason: String) throws {
        try withFolders { top in
            symlink("../project-secret", top + "/project/escape")
            symlink("data/code", top + "/project/turn")
            try write("", top + "/project/file")
            let rules = LocalCodeRules(allowed: [top + "/project"], dataFolder: top + "/project/data")
            let error = #expect(throws: AWSError.self) {
                try rules.resolve(path.replacing("TOP", with: top))
            }
            #expect(error?.code == "InvalidParameterValueException")
            #expect(error?.message.contains(reason) == true, "\(error?.message ?? "")")
        }
    }

    @Test func withoutTheOptionTheAnswerNamesIt() throws {
        let rules = LocalCodeRules(allowed: [], dataFolder: "/nowhere")
        let error = #expect(throws: AWSError.self) { try rules.resolve("/tmp") }
        #expect(error?.message.contains("--allow-local-code") == true)
    }

    @Test func aScanTellsEveryChangeAndNothingElse() throws {
        try withFolders { top in
            let folder = top + "/project/function"
            let changes: [(name: String, isSeen: Bool, make: () throws -> Bool)] = [
                (
                    "a file", true,
                    {
                        try write("one", folder + "/a")
                        return true
                    }
                ),
                (
                    "its text", true,
                    {
                        try write("two", folder + "/a")
                        return true
                    }
                ),
                ("its name", true, { rename(folder + "/a", folder + "/b") == 0 }),
                ("its mode", true, { chmod(folder + "/b", 0o755) == 0 }),
                ("a folder", true, { mkdir(folder + "/deep", 0o755) == 0 }),
                (
                    "a file in it", true,
                    {
                        try write("x", folder + "/deep/x")
                        return true
                    }
                ),
                ("a link", true, { symlink("b", folder + "/link") == 0 }),
                ("nothing", false, { true }),
                // What is derived, or no code.
                (".git", false, { mkdir(folder + "/.git", 0o755) == 0 }),
                (
                    "in .git", false,
                    {
                        try write("x", folder + "/.git/x")
                        return true
                    }
                ),
                ("__pycache__", false, { mkdir(folder + "/deep/__pycache__", 0o755) == 0 }),
            ]
            var seen: Set<UInt64> = [try LocalFolderScan(folder).fingerprint]
            for change in changes {
                let isMade = try change.make()
                let isNew = seen.insert(try LocalFolderScan(folder).fingerprint).inserted
                #expect(isMade && isNew == change.isSeen, "\(change.name)")
            }
            let entries = try LocalFolderScan(folder).entries
            #expect(entries == 4)
            #expect(rename(folder, top + "/old") == 0)
            #expect(throws: LocalFolderError.unreadable(code: ENOENT)) { _ = try LocalFolderScan(folder) }
        }
    }

    @Test func whatOthersCannotReadIsNamed() throws {
        try withFolders { top in
            let folder = top + "/project/function"
            try write("x", folder + "/a")
            #expect(chmod(folder + "/a", 0o644) == 0)
            #expect(try LocalFolderScan(folder).unreadable == nil)
            #expect(mkdir(folder + "/deep", 0o755) == 0)
            try write("x", folder + "/deep/x")
            #expect(chmod(folder + "/deep/x", 0o600) == 0)
            #expect(try LocalFolderScan(folder).unreadable == "deep/x")
        }
    }

    @Test func aWatchHearsOfChangesBeforeTheyReturn() throws {
        try withFolders { top in
            let folder = top + "/project/function"
            #expect(mkdir(folder + "/deep", 0o755) == 0)
            try write("one", folder + "/deep/a")
            let changes: [(String, () throws -> Bool)] = [
                (
                    "write",
                    {
                        try write("two", folder + "/deep/a")
                        return true
                    }
                ),
                ("chmod", { chmod(folder + "/deep/a", 0o600) == 0 }),
                ("rename", { rename(folder + "/deep/a", folder + "/deep/b") == 0 }),
                ("unlink", { unlink(folder + "/deep/b") == 0 }),
                ("rmdir", { rmdir(folder + "/deep") == 0 }),
                ("mkdir", { mkdir(folder + "/new", 0o755) == 0 }),
            ]
            for (name, change) in changes {
                // Nil where the temporary folder is on a file system that others change.
                guard let watch = LocalFolderWatch(folder) else { return }
                _ = try LocalFolderScan(folder, watch: watch)
                let wasQuiet = watch.isQuiet
                let isMade = try change()
                let isQuiet = watch.isQuiet
                #expect(wasQuiet && isMade && !isQuiet, "\(name)")
            }
        }
    }

    @Test(arguments: [
        ("/home/me/project", "btrfs", false), ("/home/me/project/share/x", "fuse.sshfs", true),
        ("/home/me/project/shared", "btrfs", false), ("/mnt/with space/x", "nfs4", true), ("/", "ext4", false),
    ])
    func fileSystemsAreFound(path: String, kind: String, isShared: Bool) {
        let mounts = """
            21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
            22 21 0:45 /home /home rw shared:2 master:1 - btrfs /dev/sdb rw
            23 22 0:50 / /home/me/project/share rw - fuse.sshfs me@host: rw
            24 21 0:51 / /mnt/with\\040space rw - nfs4 host:/ rw
            damaged
            """
        #expect(LocalFolderWatch.fileSystem(of: path, mounts: mounts) == kind)
        #expect(LocalFolderWatch.isShared(kind) == isShared)
    }

    @Test func anArchiveIsTheFolder() throws {
        try withFolders { top in
            let folder = top + "/project/function"
            #expect(mkdir(folder + "/lib", 0o755) == 0)
            #expect(mkdir(folder + "/.git", 0o755) == 0)
            try write("code", folder + "/app.py")
            try write("", folder + "/lib/empty")
            try write(String(repeating: "ä", count: 100_000), folder + "/lib/größe")
            #expect(chmod(folder + "/app.py", 0o755) == 0)
            #expect(symlink("../app.py", folder + "/lib/link") == 0)
            let archive = try LocalFolderArchive(folder).bytes
            #expect(try LocalFolderArchive(folder).bytes == archive)
            let unpacked = top + "/unpacked"
            try PackageExtractor(isDurable: false).extract(archive, to: unpacked)
            #expect(FileManager.default.contentsEqual(atPath: folder + "/lib", andPath: unpacked + "/lib"))
            #expect(try FileManager.default.destinationOfSymbolicLink(atPath: unpacked + "/lib/link") == "../app.py")
            #expect(access(unpacked + "/app.py", X_OK) == 0)
            #expect(try FileManager.default.contentsOfDirectory(atPath: unpacked).sorted() == ["app.py", "lib"])
        }
    }
}
