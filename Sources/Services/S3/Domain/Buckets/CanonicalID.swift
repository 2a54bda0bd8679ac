import Crypto
import ServiceModel

/// The canonical id of an account: 64 hexadecimal digits, the same for ever. AWS's are random; here they follow from the account's number.
enum CanonicalID {
    static func of(_ account: String) -> String {
        Hexadecimal.encode(SHA256.hash(data: Array("martlet/canonical-user/\(account)".utf8)))
    }
}
