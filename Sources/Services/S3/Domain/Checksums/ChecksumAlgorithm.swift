import ServiceKit

/// The checksums that S3 computes, verifies and keeps. See
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html>.
enum ChecksumAlgorithm: Int, Sendable, Hashable, CaseIterable {
    // The numbers are in rows.
    case crc32 = 1
    case crc32c = 2
    case crc64nvme = 3
    case sha1 = 4
    case sha256 = 5

    /// As requests and answers name it.
    var name: String {
        switch self {
        case .crc32: "CRC32"
        case .crc32c: "CRC32C"
        case .crc64nvme: "CRC64NVME"
        case .sha1: "SHA1"
        case .sha256: "SHA256"
        }
    }

    /// The member of inputs and outputs.
    var member: String { "Checksum" + name }
    var header: String { "x-amz-checksum-" + name.lowercased() }

    /// In bytes.
    var length: Int {
        switch self {
        case .crc32, .crc32c: 4
        case .crc64nvme: 8
        case .sha1: 20
        case .sha256: 32
        }
    }

    /// Whether the checksum of a whole follows from those of its parts.
    var isLinear: Bool {
        switch self {
        case .crc32, .crc32c, .crc64nvme: true
        case .sha1, .sha256: false
        }
    }

    /// The type that a multipart upload has if it names none.
    var defaultType: ChecksumType { self == .crc64nvme ? .fullObject : .composite }

    init?(name: String) {
        guard let found = Self.allCases.first(where: { $0.name == name.uppercased() }) else { return nil }
        self = found
    }

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
