/// The checksums with which AWS clients protect payloads, in a field `x-amz-checksum-…` before or after them. See
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html>.
package enum ChecksumAlgorithm: Int, Sendable, Hashable, CaseIterable {
    // The numbers are in rows.
    case crc32 = 1
    case crc32c = 2
    case crc64nvme = 3
    case sha1 = 4
    case sha256 = 5

    /// As requests, answers and messages name it.
    package var name: String {
        switch self {
        case .crc32: "CRC32"
        case .crc32c: "CRC32C"
        case .crc64nvme: "CRC64NVME"
        case .sha1: "SHA1"
        case .sha256: "SHA256"
        }
    }

    /// The name of the field, in lower case.
    package var header: String { Self.prefix + name.lowercased() }

    /// In bytes.
    package var length: Int {
        switch self {
        case .crc32, .crc32c: 4
        case .crc64nvme: 8
        case .sha1: 20
        case .sha256: 32
        }
    }

    /// Nil of a hash.
    package var crc: CRC.Kind? {
        switch self {
        case .crc32: .crc32
        case .crc32c: .crc32c
        case .crc64nvme: .crc64nvme
        case .sha1, .sha256: nil
        }
    }

    /// Whether the checksum of a whole follows from those of its parts.
    package var isLinear: Bool { crc != nil }

    private static let prefix = "x-amz-checksum-"

    /// `name`: in upper or lower case.
    package init?(name: String) {
        guard let found = Self.allCases.first(where: { $0.name == name.uppercased() }) else { return nil }
        self = found
    }

    /// `header`: in lower case.
    package init?(header: String) {
        guard let found = Self.allCases.first(where: { $0.header == header }) else { return nil }
        self = found
    }
}
