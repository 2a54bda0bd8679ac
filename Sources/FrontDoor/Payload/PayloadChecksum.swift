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
}

/// A checksum of what has been read.
struct ChecksumState: Sendable {
    private enum Function: Sendable {
        case crc(CRC)
        case sha1(Insecure.SHA1)
        case sha256(SHA256)
    }

    let algorithm: ChecksumAlgorithm
    private var function: Function

    init(_ algorithm: ChecksumAlgorithm) {
        self.algorithm = algorithm
        function =
            switch algorithm {
            case .crc32: .crc(CRC(.crc32))
            case .crc32c: .crc(CRC(.crc32c))
            case .crc64nvme: .crc(CRC(.crc64nvme))
            case .sha1: .sha1(Insecure.SHA1())
            case .sha256: .sha256(SHA256())
            }
    }

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        switch function {
        case .crc(var crc):
            crc.update(bytes)
            function = .crc(crc)
        case .sha1(var hash):
            hash.update(bufferPointer: bytes)
            function = .sha1(hash)
        case .sha256(var hash):
            hash.update(bufferPointer: bytes)
            function = .sha256(hash)
        }
    }

    /// Compares what was read with what the client says of it, in base 64.
    func verify(against text: String) throws(PayloadError) {
        guard let expected = Data(base64Encoded: text), expected.count == algorithm.length else {
            throw .invalidChecksum(algorithm.headerName)
        }
        if value != Array(expected) { throw .checksumMismatch(algorithm.rawValue.uppercased()) }
    }

    private var value: [UInt8] {
        switch function {
        case .crc(let crc): crc.bytes
        case .sha1(let hash): Array(hash.finalize())
        case .sha256(let hash): Array(hash.finalize())
        }
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
