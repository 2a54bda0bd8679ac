import Crypto
import ServiceKit

/// The hashes of a body while it comes: MD5, which is its ETag, and the checksums that are asked for.
struct BodyHasher {
    private var md5 = Insecure.MD5()
    private var checks: ChecksumHasher

    init(_ algorithms: Set<ChecksumAlgorithm>) { checks = ChecksumHasher(algorithms) }

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        md5.update(bufferPointer: bytes)
        checks.update(bytes)
    }

    func finish() -> (md5: [UInt8], checksums: [ChecksumAlgorithm: [UInt8]]) {
        (Array(md5.finalize()), checks.finish())
    }
}

/// Checksums alone, so that MD5 may be computed beside them.
struct ChecksumHasher {
    private var crcs: [(ChecksumAlgorithm, CRC)] = []
    private var sha1: Insecure.SHA1?
    private var sha256: SHA256?

    init(_ algorithms: Set<ChecksumAlgorithm>) {
        for algorithm in algorithms {
            switch algorithm {
            case .crc32: crcs.append((algorithm, CRC(.crc32)))
            case .crc32c: crcs.append((algorithm, CRC(.crc32c)))
            case .crc64nvme: crcs.append((algorithm, CRC(.crc64nvme)))
            case .sha1: sha1 = Insecure.SHA1()
            case .sha256: sha256 = SHA256()
            }
        }
    }

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        for index in crcs.indices { crcs[index].1.update(bytes) }
        sha1?.update(bufferPointer: bytes)
        sha256?.update(bufferPointer: bytes)
    }

    func finish() -> [ChecksumAlgorithm: [UInt8]] {
        var found: [ChecksumAlgorithm: [UInt8]] = [:]
        for (algorithm, crc) in crcs { found[algorithm] = crc.bytes }
        if let sha1 { found[.sha1] = Array(sha1.finalize()) }
        if let sha256 { found[.sha256] = Array(sha256.finalize()) }
        return found
    }
}
