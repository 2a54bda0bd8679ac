import Persistence
import ServiceKit
import ServiceModel

/// A multipart upload that is under way.
struct UploadRecord: Sendable, Hashable {
    var id: Int64 = 0
    var upload: String
    var bucket: Int64
    var key: String
    var initiated: Timestamp
    var sequence: Int64
    /// Whether its key was deleted meanwhile.
    var isTouched = false
    /// The ARN or account of who began it.
    var initiator: String
    var owner: String?
    var storage: String?
    /// See ``StoredChecksum/summary``; 0: none was asked for.
    var checksum: Int
    var attributes: [UInt8]

    var checksumAlgorithm: ChecksumAlgorithm? { StoredChecksum.split(summary: checksum)?.0 }
    var checksumType: ChecksumType? { StoredChecksum.split(summary: checksum)?.1 }
}

/// One part of an upload.
struct PartRecord: Sendable, Hashable {
    var number: Int
    var size: Int64
    var etag: String
    var modified: Timestamp
    /// Base64, of the upload's algorithm, or of the default one if it has none.
    var checksum: String?
    var manifest: [UInt8]
}

/// The statements on uploads and their parts, inside a transaction.
struct UploadRows {
    let connection: any SQLConnection

    private static let columns =
        "id, upload, bucket, key, initiated, sequence, touched, initiator, owner, storage, checksum, attributes"

    func insert(_ record: UploadRecord) throws {
        try connection.execute(
            """
            INSERT INTO s3_uploads (upload, bucket, key, initiated, sequence, touched, initiator, owner, storage, checksum, attributes)
            VALUES (?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?)
            """,
            [
                .text(record.upload), .integer(record.bucket), .text(record.key),
                .integer(record.initiated.milliseconds),
                .integer(record.sequence), .text(record.initiator), SQLValue(record.owner), SQLValue(record.storage),
                .integer(Int64(record.checksum)), .blob(record.attributes),
            ])
    }

    func upload(_ bucket: Int64, _ key: String, _ upload: String) throws -> UploadRecord? {
        try connection.first("SELECT \(Self.columns) FROM s3_uploads WHERE upload = ?", [.text(upload)])
            .map(Self.record).flatMap { $0.bucket == bucket && $0.key == key ? $0 : nil }
    }

    func hasUploads(_ bucket: Int64) throws -> Bool {
        try connection.first("SELECT 1 FROM s3_uploads WHERE bucket = ? LIMIT 1", [.integer(bucket)]) != nil
    }

    /// Uploads in the order of their keys, and of each key the oldest first.
    func page(_ bucket: Int64, from: String, after id: Int64, below: String?, limit: Int) throws -> [UploadRecord] {
        // Two looks, since SQLite finds no place in an index by a row value that ends with the row's id.
        var found: [UploadRecord] = []
        if id > .min {
            found = try connection.query(
                "SELECT \(Self.columns) FROM s3_uploads WHERE bucket = ? AND key = ? AND id > ? ORDER BY id LIMIT ?",
                [.integer(bucket), .text(from), .integer(id), .integer(Int64(limit))]
            ).map(Self.record)
            if found.count == limit { return found }
        }
        let filter = (id > .min ? "key > ?" : "key >= ?") + (below == nil ? "" : " AND key < ?")
        return try found
            + connection.query(
                "SELECT \(Self.columns) FROM s3_uploads WHERE bucket = ? AND \(filter) ORDER BY key, id LIMIT ?",
                [.integer(bucket), .text(from)] + (below.map { [.text($0)] } ?? [])
                    + [.integer(Int64(limit - found.count))]
            ).map(Self.record)
    }

    /// The row of the first upload of a key that was begun later.
    func next(_ bucket: Int64, _ key: String, after sequence: Int64) throws -> Int64? {
        try connection.first(
            "SELECT id FROM s3_uploads WHERE bucket = ? AND key = ? AND sequence > ? ORDER BY id LIMIT 1",
            [.integer(bucket), .text(key), .integer(sequence)])?.integer(0)
    }

    /// The key was deleted: conditional completions must know.
    func touch(_ bucket: Int64, _ key: String) throws {
        try connection.execute(
            "UPDATE s3_uploads SET touched = 1 WHERE bucket = ? AND key = ?", [.integer(bucket), .text(key)])
    }

    /// The bucket of uploads that were ended, and whose parts are still there. Their rows keep their numbers from being given again.
    private static let ended: Int64 = 0

    /// Ends an upload whose parts are to be removed later: nobody finds it any more.
    func end(_ id: Int64) throws {
        try connection.execute(
            "UPDATE s3_uploads SET bucket = ?, key = '' WHERE id = ?", [.integer(Self.ended), .integer(id)])
    }

    /// Ends all uploads of a bucket in the same way.
    /// - Returns: how many there were.
    func endAll(_ bucket: Int64) throws -> Int {
        try connection.execute(
            "UPDATE s3_uploads SET bucket = ?, key = '' WHERE bucket = ?", [.integer(Self.ended), .integer(bucket)])
    }

    /// An upload that was ended.
    func firstEnded() throws -> Int64? {
        try connection.first("SELECT id FROM s3_uploads WHERE bucket = ? LIMIT 1", [.integer(Self.ended)])?.integer(0)
    }

    /// The upload goes, with its parts' rows; what their segments become is up to the caller.
    func delete(_ id: Int64) throws {
        try connection.execute("DELETE FROM s3_parts WHERE upload = ?", [.integer(id)])
        try connection.execute("DELETE FROM s3_uploads WHERE id = ?", [.integer(id)])
    }

    // MARK: Parts

    func put(_ part: PartRecord, upload: Int64) throws {
        try connection.execute(
            """
            INSERT INTO s3_parts (upload, number, size, etag, modified, checksum, manifest, tag)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (upload, number) DO UPDATE SET size = excluded.size, etag = excluded.etag,
                modified = excluded.modified, checksum = excluded.checksum, manifest = excluded.manifest,
                tag = excluded.tag
            """,
            [
                .integer(upload), .integer(Int64(part.number)), .integer(part.size), .text(part.etag),
                .integer(part.modified.milliseconds), SQLValue(part.checksum), .blob(part.manifest),
                .integer(.random(in: 0..<1 << 40)),
            ])
    }

    func part(_ upload: Int64, _ number: Int) throws -> PartRecord? {
        try parts(upload, after: number - 1, limit: 1).first.flatMap { $0.number == number ? $0 : nil }
    }

    /// What is another whenever a part was put.
    struct PartsState: Sendable, Hashable {
        var count: Int64
        var tags: Int64
    }

    func partsState(_ upload: Int64) throws -> PartsState {
        let row = try connection.first(
            "SELECT COUNT(*), CAST(SUM(tag) AS BIGINT) FROM s3_parts WHERE upload = ?", [.integer(upload)])
        return PartsState(count: row?.integer(0) ?? 0, tags: row?.integer(1) ?? 0)
    }

    /// Removes the first parts of an upload.
    func removeParts(_ upload: Int64, upTo number: Int) throws {
        try connection.execute(
            "DELETE FROM s3_parts WHERE upload = ? AND number <= ?", [.integer(upload), .integer(Int64(number))])
    }

    func parts(_ upload: Int64, after number: Int, limit: Int) throws -> [PartRecord] {
        try connection.query(
            """
            SELECT number, size, etag, modified, checksum, manifest FROM s3_parts WHERE upload = ? AND number > ?
            ORDER BY number LIMIT ?
            """, [.integer(upload), .integer(Int64(number)), .integer(Int64(limit))]
        ).map { row in
            PartRecord(
                number: Int(row.integer(0) ?? 0), size: row.integer(1) ?? 0, etag: row.text(2) ?? "",
                modified: Timestamp(milliseconds: row.integer(3) ?? 0), checksum: row.text(4),
                manifest: row.blob(5) ?? [])
        }
    }

    // MARK: Completed uploads

    func complete(_ upload: UploadRecord, at now: Timestamp, answer: [UInt8]) throws {
        try connection.execute(
            "INSERT INTO s3_completed (upload, bucket, key, completed, answer) VALUES (?, ?, ?, ?, ?)",
            [
                .text(upload.upload), .integer(upload.bucket), .text(upload.key), .integer(now.milliseconds),
                .blob(answer),
            ])
    }

    func completed(_ bucket: Int64, _ key: String, _ upload: String) throws -> [UInt8]? {
        try connection.first(
            "SELECT answer FROM s3_completed WHERE upload = ? AND bucket = ? AND key = ?",
            [.text(upload), .integer(bucket), .text(key)]
        )?.blob(0)
    }

    func forgetCompleted(before time: Timestamp) throws {
        try connection.execute("DELETE FROM s3_completed WHERE completed < ?", [.integer(time.milliseconds)])
    }

    private static func record(_ row: SQLRow) -> UploadRecord {
        UploadRecord(
            id: row.integer(0) ?? 0, upload: row.text(1) ?? "", bucket: row.integer(2) ?? 0, key: row.text(3) ?? "",
            initiated: Timestamp(milliseconds: row.integer(4) ?? 0), sequence: row.integer(5) ?? 0,
            isTouched: row.boolean(6), initiator: row.text(7) ?? "", owner: row.text(8), storage: row.text(9),
            checksum: Int(row.integer(10) ?? 0), attributes: row.blob(11) ?? [])
    }
}
