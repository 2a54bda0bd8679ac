import ServiceKit

/// What a page of a listing hands out so that the next one goes on after it. Opaque, but not secret; what was not handed out here is known
/// by its check.
enum ContinuationToken {
    static func encode(_ text: String) -> String {
        let bytes = Array(text.utf8)
        return Base64URL.encode(check(bytes) + bytes)
    }

    static func decode(_ token: String) -> String? {
        guard let bytes = Base64URL.decode(token), bytes.count >= 4, Array(bytes[..<4]) == check(Array(bytes[4...]))
        else {
            return nil
        }
        return String(validating: bytes[4...], as: UTF8.self)
    }

    private static func check(_ bytes: [UInt8]) -> [UInt8] {
        var crc = CRC(.crc32c)
        bytes.withUnsafeBytes { crc.update($0) }
        return crc.bytes
    }
}
