import Persistence
import ServiceKit

/// Lambda's tables. Each operation is one transaction, which handlers write with ``LambdaTransaction``.
struct LambdaStore: Sendable {
    let database: any Database
    /// Environment variables are encrypted in the database.
    let secrets: SecretBox

    func read<T: Sendable>(_ body: @escaping @Sendable (LambdaTransaction) throws -> T) async throws -> T {
        let secrets = self.secrets
        return try await database.read { try body(LambdaTransaction(connection: $0, secrets: secrets)) }
    }

    /// The closure may run more than once.
    func write<T: Sendable>(_ body: @escaping @Sendable (LambdaTransaction) throws -> T) async throws -> T {
        let secrets = self.secrets
        do {
            return try await database.write { try body(LambdaTransaction(connection: $0, secrets: secrets)) }
        } catch DatabaseError.diskFull {
            throw LambdaFailures.service("No space is left on the disk.")
        }
    }
}
