import Persistence
import ServiceModel

/// The statements on objects, inside a transaction.
struct ObjectRows {
    let connection: any SQLConnection

    private static let summary =
        "id, key, position, version, marker, size, etag, modified, sequence, storage, checksum, owner"

    // MARK: Reading

    /// What is read of one version: the manifest of an object of many parts is long.
    private static func columns(_ withBody: Bool, _ withManifest: Bool) -> String {
        "\(summary), attributes" + (withManifest || withBody ? ", manifest" : "") + (withBody ? ", body" : "")
    }

    /// The latest version of a key, which may be a delete marker; nil if there is none.
    func latest(_ bucket: Int64, _ key: String, withBody: Bool, withManifest: Bool = true) throws -> ObjectRecord? {
        try connection.first(
            """
            SELECT \(Self.columns(withBody, withManifest)) FROM s3_objects WHERE bucket = ? AND key = ?
            ORDER BY position LIMIT 1
            """, [.integer(bucket), .text(key)]
        ).map { Self.record($0, bucket) }
    }

    func version(_ bucket: Int64, _ key: String, _ version: String, withBody: Bool, withManifest: Bool = true) throws
        -> ObjectRecord?
    {
        if version == VersionID.null {
            return try nullVersion(bucket, key, withBody: withBody, withManifest: withManifest)
        }
        guard let position = VersionID.position(version) else { return nil }
        return try connection.first(
            """
            SELECT \(Self.columns(withBody, withManifest)) FROM s3_objects
            WHERE bucket = ? AND key = ? AND position = ? AND version = ?
            """, [.integer(bucket), .text(key), .integer(position), .text(version)]
        ).map { Self.record($0, bucket) }
    }

    func nullVersion(_ bucket: Int64, _ key: String, withBody: Bool, withManifest: Bool = true) throws
        -> ObjectRecord?
    {
        let columns = Self.columns(withBody, withManifest)
        for place in ["position = 0", "version IS NULL AND position <> 0"] {
            let row = try connection.first(
                "SELECT \(columns) FROM s3_objects WHERE bucket = ? AND key = ? AND \(place)",
                [.integer(bucket), .text(key)])
            if let row { return Self.record(row, bucket) }
        }
        return nil
    }

    /// Whether a bucket has no version of any object.
    func isEmpty(_ bucket: Int64) throws -> Bool {
        try connection.first("SELECT 1 FROM s3_objects WHERE bucket = ? LIMIT 1", [.integer(bucket)]) == nil
    }

    /// Versions in the order of their keys, and of each key the newest first.
    /// `from`: the first key.
    /// `position`: the first position of that key.
    /// `below`: the first key that is too far; nil: none is.
    func page(_ bucket: Int64, from: String, position: Int64 = .min, below: String?, limit: Int) throws
        -> [ObjectRecord]
    {
        var parameters: [SQLValue] = [.integer(bucket), .text(from)]
        var filter = "key >= ?"
        if position > .min {
            // A row value is one place in the index: nothing of what came before is read again.
            filter = "(key, position) >= (?, ?)"
            parameters.append(.integer(position))
        }
        if let below {
            filter += " AND key < ?"
            parameters.append(.text(below))
        }
        return try connection.query(
            "SELECT \(Self.summary) FROM s3_objects WHERE bucket = ? AND \(filter) ORDER BY key, position LIMIT ?",
            parameters + [.integer(Int64(limit))]
        ).map { Self.record($0, bucket) }
    }

    /// The same with what is kept of each beside the body, for rules that look at tags.
    func pageWithAttributes(_ bucket: Int64, from: String, position: Int64, below: String?, limit: Int) throws
        -> [ObjectRecord]
    {
        try connection.query(
            """
            SELECT \(Self.summary), attributes, manifest FROM s3_objects
            WHERE bucket = ? AND (key, position) >= (?, ?)\(below == nil ? "" : " AND key < ?")
            ORDER BY key, position LIMIT ?
            """,
            [.integer(bucket), .text(from), .integer(position)] + (below.map { [.text($0)] } ?? [])
                + [.integer(Int64(limit))]
        ).map { Self.record($0, bucket) }
    }

    // MARK: Writing

    func insert(_ record: ObjectRecord) throws {
        try connection.execute(
            """
            INSERT INTO s3_objects (bucket, key, position, version, marker, size, etag, modified, sequence, storage, checksum,
                owner, attributes, manifest, body)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                .integer(record.bucket), .text(record.key), .integer(record.position), SQLValue(record.version),
                SQLValue(record.isMarker),
            ] + Self.changing(record))
    }

    /// Puts a version in the place of one that goes.
    func replace(_ id: Int64, with record: ObjectRecord) throws {
        try connection.execute(
            """
            UPDATE s3_objects SET size = ?, etag = ?, modified = ?, sequence = ?, storage = ?, checksum = ?, owner = ?,
                attributes = ?, manifest = ?, body = ? WHERE id = ?
            """, Self.changing(record) + [.integer(id)])
    }

    func update(_ id: Int64, attributes: [UInt8]) throws {
        try connection.execute("UPDATE s3_objects SET attributes = ? WHERE id = ?", [.blob(attributes), .integer(id)])
    }

    func update(_ id: Int64, storage: String) throws {
        try connection.execute("UPDATE s3_objects SET storage = ? WHERE id = ?", [.text(storage), .integer(id)])
    }

    func delete(_ id: Int64) throws {
        try connection.execute("DELETE FROM s3_objects WHERE id = ?", [.integer(id)])
    }

    private static func changing(_ record: ObjectRecord) -> [SQLValue] {
        [
            .integer(record.size), .text(record.etag), .integer(record.modified.milliseconds),
            .integer(record.sequence),
            SQLValue(record.storage), .integer(Int64(record.checksum)), SQLValue(record.owner),
            .blob(record.attributes),
            SQLValue(record.manifest), SQLValue(record.body),
        ]
    }

    private static func record(_ row: SQLRow, _ bucket: Int64) -> ObjectRecord {
        ObjectRecord(
            id: row.integer(0) ?? 0, bucket: bucket, key: row.text(1) ?? "", position: row.integer(2) ?? 0,
            version: row.text(3), isMarker: row.boolean(4), size: row.integer(5) ?? 0, etag: row.text(6) ?? "",
            modified: Timestamp(milliseconds: row.integer(7) ?? 0), sequence: row.integer(8) ?? 0, storage: row.text(9),
            checksum: Int(row.integer(10) ?? 0), owner: row.text(11), attributes: row.blob(12) ?? [],
            manifest: row.blob(13), body: row.blob(14))
    }
}
