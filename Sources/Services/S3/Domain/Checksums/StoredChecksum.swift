import ServiceKit

extension ChecksumAlgorithm {
    /// The member of inputs and outputs.
    var member: String { "Checksum" + name }

    /// The type that a multipart upload has if it names none.
    var defaultType: ChecksumType { self == .crc64nvme ? .fullObject : .composite }

    /// Those of AWS's that are not here.
    static let unsupported = ["SHA512", "MD5", "XXHASH64", "XXHASH3", "XXHASH128"]
}

enum ChecksumType: String, Sendable, Hashable {
    case fullObject = "FULL_OBJECT"
    case composite = "COMPOSITE"
}

/// A checksum that is kept with an object or a part.
struct StoredChecksum: Sendable, Hashable {
    var algorithm: ChecksumAlgorithm
    var type: ChecksumType
    /// Base64, with `-N` if it is of N parts.
    var text: String

    /// How a row keeps algorithm and type.
    var summary: Int { algorithm.rawValue + (type == .composite ? 16 : 0) }

    static func split(summary: Int) -> (ChecksumAlgorithm, ChecksumType)? {
        ChecksumAlgorithm(rawValue: summary & 15).map { ($0, summary & 16 == 0 ? .fullObject : .composite) }
    }
}
