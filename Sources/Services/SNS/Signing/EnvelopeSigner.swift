import Foundation
import Persistence
import ServiceKit
import ServiceModel
import Synchronization

/// Signs envelopes. Two keys are kept, made when they are first needed: one of 2,048 bits for what leaves the platform, and one of
/// 1,024, seven times as fast, for the queues and functions in it, where the way is trusted.
final class EnvelopeSigner: Sendable {
    enum Audience: Int, Sendable, CaseIterable {
        case outside = 2048
        case inside = 1024
    }

    private let database: any Database
    private let secrets: SecretBox
    private let keys = Mutex<[Audience: Task<SigningKey, any Error>]>([:])

    init(database: any Database, secrets: SecretBox) {
        self.database = database
        self.secrets = secrets
    }

    /// Signs an envelope; its URL begins with `origin`.
    func sign(_ envelope: inout Envelope, version: Int, for audience: Audience, origin: String) async throws {
        let key = try await key(audience)
        let text = envelope.signedText
        // Not on an event loop: it takes most of a millisecond.
        let value = try await withTaskExecutorPreference(globalConcurrentExecutor) {
            try key.sign(text, version: version)
        }
        envelope.signature = EnvelopeSignature(
            version: version, value: value, certificateURL: "\(origin)/\(key.name).pem")
    }

    /// The certificate of a name, in PEM; nil if there is none.
    func certificate(named name: String) async throws -> String? {
        let rows = try await database.read {
            try $0.query("SELECT certificate FROM sns_signing_key WHERE name = ?", [.text(name)])
        }
        return rows.first?.text(0)
    }

    func forget() { keys.withLock { $0 = [:] } }

    private func key(_ audience: Audience) async throws -> SigningKey {
        let task = keys.withLock { keys in
            if let task = keys[audience] { return task }
            let task = Task(executorPreference: globalConcurrentExecutor) { try await self.load(audience) }
            keys[audience] = task
            return task
        }
        do {
            return try await task.value
        } catch {
            keys.withLock { if $0[audience] == task { $0[audience] = nil } }
            throw error
        }
    }

    /// The key that is kept, or a new one if there is none; of two processes that make one, both take the first.
    private func load(_ audience: Audience) async throws -> SigningKey {
        let size = Int64(audience.rawValue)
        if let known = try await stored(size) { return known }
        let made = try SigningKey(bits: audience.rawValue, validFrom: Date())
        let sealed = try secrets.seal(Array(made.privatePEM.utf8), context: made.name)
        try await database.write { connection in
            try connection.execute(
                "INSERT INTO sns_signing_key (bits, name, certificate, key) VALUES (?, ?, ?, ?) ON CONFLICT (bits) DO NOTHING",
                [.integer(size), .text(made.name), .text(made.certificate), .blob(sealed)])
        }
        return try await stored(size) ?? made
    }

    private func stored(_ size: Int64) async throws -> SigningKey? {
        let rows = try await database.read {
            try $0.query("SELECT name, certificate, key FROM sns_signing_key WHERE bits = ?", [.integer(size)])
        }
        guard let row = rows.first, let name = row.text(0), let certificate = row.text(1), let sealed = row.blob(2)
        else {
            return nil
        }
        let pem = String(decoding: try secrets.open(sealed, context: name), as: UTF8.self)
        return try SigningKey(privatePEM: pem, certificate: certificate)
    }
}
