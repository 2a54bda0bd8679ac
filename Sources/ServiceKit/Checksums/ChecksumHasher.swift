import Crypto

/// Computes checksums of bytes that come piece by piece.
package struct ChecksumHasher: Sendable {
    private var crcs: [(algorithm: ChecksumAlgorithm, crc: CRC)] = []
    // Apart from the others, and never moved: a hash that is moved into a local variable is copied at each update.
    private var sha1: Insecure.SHA1?
    private var sha256: SHA256?

    package init(_ algorithms: Set<ChecksumAlgorithm>) {
        for algorithm in algorithms {
            switch algorithm {
            case .crc32, .crc32c, .crc64nvme:
                if let kind = algorithm.crc { crcs.append((algorithm, CRC(kind))) }
            case .sha1: sha1 = Insecure.SHA1()
            case .sha256: sha256 = SHA256()
            }
        }
    }

    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        for index in crcs.indices { crcs[index].crc.update(bytes) }
        sha1?.update(bufferPointer: bytes)
        sha256?.update(bufferPointer: bytes)
    }

    /// The checksums of all that came, in the byte order in which they are written.
    package func finish() -> [ChecksumAlgorithm: [UInt8]] {
        var found: [ChecksumAlgorithm: [UInt8]] = [:]
        for (algorithm, crc) in crcs { found[algorithm] = crc.bytes }
        if let sha1 { found[.sha1] = Array(sha1.finalize()) }
        if let sha256 { found[.sha256] = Array(sha256.finalize()) }
        return found
    }

    /// The checksum of whole bytes.
    package static func checksum(_ algorithm: ChecksumAlgorithm, _ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        var hasher = ChecksumHasher([algorithm])
        hasher.update(bytes)
        return hasher.finish()[algorithm] ?? []
    }
}
