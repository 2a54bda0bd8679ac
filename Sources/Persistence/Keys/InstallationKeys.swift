import Foundation
public import ServiceKit
import ServiceModel

/// What an installation makes at its first start and keeps for ever: the key that its secrets are encrypted with, and the root's
/// access key.
public struct InstallationKeys: Sendable {
    public var master: MasterKey
    /// The root's access key: `AKIA` and 16 characters, with a secret of 40.
    public var root: AccessKey

    /// New random keys.
    public init() {
        master = MasterKey()
        root = AccessKey(
            id: "AKIA" + Self.random(16, of: "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"),
            secret: Self.random(40, of: Self.base64))
    }

    /// Keys from their stored form.
    init(master: MasterKey, root: AccessKey) {
        self.master = master
        self.root = root
    }

    private static let base64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

    private static func random(_ count: Int, of alphabet: String) -> String {
        let characters = Array(alphabet)
        var generator = SystemRandomNumberGenerator()
        return String((0..<count).map { _ in characters[Int.random(in: 0..<characters.count, using: &generator)] })
    }
}

// MARK: In the data folder

extension InstallationKeys {
    /// The keys of a data folder, made if it has none: `master.key` (64 hexadecimal digits) and `root.credentials` (a
    /// credentials file as the AWS CLI reads it), mode 0600.
    /// - Throws: ``DatabaseError`` if they can't be read, or written.
    public static func load(_ folder: DataFolder) throws -> InstallationKeys {
        let (masterFile, rootFile) = (folder.path + "/master.key", folder.path + "/root.credentials")
        let new = InstallationKeys()
        if try DurableFile.read(masterFile) == nil {
            try DurableFile.write(
                Data((Hexadecimal.encode(new.master.bytes) + "\n").utf8), to: masterFile, temporaryFolder: folder.path,
                mode: 0o600)
        }
        if try DurableFile.read(rootFile) == nil {
            try DurableFile.write(
                Data(new.root.credentialsFile.utf8), to: rootFile, temporaryFolder: folder.path, mode: 0o600)
        }
        let text = String(decoding: try DurableFile.read(masterFile) ?? [], as: UTF8.self)
        guard let bytes = Hexadecimal.decode(text.trimmingCharacters(in: .whitespacesAndNewlines)),
            let master = MasterKey(bytes: bytes)
        else { throw DatabaseError.failed("\(masterFile) does not hold a key of 64 hexadecimal digits.") }
        guard let root = try root(folder: folder.path) else {
            throw DatabaseError.failed("\(rootFile) does not hold an access key.")
        }
        return InstallationKeys(master: master, root: root)
    }

    /// The root's access key of a data folder that may be in use, nil if it has none: for `martlet env`.
    public static func root(folder path: String) throws -> AccessKey? {
        guard let bytes = try DurableFile.read(path + "/root.credentials") else { return nil }
        return AccessKey(credentialsFile: String(decoding: bytes, as: UTF8.self))
    }
}

// MARK: In a database that several nodes share

extension InstallationKeys {
    /// The keys that a shared database holds, made if it has none. They are plain in their table: whoever may read the database
    /// as Martlet's role can decrypt what it holds. Call after `migrate`.
    public static func load(_ database: any Database) async throws -> InstallationKeys {
        try await database.migrate([migration])
        let new = InstallationKeys()
        let row = try await database.write { connection in
            try connection.execute(
                "INSERT INTO installation_keys (id, master, root_id, root_secret) VALUES (1, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
                [.blob(new.master.bytes), .text(new.root.id), .text(new.root.secret)])
            return try connection.first("SELECT master, root_id, root_secret FROM installation_keys WHERE id = 1")
        }
        guard let row, let bytes = row.blob(0), let master = MasterKey(bytes: bytes), let id = row.text(1),
            let secret = row.text(2)
        else { throw DatabaseError.failed("The table installation_keys does not hold the installation's keys.") }
        return InstallationKeys(master: master, root: AccessKey(id: id, secret: secret))
    }

    static let migration = Migration(
        store: "keys", version: 1,
        statements: [
            """
            CREATE TABLE installation_keys \
            (id BIGINT PRIMARY KEY, master BLOB NOT NULL, root_id TEXT NOT NULL, root_secret TEXT NOT NULL)
            """
        ])
}

extension AccessKey {
    fileprivate var credentialsFile: String {
        "[default]\naws_access_key_id = \(id)\naws_secret_access_key = \(secret)\n"
    }

    fileprivate init?(credentialsFile text: String) {
        var values: [String: String] = [:]
        for line in text.split(whereSeparator: \.isNewline) {
            guard let equals = line.firstIndex(of: "=") else { continue }
            let name = line[..<equals].trimmingCharacters(in: .whitespaces)
            values[name] = line[line.index(after: equals)...].trimmingCharacters(in: .whitespaces)
        }
        guard let id = values["aws_access_key_id"], let secret = values["aws_secret_access_key"], !id.isEmpty,
            !secret.isEmpty
        else { return nil }
        self.init(id: id, secret: secret)
    }
}
