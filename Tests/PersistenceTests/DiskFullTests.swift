import Foundation
import Persistence
import TestSupport
import Testing

/// On a small file system of their own, which only root can mount.
@Suite(.enabled(if: geteuid() == 0, "needs root, to mount a small file system"))
struct DiskFullTests {
    @Test func aFullDiskIsACleanError() async throws {
        try await withSmallDisk { disk in
            let database = try SQLiteDatabase(path: disk + "/database.sqlite")
            try await database.migrate(DatabaseTests.migrations)
            let filler = try fill(disk, leaving: 100_000)
            let results = await withTaskGroup(of: (Int, Result<Void, any Error>).self) { group in
                for index in 0..<20 {
                    group.addTask {
                        do {
                            try await database.write {
                                try $0.execute(
                                    "INSERT INTO things (name, body) VALUES (?, ?)",
                                    [.text("\(index)"), .blob([UInt8](repeating: 1, count: 300_000))])
                            }
                            return (index, .success(()))
                        } catch {
                            return (index, .failure(error))
                        }
                    }
                }
                return await group.reduce(into: [Int: Result<Void, any Error>]()) { $0[$1.0] = $1.1 }
            }
            for (index, result) in results {
                #expect(throws: DatabaseError.diskFull, "\(index)") { try result.get() }
            }
            // What is there can be read, and all is well when there is room.
            #expect(try await database.read { try $0.first("SELECT COUNT(*) FROM things")?.integer(0) } == 0)
            unlink(filler)
            try await database.write { try $0.execute("INSERT INTO things (name) VALUES ('after')") }
            try await database.close()
            let again = try SQLiteDatabase(path: disk + "/database.sqlite")
            #expect(try await again.read { try $0.first("SELECT name FROM things")?.text(0) } == "after")
            try await again.close()
        }
    }

    @Test func aBlobThatDoesNotFitLeavesNothing() async throws {
        try await withSmallDisk { disk in
            let store = try FileBlobStore(folder: disk + "/blobs")
            let filler = try fill(disk, leaving: 200_000)
            await #expect(throws: DatabaseError.diskFull) {
                try await store.put([UInt8](repeating: 2, count: 1_000_000))
            }
            let left = FileManager.default.enumerator(atPath: disk + "/blobs")?.compactMap { $0 as? String }.filter {
                $0.count > 5
            }
            #expect(left == [])
            unlink(filler)
            let digest = try await store.put([UInt8](repeating: 2, count: 1_000_000))
            #expect(try await store.get(digest).count == 1_000_000)
        }
    }

    private func fill(_ disk: String, leaving room: Int) throws -> String {
        var status = statvfs()
        #expect(statvfs(disk, &status) == 0)
        let free = Int(status.f_bavail) * Int(status.f_frsize)
        try Data(count: max(0, free - room)).write(to: URL(fileURLWithPath: disk + "/filler"))
        return disk + "/filler"
    }

    private func withSmallDisk(_ body: (String) async throws -> Void) async throws {
        try await TemporaryFolder.with { path in
            try #require(mount("tmpfs", path, "tmpfs", 0, "size=4m") == 0, "\(String(cString: strerror(errno)))")
            defer { umount2(path, Int32(MNT_DETACH)) }
            try await body(path)
        }
    }
}
