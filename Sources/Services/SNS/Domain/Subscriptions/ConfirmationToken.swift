import ServiceKit
import ServiceModel

/// What proves that somebody reads what an endpoint gets: 32 random bytes and the region, in hexadecimal digits.
enum ConfirmationToken {
    private static let digits = 64

    static func make(region: String) -> String {
        var random = SystemRandomNumberGenerator()
        let bytes = (0..<(digits / 2)).map { _ in UInt8.random(in: .min ... .max, using: &random) }
        return Hexadecimal.encode(bytes) + Hexadecimal.encode(Array(region.utf8))
    }

    /// Refuses what is no token, or one of another region.
    static func check(_ token: String, region: String) throws(AWSError) {
        guard token.utf8.count <= 1024, token.utf8.allSatisfy({ Hexadecimal.value($0) != nil }) else {
            throw SNSError.invalidParameterException("Invalid token")
        }
        guard token.utf8.count > digits, let name = Hexadecimal.decode(String(token.dropFirst(digits))) else {
            throw SNSFailures.invalid("Token")
        }
        guard String(decoding: name, as: UTF8.self) == region else { throw SNSFailures.invalid("Topic") }
    }
}
