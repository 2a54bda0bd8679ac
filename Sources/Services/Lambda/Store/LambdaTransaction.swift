import Persistence
import ServiceKit
import ServiceModel

/// Lambda's statements, inside one transaction.
struct LambdaTransaction {
    let connection: any SQLConnection
    let secrets: SecretBox

    /// The key's columns as parameters.
    func parameters(_ key: FunctionKey) -> [SQLValue] { [.text(key.account), .text(key.region), .text(key.name)] }

    // MARK: Functions

    func exists(_ key: FunctionKey) throws -> Bool {
        try connection.first(
            "SELECT 1 FROM lambda_functions WHERE account = ? AND region = ? AND name = ?", parameters(key)) != nil
    }

    func insertFunction(_ key: FunctionKey, nextVersion: Int64, tags: [String: String]) throws {
        try connection.execute(
            "INSERT INTO lambda_functions (account, region, name, next_version, tags) VALUES (?, ?, ?, ?, ?)",
            parameters(key) + [.integer(nextVersion), .text(TextMap.text(tags))])
    }

    /// Removes the function with its versions, its aliases and its queue: a new function of its name is not to get its events.
    func deleteFunction(_ key: FunctionKey) throws {
        let tables = [
            "lambda_policies", "lambda_urls", "lambda_aliases", "lambda_provisioned", "lambda_event_invoke",
            "lambda_version_layers", "lambda_versions", "lambda_functions", "lambda_runtime_management",
        ]
        for table in tables {
            try connection.execute(
                "DELETE FROM \(table) WHERE account = ? AND region = ? AND name = ?", parameters(key))
        }
        try JobTransaction.removeLane(kind: EventQueue.kind, AsyncEvent.lane(key), on: connection)
    }

    func tags(_ key: FunctionKey) throws -> [String: String]? {
        try connection.first(
            "SELECT tags FROM lambda_functions WHERE account = ? AND region = ? AND name = ?", parameters(key)
        )?.text(0).flatMap(TextMap.map)
    }

    func setTags(_ key: FunctionKey, _ tags: [String: String]) throws {
        try connection.execute(
            "UPDATE lambda_functions SET tags = ? WHERE account = ? AND region = ? AND name = ?",
            [.text(TextMap.text(tags))] + parameters(key))
    }

    /// The number of the next version to be published; each is given once, even if its version is deleted.
    func takeVersionNumber(_ key: FunctionKey) throws -> Int64 {
        let row = try connection.first(
            """
            UPDATE lambda_functions SET next_version = next_version + 1 WHERE account = ? AND region = ? AND name = ?
            RETURNING next_version
            """, parameters(key))
        guard let next = row?.integer(0) else { throw LambdaFailures.functionNotFound(key.arn) }
        return next - 1
    }

    /// The function with all its versions and aliases.
    func function(_ key: FunctionKey) throws -> FunctionRecord? {
        let versions = try versions(key)
        guard !versions.isEmpty else { return nil }
        var function = [
            FunctionRecord(
                key: key, versions: Dictionary(versions.map { ($0.version, $0) }, uniquingKeysWith: { $1 }),
                aliases: Dictionary(try aliases(key).map { ($0.name, $0) }, uniquingKeysWith: { $1 }),
                reservedConcurrency: try reservedConcurrency(key),
                provisioned: Dictionary(
                    try provisioned(key).map { ($0.qualifier, $0) }, uniquingKeysWith: { $1 }),
                eventInvokes: Dictionary(
                    try eventInvokes(key).map { ($0.qualifier, $0) }, uniquingKeysWith: { $1 }),
                recursiveLoop: try recursiveLoop(key) ?? .terminate)
        ]
        try addAccess(to: &function)
        return function.first
    }

    // MARK: Usage

    /// The account's functions and their code in bytes.
    func usage(account: String, region: String) throws -> (functions: Int64, codeBytes: Int64) {
        let row = try connection.first(
            "SELECT functions, code_bytes FROM lambda_usage WHERE account = ? AND region = ?",
            [.text(account), .text(region)])
        return (row?.integer(0) ?? 0, row?.integer(1) ?? 0)
    }

    /// Counts what is added or, with negative numbers, removed.
    /// - Throws: `CodeStorageExceededException` if that is more than the account may have.
    func count(_ key: FunctionKey, functions: Int64, codeBytes: Int64) throws {
        try count(account: key.account, region: key.region, functions: functions, codeBytes: codeBytes)
    }

    /// The same of an account's other code.
    func count(account: String, region: String, functions: Int64, codeBytes: Int64) throws {
        let row = try connection.first(
            """
            INSERT INTO lambda_usage (account, region, functions, code_bytes) VALUES (?, ?, ?, ?)
            ON CONFLICT (account, region) DO UPDATE SET
                functions = lambda_usage.functions + excluded.functions,
                code_bytes = lambda_usage.code_bytes + excluded.code_bytes
            RETURNING code_bytes
            """, [.text(account), .text(region), .integer(functions), .integer(codeBytes)])
        if codeBytes > 0, let total = row?.integer(0), total > LambdaLimits.codeStorage {
            throw LambdaFailures.codeStorageExceeded
        }
    }

    /// Whether anything needs a package, or a folder of merged layers.
    func isReferenced(_ digest: String) throws -> Bool {
        for (table, column) in Self.references
        where try connection.first("SELECT 1 FROM \(table) WHERE \(column) = ? LIMIT 1", [.text(digest)]) != nil {
            return true
        }
        return false
    }

    func referencedDigests() throws -> Set<String> {
        var digests: Set<String> = []
        for (table, column) in Self.references {
            digests.formUnion(try connection.query("SELECT DISTINCT \(column) FROM \(table)").compactMap { $0.text(0) })
        }
        return digests
    }

    private static let references = [
        ("lambda_versions", "code_digest"), ("lambda_layer_versions", "code_digest"),
        ("lambda_version_layers", "digest"),
    ]
}

extension LambdaTransaction {
    /// A page of all accounts' functions, by key, with their versions and aliases.
    func everyFunction(after key: FunctionKey?, limit: Int) throws -> [FunctionRecord] {
        let versions = try everyVersion(after: key, limit: limit)
        guard let first = versions.first?.key, let last = versions.last?.key else { return [] }
        let aliases = Dictionary(grouping: try everyAlias(from: first, through: last), by: \.key)
        var functions: [FunctionRecord] = []
        for version in versions {
            if functions.last?.key != version.key {
                functions.append(
                    FunctionRecord(
                        key: version.key, versions: [:],
                        aliases: Dictionary(
                            (aliases[version.key] ?? []).map { ($0.name, $0) }, uniquingKeysWith: { $1 })))
            }
            functions[functions.count - 1].versions[version.version] = version
        }
        try addConcurrency(to: &functions)
        try addAccess(to: &functions)
        try addEventInvokes(to: &functions)
        try addManagement(to: &functions)
        return functions
    }
}
