import Persistence
import ServiceKit
import ServiceModel

extension LambdaTransaction {
    private static let columns = [
        "account", "region", "name", "ordinal", "runtime", "handler", "role", "description", "memory", "timeout",
        "ephemeral_storage", "architecture", "environment", "active_tracing", "log_group", "log_json",
        "log_application_level", "log_system_level", "shows_empty_vpc", "code_digest", "code_size", "last_modified",
        "revision_id", "pending_revision_id", "generation", "published_from", "source_description",
        "layers", "settings",
    ]
    private static let list = columns.joined(separator: ", ")
    private static let select = "SELECT \(list) FROM lambda_versions"

    func version(_ key: FunctionKey, _ version: String) throws -> VersionRecord? {
        guard let ordinal = Self.ordinal(version) else { return nil }
        return try connection.first(
            "\(Self.select) WHERE account = ? AND region = ? AND name = ? AND ordinal = ?",
            parameters(key) + [.integer(ordinal)]
        ).map(record)
    }

    /// All versions, `$LATEST` first.
    func versions(_ key: FunctionKey) throws -> [VersionRecord] {
        try connection.query(
            "\(Self.select) WHERE account = ? AND region = ? AND name = ? ORDER BY ordinal", parameters(key)
        ).map(record)
    }

    /// A page of one function's versions, `$LATEST` first.
    func versions(_ key: FunctionKey, after ordinal: Int64?, limit: Int) throws -> [VersionRecord] {
        try connection.query(
            """
            \(Self.select) WHERE account = ? AND region = ? AND name = ? AND ordinal > ? ORDER BY ordinal LIMIT ?
            """, parameters(key) + [.integer(ordinal ?? -1), .integer(Int64(limit))]
        ).map(record)
    }

    /// A page of an account's functions, by name.
    func functions(account: String, region: String, after name: String?, limit: Int) throws -> [VersionRecord] {
        try connection.query(
            "\(Self.select) WHERE account = ? AND region = ? AND name > ? AND ordinal = 0 ORDER BY name LIMIT ?",
            [.text(account), .text(region), .text(name ?? ""), .integer(Int64(limit))]
        ).map(record)
    }

    /// A page of the versions of all of an account's functions, by name and number.
    func allVersions(account: String, region: String, after: (name: String, ordinal: Int64)?, limit: Int) throws
        -> [VersionRecord]
    {
        try connection.query(
            """
            \(Self.select) WHERE account = ? AND region = ? AND (name > ? OR (name = ? AND ordinal > ?))
            ORDER BY name, ordinal LIMIT ?
            """,
            [
                .text(account), .text(region), .text(after?.name ?? ""), .text(after?.name ?? ""),
                .integer(after?.ordinal ?? -1), .integer(Int64(limit)),
            ]
        ).map(record)
    }

    /// A page of everything there is, to fill the catalogue at start.
    func everyVersion(after key: FunctionKey?, limit: Int) throws -> [VersionRecord] {
        try connection.query(
            """
            \(Self.select) WHERE (account, region, name) IN (
                SELECT account, region, name FROM lambda_functions WHERE (account, region, name) > (?, ?, ?)
                ORDER BY account, region, name LIMIT ?)
            ORDER BY account, region, name, ordinal
            """,
            [.text(key?.account ?? ""), .text(key?.region ?? ""), .text(key?.name ?? ""), .integer(Int64(limit))]
        ).map(record)
    }

    func insert(_ version: VersionRecord) throws {
        let marks = Self.columns.map { _ in "?" }.joined(separator: ", ")
        try connection.execute(
            "INSERT INTO lambda_versions (\(Self.list)) VALUES (\(marks))", try values(version))
        try keepLayers(version)
    }

    /// Replaces the row of the same version.
    func update(_ version: VersionRecord) throws {
        let changes = Self.columns.dropFirst(4).map { "\($0) = ?" }.joined(separator: ", ")
        let all = try values(version)
        let changed = try connection.execute(
            "UPDATE lambda_versions SET \(changes) WHERE account = ? AND region = ? AND name = ? AND ordinal = ?",
            Array(all.dropFirst(4)) + Array(all.prefix(4)))
        guard changed == 1 else { throw LambdaFailures.functionNotFound(version.key.arn) }
        try dropLayers(version)
        try keepLayers(version)
    }

    func delete(_ version: VersionRecord) throws {
        try connection.execute(
            "DELETE FROM lambda_versions WHERE account = ? AND region = ? AND name = ? AND ordinal = ?",
            parameters(version.key) + [SQLValue(Self.ordinal(version.version))])
        try dropLayers(version)
    }

    /// Notes what the version's layers keep on the disk.
    private func keepLayers(_ version: VersionRecord) throws {
        for digest in version.settings.layers.keptDigests.sorted() {
            try connection.execute(
                "INSERT INTO lambda_version_layers (account, region, name, ordinal, digest) VALUES (?, ?, ?, ?, ?)",
                parameters(version.key) + [SQLValue(Self.ordinal(version.version)), .text(digest)])
        }
    }

    private func dropLayers(_ version: VersionRecord) throws {
        try connection.execute(
            "DELETE FROM lambda_version_layers WHERE account = ? AND region = ? AND name = ? AND ordinal = ?",
            parameters(version.key) + [SQLValue(Self.ordinal(version.version))])
    }

    /// `$LATEST` is 0; nil for what is no version.
    static func ordinal(_ version: String) -> Int64? {
        if version == latestVersion { return 0 }
        guard FunctionReference.isVersionNumber(version), version.utf8.first != UInt8(ascii: "0") else { return nil }
        return Int64(version)
    }

    private func values(_ version: VersionRecord) throws -> [SQLValue] {
        let settings = version.settings
        let environment = try settings.environment.map {
            try secrets.seal(Array(TextMap.text($0).utf8), context: version.arn)
        }
        return parameters(version.key) + [
            SQLValue(Self.ordinal(version.version)), .text(settings.runtime), .text(settings.handler),
            .text(settings.role), .text(settings.description), SQLValue(settings.memory), SQLValue(settings.timeout),
            SQLValue(settings.ephemeralStorage), .text(settings.architecture), SQLValue(environment),
            SQLValue(settings.activeTracing), SQLValue(settings.logging.group), SQLValue(settings.logging.isJSON),
            SQLValue(settings.logging.applicationLevel), SQLValue(settings.logging.systemLevel),
            SQLValue(settings.vpc?.isConnected == false), .text(version.codeDigest), .integer(version.codeSize),
            .integer(version.lastModified.milliseconds), .text(version.revisionID), .text(version.pendingRevisionID),
            .text(version.generation), SQLValue(version.publishedFrom), SQLValue(version.sourceDescription),
            SQLValue(settings.layers.text), SQLValue(try StoredSettings(settings).text),
        ]
    }

    private func record(_ row: SQLRow) throws -> VersionRecord {
        let key = FunctionKey(row)
        let ordinal = row.integer(3) ?? 0
        let version = ordinal == 0 ? latestVersion : String(ordinal)
        var settings = FunctionSettings(
            runtime: row.text(4) ?? "", handler: row.text(5) ?? "", role: row.text(6) ?? "",
            description: row.text(7) ?? "")
        settings.memory = Int(row.integer(8) ?? 0)
        settings.timeout = Int(row.integer(9) ?? 0)
        settings.ephemeralStorage = Int(row.integer(10) ?? 0)
        settings.architecture = row.text(11) ?? ""
        if let sealed = row.blob(12) {
            settings.environment = TextMap.map(
                String(decoding: try secrets.open(sealed, context: key.arn(version)), as: UTF8.self))
        }
        settings.activeTracing = row.boolean(13)
        settings.logging = LoggingSettings(
            group: row.text(14), isJSON: row.boolean(15), applicationLevel: row.text(16), systemLevel: row.text(17))
        settings.layers = AttachedLayers(text: row.text(27))
        if let text = row.text(28) { try StoredDocument.value(StoredSettings.self, text).apply(to: &settings) }
        return VersionRecord(
            key: key, version: version, settings: settings, codeDigest: row.text(19) ?? "",
            codeSize: row.integer(20) ?? 0, lastModified: Timestamp(milliseconds: row.integer(21) ?? 0),
            revisionID: row.text(22) ?? "", pendingRevisionID: row.text(23) ?? "", generation: row.text(24) ?? "",
            publishedFrom: row.text(25), sourceDescription: row.text(26))
    }
}
