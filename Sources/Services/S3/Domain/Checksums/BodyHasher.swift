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
