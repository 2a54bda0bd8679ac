import ServiceKit
import ServiceModel

/// The URL of a function or of an alias, as it is stored.
/// https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html
struct FunctionURLRecord: Sendable, Hashable {
    var key: FunctionKey
    /// An alias; nil: the function itself.
    var qualifier: String?
    /// 32 lower-case letters and digits, never changed.
    var id: String
    /// Whether `AuthType` is `AWS_IAM`.
    var requiresSignature: Bool
    var cors: CrossOriginRules?
    /// nil: never set, which means `BUFFERED`.
    var invokeMode: String?
    var created: Timestamp
    var lastModified: Timestamp

    var arn: String { key.arn(qualifier) }
    var authType: String { requiresSignature ? "AWS_IAM" : "NONE" }
    /// Whether the function's answer is passed on as it comes.
    var streams: Bool { invokeMode == "RESPONSE_STREAM" }

    /// A new id, which nobody can guess: 160 random bits.
    static func newID() -> String {
        var generator = SystemRandomNumberGenerator()
        let alphabet = Array("abcdefghijklmnopqrstuvwxyz234567".utf8)
        return String(
            decoding: (0..<32).map { _ in alphabet[Int.random(in: 0..<32, using: &generator)] }, as: UTF8.self)
    }

    static func isID(_ text: some StringProtocol) -> Bool {
        text.utf8.count == 32
            && text.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) }
    }
}
