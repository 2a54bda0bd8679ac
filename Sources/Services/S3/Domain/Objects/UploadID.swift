import ServiceKit

/// The names of uploads: random, and in the form of AWS's.
enum UploadID {
    static func make() -> String {
        var generator = SystemRandomNumberGenerator()
        let bytes = (0..<9).flatMap { _ in
            let word: UInt64 = generator.next()
            return (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * UInt64($0))) }
        }
        return Base64URL.encode(bytes)
    }
}
