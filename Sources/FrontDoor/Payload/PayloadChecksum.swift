import Crypto
import Foundation
import ServiceKit

/// The checksums that a client may send with a payload (`x-amz-checksum-…`), in a header or a trailer.
enum ChecksumAlgorithm: String, Sendable, CaseIterable {
    case crc32, crc32c, crc64nvme, sha1, sha256

    var headerName: String { "x-amz-checksum-" + rawValue }

    var length: Int {
        switch self {
        case .crc32, .crc32c: 4
        case .crc64nvme: 8
        case .sha1: 20
        case .sha256: 32
        }
    }

    init?(headerName: String) {
        guard headerName.hasPrefix("x-amz-checksum-") else { return nil }
        self.init(rawValue: String(headerName.dropFirst(15)))
    }

    /// The checksum of a payload.
    func value(of payload: [UInt8]) -> [UInt8] {
        payload.withUnsafeBytes { bytes in
            switch self {
            case .crc32: Self.crc(.crc32, bytes)
            case .crc32c: Self.crc(.crc32c, bytes)
            case .crc64nvme: Self.crc(.crc64nvme, bytes)
            case .sha1: Array(Insecure.SHA1.hash(data: bytes))
            case .sha256: Array(SHA256.hash(data: bytes))
            }
        }
    }

    private static func crc(_ kind: CRC.Kind, _ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        var crc = CRC(kind)
        crc.update(bytes)
        return crc.bytes
    }

    /// Compares a payload with what the client says of it, in base 64.
    func verify(_ payload: [UInt8], against text: String) throws(PayloadError) {
        guard let expected = Data(base64Encoded: text), expected.count == length else {
            throw .invalidChecksum(headerName)
        }
        if value(of: payload) != Array(expected) { throw .checksumMismatch(rawValue.uppercased()) }
    }
}

/// What is wrong with a payload, beside its size.
enum PayloadError: Error, Sendable, Equatable {
    /// The framing of an `aws-chunked` body is broken.
    case malformedChunks
    /// It ended before its last chunk, or does not have the length that `x-amz-decoded-content-length` says.
    case incomplete
    /// The signature of a chunk or trailer is wrong.
    case chunkSignature
    /// A checksum header that is no checksum.
    case invalidChecksum(String)
    case checksumMismatch(String)
    /// The trailer announced by `x-amz-trailer` did not come, or another one did.
    case trailer
    /// `x-amz-content-sha256` is not the payload's hash.
    case contentHash(client: String, computed: String)
    /// The decoded payload is larger than the operation takes.
    case tooLarge
}
