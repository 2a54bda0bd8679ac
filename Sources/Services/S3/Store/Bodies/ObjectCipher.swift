import Crypto
import Foundation
import ServiceKit
import ServiceModel

/// Encrypts bodies: AES-256-GCM.
///
/// A segment has a random data key of its own, which the installation's key seals; or the key follows from one that the customer
/// brings with each request, and that is never kept. A segment is a sequence of frames of ``frame`` plain bytes, each followed by its
/// tag; the number of a frame is its nonce, so that any frame can be read alone. A body in a row is sealed as it is.
struct ObjectCipher: Sendable {
    /// Plain bytes of a frame; the last of a segment may have less.
    /// Small enough that what is made of it on its way stays in a processor's cache.
    static let frame = 64 * 1024
    static let overhead = 16

    let secrets: SecretBox

    /// A data key, and how it is kept.
    func newKey(segment: [UInt8], customer: CustomerKey?) throws -> (key: SymmetricKey, sealed: [UInt8]) {
        if let customer { return (Self.derived(customer, segment), []) }
        let key = SymmetricKey(size: .bits256)
        let sealed = try secrets.seal(
            key.withUnsafeBytes { Array($0) }, context: "segment/" + Hexadecimal.encode(segment))
        return (key, sealed)
    }

    func key(of extent: Extent, customer: CustomerKey?) throws -> SymmetricKey {
        if extent.sealedKey.isEmpty {
            guard let customer else { throw SecretBoxError.unreadable }
            return Self.derived(customer, extent.segment)
        }
        return SymmetricKey(
            data: try secrets.open(extent.sealedKey, context: "segment/" + extent.name))
    }

    private static func derived(_ customer: CustomerKey, _ segment: [UInt8]) -> SymmetricKey {
        HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: customer.key), salt: segment, info: Data("martlet/s3/segment".utf8),
            outputByteCount: 32)
    }

    /// Seals a body that goes into a row of this bucket and key.
    func sealInline(_ body: [UInt8], context: String, customer: CustomerKey?) throws -> [UInt8] {
        guard let customer else { return try secrets.seal(body, context: context) }
        let box = try AES.GCM.seal(body, using: SymmetricKey(data: customer.key))
        return [UInt8](box.combined ?? Data())
    }

    func openInline(_ sealed: [UInt8], context: String, customer: CustomerKey?) throws -> [UInt8] {
        guard let customer else { return try secrets.open(sealed, context: context) }
        return [UInt8](
            try AES.GCM.open(AES.GCM.SealedBox(combined: sealed), using: SymmetricKey(data: customer.key)))
    }

    /// The place of a frame in the file.
    static func position(ofFrame frame: Int64) -> Int64 { frame * Int64(Self.frame + overhead) }

    static func seal(_ plain: UnsafeRawBufferPointer, frame: Int64, key: SymmetricKey) throws -> AES.GCM.SealedBox {
        try AES.GCM.seal(plain, using: key, nonce: nonce(frame))
    }

    /// Opens a frame with its tag behind it.
    static func open(_ sealed: UnsafeRawBufferPointer, frame: Int64, key: SymmetricKey) throws -> Data {
        let ciphertext = UnsafeRawBufferPointer(rebasing: sealed.dropLast(overhead))
        let tag = UnsafeRawBufferPointer(rebasing: sealed.suffix(overhead))
        return try AES.GCM.open(AES.GCM.SealedBox(nonce: nonce(frame), ciphertext: ciphertext, tag: tag), using: key)
    }

    private static func nonce(_ frame: Int64) throws -> AES.GCM.Nonce {
        var bytes = [UInt8](repeating: 0, count: 12)
        for index in 0..<8 { bytes[11 - index] = UInt8(truncatingIfNeeded: frame >> Int64(8 * index)) }
        return try AES.GCM.Nonce(data: bytes)
    }
}
