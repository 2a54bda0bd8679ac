import Crypto
import Foundation
import ServiceModel

/// The steps of all stores, checked for order, and how they are brought into a database.
struct MigrationPlan: Sendable {
    /// What `eraseAll` leaves alone: the schema's own record, and the installation's keys.
    static let keptTables: Set<String> = ["schema_migrations", "installation_keys"]
    static let table = """
        CREATE TABLE IF NOT EXISTS schema_migrations \
        (store TEXT NOT NULL, version BIGINT NOT NULL, checksum TEXT NOT NULL, PRIMARY KEY (store, version))
        """

    private let stores: [(name: String, steps: [Migration])]

    /// - Throws: ``DatabaseError/failed(_:)`` if a store's versions are not 1, 2, 3 ….
    init(_ migrations: [Migration]) throws {
        stores = try Dictionary(grouping: migrations, by: \.store).sorted { $0.key < $1.key }.map { name, steps in
            let steps = steps.sorted { $0.version < $1.version }
            guard steps.map(\.version) == Array(1...steps.count) else {
                throw DatabaseError.failed("The migrations of \(name) are not numbered 1, 2, 3 ….")
            }
            return (name, steps)
        }
    }

    /// Runs the steps that are missing. The caller's transaction holds all of them, or none.
    func run(_ connection: any SQLConnection) throws {
        try connection.execute(Self.table)
        var applied: [String: [Int64: String]] = [:]
        for row in try connection.query("SELECT store, version, checksum FROM schema_migrations") {
            guard let store = row.text(0), let version = row.integer(1) else { continue }
            applied[store, default: [:]][version] = row.text(2)
        }
        for (name, steps) in stores {
            let done = applied[name] ?? [:]
            if let newest = done.keys.max(), newest > steps.count {
                throw DatabaseError.newerSchema(
                    "The data was written by a newer version of Martlet (\(name) schema \(newest), this version knows "
                        + "\(steps.count)). Use that version, or another data folder.")
            }
            for step in steps {
                let checksum = step.checksum
                if let known = done[Int64(step.version)] {
                    if known == checksum { continue }
                    throw DatabaseError.failed(
                        "Schema step \(step.version) of \(name) is not the one that this data was made with.")
                }
                for statement in step.statements { try connection.execute(statement) }
                try connection.execute(
                    "INSERT INTO schema_migrations (store, version, checksum) VALUES (?, ?, ?)",
                    [.text(name), SQLValue(step.version), .text(checksum)])
            }
        }
    }
}

extension Migration {
    /// SHA-256 of the statements, in hexadecimal: a step that has shipped never changes.
    var checksum: String {
        var hash = SHA256()
        for statement in statements { hash.update(data: Data("\(statement.utf8.count):\(statement)".utf8)) }
        return Hexadecimal.encode(hash.finalize())
    }
}
