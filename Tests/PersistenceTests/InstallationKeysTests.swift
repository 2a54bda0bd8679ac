import Foundation
import Persistence
import ServiceKit
import TestSupport
import Testing

@Suite struct InstallationKeysTests {
    @Test func keysAreMadeOnceInTheFolder() async throws {
        try await TemporaryFolder.with { path in
            let folder = try DataFolder(path: path)
            #expect(try InstallationKeys.root(folder: path) == nil)
            let first = try InstallationKeys.load(folder)
            let second = try InstallationKeys.load(folder)
            #expect(first.master == second.master)
            #expect(first.root == second.root)
            #expect(try InstallationKeys.root(folder: path) == first.root)
            #expect(first.root.id.wholeMatch(of: /AKIA[A-Z2-7]{16}/) != nil)
            #expect(first.root.secret.wholeMatch(of: /[A-Za-z0-9+\/]{40}/) != nil)
            for name in ["master.key", "root.credentials"] {
                let attributes = try FileManager.default.attributesOfItem(atPath: path + "/" + name)
                #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
            }
            #expect(!"\(first.master)".contains("["))
            #expect(InstallationKeys().root != first.root)
        }
    }

    @Test(arguments: ["", "zz", String(repeating: "a", count: 62)])
    func aBrokenMasterKeyIsAnError(text: String) async throws {
        try await TemporaryFolder.with { path in
            let folder = try DataFolder(path: path)
            try Data(text.utf8).write(to: URL(fileURLWithPath: path + "/master.key"))
            #expect(throws: DatabaseError.self) { try InstallationKeys.load(folder) }
        }
    }

    @Test(arguments: TestDatabase.engines)
    func nodesShareTheKeysOfTheirDatabase(engine: SQLEngine) async throws {
        try await TestDatabase.with(engine) { database in
            let first = try await InstallationKeys.load(database)
            let second = try await InstallationKeys.load(database)
            #expect(first.master == second.master)
            #expect(first.root == second.root)
        }
    }
}
