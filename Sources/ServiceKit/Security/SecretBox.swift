import Crypto
import Foundation

/// Encrypts what must not lie open in the database, such as functions' environment variables: AES-256-GCM, with a key that
/// HKDF-SHA256 derives from the master key for one purpose.
///
/// A sealed value is a version byte (1), a random nonce of 12 bytes, the ciphertext, and the tag of 16 bytes.
public struct SecretBox: Sendable {
    private static let version: UInt8 = 1
    private static let overhead = 1 + 12 + 16
    private let key: SymmetricKey

    /// Derives the box's key.
    /// - Parameters:
    ///   - master: the installation's key.
    ///   - purpose: what the box is for, such as `lambda/environment`; a box of another purpose can't open its values.
    public init(_ master: MasterKey, purpose: String) {
        key = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: master.bytes), info: Data("martlet/\(purpose)".utf8),
            outputByteCount: 32)
    }

    /// Encrypts a value.
    /// - Parameters:
    ///   - plain: the value.
    ///   - context: what the value belongs to, such as a function's ARN. The same must be given to open it, so that a value
    ///   can't be moved to another row.
    /// - Returns: the sealed value.
    /// - Throws: if the system has no randomness.
    public func seal(_ plain: [UInt8], context: String = "") throws -> [UInt8] {
        let box = try AES.GCM.seal(plain, using: key, authenticating: authenticated(context))
        var sealed: [UInt8] = []
        sealed.reserveCapacity(plain.count + Self.overhead)
        sealed.append(Self.version)
        // A nonce of twelve bytes, as here, always has a combined form: nonce, ciphertext, tag.
        guard let combined = box.combined else { throw SecretBoxError.unreadable }
        sealed += combined
        return sealed
    }

    /// - Throws: ``SecretBoxError`` if the value was not sealed by this box for this context, or was changed since.
    public func open(_ sealed: [UInt8], context: String = "") throws -> [UInt8] {
        guard sealed.count >= Self.overhead, sealed[0] == Self.version else { throw SecretBoxError.unreadable }
        do {
            let box = try AES.GCM.SealedBox(combined: sealed[1...])
            return [UInt8](try AES.GCM.open(box, using: key, authenticating: authenticated(context)))
        } catch {
            throw SecretBoxError.unreadable
        }
    }

    private func authenticated(_ context: String) -> Data { Data([Self.version] + Array(context.utf8)) }
}

public enum SecretBoxError: Error, Sendable, Hashable {
    /// Another key, purpose or context, a newer format, or changed bytes.
    case unreadable
}
