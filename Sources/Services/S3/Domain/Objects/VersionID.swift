import ServiceKit

/// The names of versions: 32 characters, of which nobody but Martlet can tell that they hold the version's place.
enum VersionID {
    /// The version of a bucket without versions.
    static let null = "null"

    static func make(position: Int64, using generator: inout some RandomNumberGenerator) -> String {
        let salt: [UInt64] = [generator.next(), generator.next()]
        let words = [salt[0], salt[1], UInt64(bitPattern: position) ^ salt[0].byteSwapped ^ salt[1]]
        return Base64URL.encode(
            words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * UInt64($0))) } })
    }

    /// The place that a name tells, whether or not there is such a version; nil if it is no name.
    static func position(_ text: String) -> Int64? {
        guard text.utf8.count == 32, let bytes = Base64URL.decode(text), bytes.count == 24 else { return nil }
        let words = (0..<3).map { word in
            (0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[8 * word + $1]) << (8 * UInt64($1)) }
        }
        return Int64(bitPattern: words[2] ^ words[0].byteSwapped ^ words[1])
    }
}
