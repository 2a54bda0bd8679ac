import NIOCore
import NIOSSL
import Synchronization

/// With what listeners speak TLS: one certificate, or an authority that issues one for each name. May be shared by any number of listeners.
///
/// TLS 1.2 and 1.3; clients choose HTTP/2 or HTTP/1.1 by ALPN.
public final class TLSContext: Sendable {
    private let prepared = Mutex<NIOSSLContext?>(nil)
    private let configure: @Sendable () throws -> TLSConfiguration

    /// With one certificate for all names.
    public init(_ identity: TLSIdentity) {
        configure = { identity.configuration }
    }

    /// With certificates that `authority` issues: one for `names` (host names, with `*.` before them or not, and IP addresses), and
    /// one for every other name that a client asks for, if this server may be addressed under it: the built-in names and those below
    /// `hostSuffixes`. Nothing is made before the first connection.
    public convenience init(
        authority: CertificateAuthority, names: [String] = TLSContext.names(), hostSuffixes: [String] = []
    ) {
        self.init(
            leaves: LeafCertificates(authority: authority, names: names, hosts: HostRules(additional: hostSuffixes)))
    }

    init(leaves: LeafCertificates) {
        configure = {
            var configuration = try leaves.identity(for: nil).configuration
            // Asked at every handshake: certificates of a server that runs for months are renewed there.
            configuration.sslContextCallback = { client, promise in
                do {
                    let identity = try leaves.identity(for: client.serverHostname)
                    var change = NIOSSLContextConfigurationOverride()
                    change.certificateChain = identity.chain.map { .certificate($0) }
                    change.privateKey = .privateKey(identity.key)
                    promise.succeed(change)
                } catch {
                    promise.fail(error)
                }
            }
            return configuration
        }
    }

    /// The names of this server's own certificate: the local ones, AWS's, and `host`, `region` and `hostSuffixes` as they are
    /// configured.
    public static func names(
        hosts: [String] = [], region: String = "us-east-1", hostSuffixes: [String] = []
    ) -> [String] {
        var names = [
            "localhost", "*.localhost", "localhost.localstack.cloud", "*.localhost.localstack.cloud",
            "*.\(region).localhost.localstack.cloud", "amazonaws.com", "*.amazonaws.com", "*.\(region).amazonaws.com",
            "*.s3.amazonaws.com", "*.s3.\(region).amazonaws.com", "*.execute-api.\(region).amazonaws.com",
            "*.lambda-url.\(region).on.aws", "*.\(region).api.aws", "127.0.0.1", "::1",
        ]
        for name in hosts where !name.isEmpty { names.append(name) }
        for suffix in hostSuffixes {
            let name = suffix.hasPrefix(".") ? String(suffix.dropFirst()) : suffix
            names += [name, "*." + name]
        }
        var seen: Set<String> = []
        return names.map { $0.lowercased() }.filter { seen.insert($0).inserted }
    }

    /// A connection's handler.
    func makeHandler() throws -> NIOSSLServerHandler {
        let context = try prepared.withLock { prepared in
            if let prepared { return prepared }
            let made = try NIOSSLContext(configuration: configure())
            prepared = made
            return made
        }
        return NIOSSLServerHandler(context: context)
    }
}
