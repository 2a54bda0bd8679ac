import Crypto
import Synchronization

/// Derives signing keys, and keeps those of the day: each costs four HMACs.
final class SigningKeyCache: Sendable {
    private struct Key: Hashable {
        var secret: String
        var date: String
        var region: String
        var service: String
    }

    private let capacity: Int
    private let keys = Mutex<[Key: SymmetricKey]>([:])

    init(capacity: Int = 1024) { self.capacity = capacity }

    func key(secret: String, scope: CredentialScope) -> SymmetricKey {
        let name = Key(secret: secret, date: scope.date, region: scope.region, service: scope.service)
        if let known = keys.withLock({ $0[name] }) { return known }
        let key = Self.derive(secret: secret, scope: scope)
        keys.withLock { keys in
            if keys.count >= capacity { keys.removeAll() }
            keys[name] = key
        }
        return key
    }

    static func derive(secret: String, scope: CredentialScope) -> SymmetricKey {
        var key = SymmetricKey(data: Array("AWS4\(secret)".utf8))
        for part in [scope.date, scope.region, scope.service, CredentialScope.terminator] {
            key = SymmetricKey(data: HMAC<SHA256>.authenticationCode(for: Array(part.utf8), using: key))
        }
        return key
    }
}
