import Foundation
import Persistence
import TestSupport
import Testing

@Suite struct DataFolderTests {
    @Test func theFolderIsMadeForItsOwnerAlone() async throws {
        try await TemporaryFolder.with { parent in
            let folder = try DataFolder(path: parent + "/a/b/")
            #expect(folder.path == parent + "/a/b")
            for path in [folder.path, folder.blobs, folder.code, folder.logs, folder.temporary] {
                let attributes = try FileManager.default.attributesOfItem(atPath: path)
                #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o700)
            }
        }
    }

    @Test func aFolderInUseIsRefused() async throws {
        try await TemporaryFolder.with { path in
            try {
                let folder = try DataFolder(path: path)
                #expect {
                    _ = try DataFolder(path: path)
                } throws: { error in
                    guard case DatabaseError.inUse(let text) = error else { return false }
                    return text.contains(path) && text.contains("process \(getpid())")
                }
                #expect(DataFolder.owner(path: path) == Int(getpid()))
                #expect(folder.path == path)
            }()
            #expect(DataFolder.owner(path: path) == nil)
            _ = try DataFolder(path: path)
        }
    }

    @Test func temporaryFilesGoAtTheStart() async throws {
        try await TemporaryFolder.with { path in
            try {
                let folder = try DataFolder(path: path)
                try Data([1]).write(to: URL(fileURLWithPath: folder.temporary + "/left"))
                try Data([1]).write(to: URL(fileURLWithPath: folder.blobs + "/kept"))
            }()
            let folder = try DataFolder(path: path)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.temporary) == [])
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.blobs) == ["kept"])
        }
    }

    @Test func anEphemeralFolderGoes() throws {
        let first = try DataFolder.ephemeral()
        let path = try { try DataFolder.ephemeral().path }()
        #expect(FileManager.default.fileExists(atPath: path))
        let second = try DataFolder.ephemeral()
        #expect(!FileManager.default.fileExists(atPath: path), "what nobody has locked goes")
        #expect(FileManager.default.fileExists(atPath: first.path))
        for folder in [first, second] {
            folder.remove()
            #expect(!FileManager.default.fileExists(atPath: folder.path))
        }
    }

    @Test func whatIsNoFolderIsRefused() async throws {
        try await TemporaryFolder.with { parent in
            try Data().write(to: URL(fileURLWithPath: parent + "/file"))
            for path in [parent + "/file", parent + "/file/below"] {
                #expect { _ = try DataFolder(path: path) } throws: {
                    if case DatabaseError.failed = $0 { true } else { false }
                }
            }
        }
    }

    @Test func theDatabaseIsPrivateAndStartsQuickly() async throws {
        try await TemporaryFolder.with { path in
            let folder = try DataFolder(path: path)
            let database = try Databases.open(folder: folder)
            try await database.migrate(DatabaseTests.migrations)
            for suffix in ["", "-wal", "-shm"] {
                let attributes = try FileManager.default.attributesOfItem(atPath: folder.database + suffix)
                #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
            }
            try await database.close()
        }
    }

    @Test func theEngineFollowsTheURL() async throws {
        #expect(throws: DatabaseError.self) { try Databases.open(url: "mysql://x", folder: nil) }
        #expect(throws: DatabaseError.self) { try Databases.open(url: "postgres://x", folder: nil, ephemeral: true) }
        #expect(throws: DatabaseError.self) { try Databases.open(folder: nil) }
        let database = try Databases.open(folder: nil, ephemeral: true)
        #expect(database.engine == .sqlite)
        try await database.close()
    }
}
