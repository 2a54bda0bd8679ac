import ServiceKit

/// The names of uploads, in the form of AWS's: random, but for the place of the upload in the order of all, so that a listing can go on
/// after one that has gone.
enum UploadID {
    static func make(sequence: Int64) -> String {
        var generator = SystemRandomNumberGenerator()
        let random = (0..<8).flatMap { _ in bytes(of: generator.next()) }
        return Base64URL.encode(random + bytes(of: UInt64(bitPattern: sequence) ^ mask(random)))
    }

    /// Nil if it is not an upload's name.
    static func sequence(_ id: String) -> Int64? {
        guard let bytes = Base64URL.decode(id), bytes.count == 72 else { return nil }
        let word = bytes[64...].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let sequence = Int64(bitPattern: word ^ mask(Array(bytes[..<64])))
        return sequence >= 0 ? sequence : nil
    }

    private static func bytes(of word: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * UInt64($0))) }
    }

    /// Names that follow one another do not look alike.
    private static func mask(_ random: [UInt8]) -> UInt64 { random.prefix(8).reduce(0) { $0 << 8 | UInt64($1) } }
}
