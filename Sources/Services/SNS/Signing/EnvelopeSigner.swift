import Crypto
import DequeModule
import Foundation
import Persistence
import ServiceKit
import ServiceModel
import Synchronization

/// Signs envelopes, with an RSA key of 2,048 bits as AWS does. It is kept, and made when it is first needed.
///
/// A signature takes most of a millisecond, which is more than all else that is done for a message. What is signed is the same for all of
/// a message's subscribers who get the same text: they share it.
final class EnvelopeSigner: Sendable {
    private typealias Signature = Task<String, any Error>

    /// What was signed lately, by the digest of version and text.
    private struct Recent {
        var signatures: [SHA256Digest: Signature] = [:]
        var order = Deque<SHA256Digest>()
        static let capacity = 256
    }

    private static let bits = 2048

    private let database: any Database
    private let secrets: SecretBox
    private let known = Mutex<Task<SigningKey, any Error>?>(nil)
    private let recent = Mutex(Recent())
    private let made = Atomic<Int>(0)

    init(database: any Database, secrets: SecretBox) {
        self.database = database
        self.secrets = secrets
    }

    /// How many signatures were made.
    var count: Int { made.load(ordering: .relaxed) }

    /// Signs an envelope; its URL begins with `origin`.
    func sign(_ envelope: inout Envelope, version: Int, origin: String) async throws {
        let key = try await key()
        let text = envelope.signedText
        envelope.signature = EnvelopeSignature(
            version: version, value: try await signature(of: text, version: version, key),
            certificateURL: "\(origin)/\(key.name).pem")
    }

    private func signature(of text: String, version: Int, _ key: SigningKey) async throws -> String {
        let digest = SHA256.hash(data: Array("\(version)\n\(key.name)\n\(text)".utf8))
        let task = recent.withLock { recent in
            if let task = recent.signatures[digest] { return task }
            // Not on an event loop: it would hold up others.
            let task = Signature(executorPreference: globalConcurrentExecutor) { [self] in
                made.wrappingAdd(1, ordering: .relaxed)
                return try key.sign(text, version: version)
            }
            recent.signatures[digest] = task
            recent.order.append(digest)
            if recent.order.count > Recent.capacity, let oldest = recent.order.popFirst() {
                recent.signatures[oldest] = nil
            }
            return task
        }
        return try await task.value
    }

    /// The certificate of a name, in PEM; nil if there is none.
    func certificate(named name: String) async throws -> String? {
        let rows = try await database.read {
            try $0.query("SELECT certificate FROM sns_signing_key WHERE name = ?", [.text(name)])
        }
        return rows.first?.text(0)
    }

    func forget() {
        known.withLock { $0 = nil }
        recent.withLock { $0 = Recent() }
    }

    private func key() async throws -> SigningKey {
        let task = known.withLock { known in
            if let known { return known }
            let task = Task(executorPreference: globalConcurrentExecutor) { try await self.load() }
            known = task
            return task
        }
        do {
            return try await task.value
        } catch {
            known.withLock { if $0 == task { $0 = nil } }
            throw error
        }
    }

    /// The key that is kept, or a new one if there is none; of two processes that make one, both take the first.
    private func load() async throws -> SigningKey {
        let size = Int64(Self.bits)
        if let known = try await stored(size) { return known }
        let made = try SigningKey(bits: Self.bits, validFrom: Date())
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
