import Persistence

extension LambdaTransaction {
    /// Nil if there is no such function.
    func recursiveLoop(_ key: FunctionKey) throws -> RecursiveLoop? {
        let row = try connection.first(
            "SELECT recursive_loop FROM lambda_functions WHERE account = ? AND region = ? AND name = ?",
            parameters(key))
        return row.map { $0.text(0).flatMap(RecursiveLoop.init) ?? .terminate }
    }

    func setRecursiveLoop(_ key: FunctionKey, _ loop: RecursiveLoop) throws {
        let changed = try connection.execute(
            "UPDATE lambda_functions SET recursive_loop = ? WHERE account = ? AND region = ? AND name = ?",
            [loop == .terminate ? .null : .text(loop.rawValue)] + parameters(key))
        guard changed == 1 else { throw LambdaFailures.functionNotFound(key.arn) }
    }

    /// Completes a page of the catalogue with what is set for whole functions.
    func addManagement(to functions: inout [FunctionRecord]) throws {
        guard let first = functions.first?.key, let last = functions.last?.key else { return }
        let rows = try connection.query(
            """
            SELECT account, region, name, recursive_loop FROM lambda_functions
            WHERE recursive_loop IS NOT NULL AND (account, region, name) >= (?, ?, ?)
            AND (account, region, name) <= (?, ?, ?)
            """, parameters(first) + parameters(last))
        guard !rows.isEmpty else { return }
        var loops: [FunctionKey: RecursiveLoop] = [:]
        for row in rows {
            let key = FunctionKey(row)
            loops[key] = row.text(3).flatMap(RecursiveLoop.init)
        }
        for index in functions.indices {
            functions[index].recursiveLoop = loops[functions[index].key] ?? .terminate
        }
    }

    // MARK: Runtime management

    func runtimeManagement(_ key: FunctionKey, _ version: String) throws -> RuntimeManagement {
        let row = try connection.first(
            """
            SELECT mode, runtime_version FROM lambda_runtime_management
            WHERE account = ? AND region = ? AND name = ? AND ordinal = ?
            """, parameters(key) + [SQLValue(Self.ordinal(version))])
        return RuntimeManagement(
            mode: row?.text(0).flatMap(RuntimeManagement.Mode.init) ?? .auto, runtimeVersion: row?.text(1))
    }

    func setRuntimeManagement(_ key: FunctionKey, _ version: String, _ management: RuntimeManagement) throws {
        try connection.execute(
            """
            INSERT INTO lambda_runtime_management (account, region, name, ordinal, mode, runtime_version)
            VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT (account, region, name, ordinal) DO UPDATE SET
                mode = excluded.mode, runtime_version = excluded.runtime_version
            """,
            parameters(key) + [
                SQLValue(Self.ordinal(version)), .text(management.mode.rawValue), SQLValue(management.runtimeVersion),
            ])
    }

    func deleteRuntimeManagement(_ key: FunctionKey, _ version: String) throws {
        try connection.execute(
            """
            DELETE FROM lambda_runtime_management WHERE account = ? AND region = ? AND name = ? AND ordinal = ?
            """, parameters(key) + [SQLValue(Self.ordinal(version))])
    }
}
