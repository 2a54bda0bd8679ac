import Persistence
import ServiceModel

/// The statements on buckets, inside a transaction.
struct BucketRows {
    let connection: any SQLConnection

    private static let columns = "id, name, account, region, created, version, settings"

    func bucket(_ name: String) throws -> BucketRecord? {
        try connection.first("SELECT \(Self.columns) FROM s3_buckets WHERE name = ?", [.text(name)]).map(Self.bucket)
    }

    func bucket(id: Int64) throws -> BucketRecord? {
        try connection.first("SELECT \(Self.columns) FROM s3_buckets WHERE id = ?", [.integer(id)]).map(Self.bucket)
    }

    /// A bucket's version, nil if there is no such bucket.
    func version(_ id: Int64) throws -> Int64? {
        try connection.first("SELECT version FROM s3_buckets WHERE id = ?", [.integer(id)])?.integer(0)
    }

    func insert(_ bucket: BucketRecord) throws {
        try connection.execute(
            "INSERT INTO s3_buckets (name, account, region, created, version, settings) VALUES (?, ?, ?, ?, ?, ?)",
            [
                .text(bucket.name), .text(bucket.account), .text(bucket.region), .integer(bucket.created.milliseconds),
                .integer(bucket.version), .blob(WireCoding.encode(.map(bucket.settings))),
            ])
    }

    func update(_ id: Int64, settings: [String: WireValue], version: Int64) throws {
        try connection.execute(
            "UPDATE s3_buckets SET settings = ?, version = ? WHERE id = ?",
            [.blob(WireCoding.encode(.map(settings))), .integer(version), .integer(id)])
    }

    func delete(_ id: Int64) throws {
        try connection.execute("DELETE FROM s3_buckets WHERE id = ?", [.integer(id)])
    }

    func count(account: String) throws -> Int {
        Int(
            try connection.first("SELECT COUNT(*) FROM s3_buckets WHERE account = ?", [.text(account)])?.integer(0) ?? 0
        )
    }

    /// An account's buckets in the order of their names.
    func page(account: String, prefix: String, after: String, region: String?, limit: Int) throws -> [BucketRecord] {
        var parameters: [SQLValue] = [.text(account), .text(after), .text(prefix)]
        var filter = ""
        if let end = KeyRange.end(ofPrefix: prefix) {
            filter += " AND name < ?"
            parameters.append(.text(end))
        }
        if let region {
            filter += " AND region = ?"
            parameters.append(.text(region))
        }
        return try connection.query(
            """
            SELECT \(Self.columns) FROM s3_buckets WHERE account = ? AND name > ? AND name >= ?\(filter)
            ORDER BY name LIMIT ?
            """, parameters + [.integer(Int64(limit))]
        ).map(Self.bucket)
    }

    /// All buckets, by id, for background work.
    func everyBucket(after id: Int64, limit: Int) throws -> [BucketRecord] {
        try connection.query(
            "SELECT \(Self.columns) FROM s3_buckets WHERE id > ? ORDER BY id LIMIT ?",
            [.integer(id), .integer(Int64(limit))]
        ).map(Self.bucket)
    }

    private static func bucket(_ row: SQLRow) -> BucketRecord {
        let settings = row.blob(6) ?? []
        return BucketRecord(
            id: row.integer(0) ?? 0, name: row.text(1) ?? "", account: row.text(2) ?? "", region: row.text(3) ?? "",
            created: Timestamp(milliseconds: row.integer(4) ?? 0), version: row.integer(5) ?? 0,
            settings: WireCoding.decode(settings)?.mapValue ?? [:], storedSize: settings.count)
    }
}
