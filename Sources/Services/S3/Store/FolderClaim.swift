import Foundation
import Logging
import Persistence
import ServiceKit
import ServiceModel

/// Sees to it that a database and a folder of segments belong together. Each tells the other's name: a random one, in a file of the
/// folder and in a row of the database. A node that was given another folder would not find what the others have written, and one
/// that was given another database would take all that is in the folder for orphans.
struct FolderClaim: Sendable {
    let database: any Database
    let folder: SegmentFolder
    let logger: Logger

    static let file = "folder-name"
    private var path: String { "\(folder.path)/\(Self.file)" }

    /// Names both if neither has a name, and else compares. Where they differ the folder is not used.
    /// - Throws: ``DatabaseError``.
    func make() async throws {
        let known = try await database.read { try $0.first("SELECT name FROM s3_folder WHERE id = 1")?.text(0) }
        let (given, isEmpty) = try await folder.threads.run { [self] in (try name(), folder.folders.isEmpty) }
        let reason: String?
        switch (known, given) {
        case (let known?, let given) where known == given: reason = nil
        case (nil, nil),
            (nil, _?) where isEmpty:
            // The file comes first: a folder with a name and nothing else is as good as new.
            let name = try await folder.threads.run { [self] in try given ?? write() }
            let kept = try await database.write { connection in
                try connection.execute(
                    "INSERT INTO s3_folder (id, name) VALUES (1, ?) ON CONFLICT (id) DO NOTHING", [.text(name)])
                return try connection.first("SELECT name FROM s3_folder WHERE id = 1")?.text(0)
            }
            reason = kept == name ? nil : others
        case (nil, _): reason = "\(folder.path) holds the objects of another database. Name a folder of its own."
        case (_?, _): reason = others
        }
        folder.refuse(reason)
        if let reason {
            logger.error("S3 keeps small objects only: larger ones are refused.", metadata: ["reason": "\(reason)"])
        }
    }

    private var others: String {
        "\(folder.path) is not the folder that holds the objects of this database. "
            + "All nodes on one database have to be given the same, with --objects."
    }

    /// Nil: the folder has none. Blocks.
    private func name() throws -> String? {
        guard let bytes = FileManager.default.contents(atPath: path) else {
            if access(path, F_OK) == 0 { throw DatabaseError(errno: EIO, "\(path) can't be read") }
            return nil
        }
        return String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Gives the folder a name, unless another node is faster. Blocks.
    /// - Returns: the name that it has.
    private func write() throws -> String {
        try DurableFile.makeFolder(folder.path, mode: 0o700, isSynced: folder.isDurable)
        let name = RandomUUID.make()
        let temporary = "\(path).\(name)"
        defer { unlink(temporary) }
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw DatabaseError(errno: errno, "\(temporary) can't be made") }
        defer { close(descriptor) }
        let text = name + "\n"
        guard Foundation.write(descriptor, text, text.utf8.count) == text.utf8.count,
            !folder.isDurable || fsync(descriptor) == 0
        else { throw DatabaseError(errno: errno, "\(temporary) can't be written") }
        // A name appears whole, and only one wins.
        if Foundation.link(temporary, path) != 0, errno != EEXIST {
            throw DatabaseError(errno: errno, "\(path) can't be made")
        }
        if folder.isDurable { try DurableFile.syncFolder(folder.path) }
        return try self.name() ?? name
    }
}
