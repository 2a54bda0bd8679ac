/// The variables by which programs that bring certificates of their own find those that a sandbox trusts.
///
/// Inside a sandbox the platform answers under AWS's names, with certificates of its own authority. Whatever reads the system's
/// certificates trusts that without a variable. As few are set as will do, since a function can see them; it may set each itself.
public enum TrustVariables {
    /// The sandbox's certificates in one file, where Amazon Linux has it.
    static let bundle = "/etc/pki/tls/certs/ca-bundle.crt"
    /// The platform's authority alone.
    static let authority = "/etc/pki/ca-trust/source/anchors/martlet.pem"

    /// The variables of every function of a runtime.
    /// - Parameters:
    ///   - family: the runtime's language.
    ///   - hasHostBundle: whether the bundle holds the machine's certificates too. Else it must not take the place of any.
    /// - Returns: names and values.
    public static func make(_ family: RuntimeIdentifier.Family, hasHostBundle: Bool) -> [String: String] {
        // The first is AWS's own, for its SDKs and its CLI; requests and its like know the second; OpenSSL the third, and httpx.
        let bundles =
            hasHostBundle ? ["AWS_CA_BUNDLE": bundle, "REQUESTS_CA_BUNDLE": bundle, "SSL_CERT_FILE": bundle] : [:]
        switch family {
        case .python:
            return bundles
        case .nodejs:
            // In addition to those that are compiled in. AWS sets the same for nodejs18.x, and documents it for later ones.
            return ["NODE_EXTRA_CA_CERTS": "/var/runtime/ca-cert.pem"]
        case .provided:
            // Any language.
            return bundles.merging(["NODE_EXTRA_CA_CERTS": authority]) { $1 }
        }
    }
}
