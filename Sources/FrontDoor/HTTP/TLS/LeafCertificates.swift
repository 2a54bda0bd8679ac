import Crypto
import Foundation
import Synchronization

/// The certificates that an authority issues for one listener: one for its names, and one for each further name that clients ask for. Many
/// clients take no `*.localhost`, and AWS's names have more labels than a wildcard covers.
final class LeafCertificates: Sendable {
    /// How many names are kept; what is beyond is issued anew.
    static let capacity = 1024

    private let authority: CertificateAuthority
    private let names: [String]
    private let hosts: HostRules
    private let now: @Sendable () -> Date
    private let key = P256.Signing.PrivateKey()
    private let issued = Mutex<[String: TLSIdentity]>([:])

    init(
        authority: CertificateAuthority, names: [String], hosts: HostRules,
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.authority = authority
        self.names = names
        self.hosts = hosts
        self.now = now
    }

    /// The certificate for the name that a client asks for. One that is not ours, or none at all, gets the listener's own.
    func identity(for serverName: String?) throws(TLSError) -> TLSIdentity {
        let name = serverName.flatMap(ownName) ?? ""
        let time = now()
        if let known = issued.withLock({ $0[name] }), !isDue(known, time) { return known }
        let identity = try authority.issue(name.isEmpty ? names : [name], key: key, now: time)
        issued.withLock { issued in
            if issued.count >= Self.capacity { issued.removeAll() }
            issued[name] = identity
        }
        return identity
    }

    /// Long-running servers renew: when two thirds of the time are over.
    private func isDue(_ identity: TLSIdentity, _ time: Date) -> Bool {
        identity.notAfter.timeIntervalSince(time) < CertificateAuthority.leafLifetime / 3
    }

    private func ownName(_ text: String) -> String? {
        guard let host = HostName(text), host.port == nil, !host.isIPv4, !host.isIPv6, !names.contains(host.name),
            hosts.allows(host, localAddress: nil)
        else { return nil }
        return host.name
    }

    /// For tests.
    var count: Int { issued.withLock { $0.count } }
}
