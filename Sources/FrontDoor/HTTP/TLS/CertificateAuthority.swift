import Crypto
public import Foundation
import NIOSSL
import ServiceModel
import SwiftASN1
import X509

/// A private certificate authority: clients that trust its certificate trust every certificate that it issues.
///
/// It is made once for an installation and kept in its data folder (``load(folder:now:)``). Issuing takes a fraction of a millisecond, so
/// that certificates can be made for the names that clients ask for.
public struct CertificateAuthority: Sendable {
    /// How long an authority's certificate is good for: ten years.
    static let lifetime = TimeInterval(3650 * 86_400)
    /// How long issued certificates are good for: 90 days.
    public static let leafLifetime = TimeInterval(90 * 86_400)
    /// Clocks differ: certificates count from a day before they are made.
    private static let backdating = TimeInterval(86_400)

    /// What clients have to trust, in PEM form: the content of a CA bundle.
    public let certificatePEM: String
    /// The private key in PEM form (PKCS #8).
    let keyPEM: String

    private let certificate: Certificate
    var subject: DistinguishedName { certificate.subject }
    private let key: P256.Signing.PrivateKey
    /// When the authority's own certificate ends.
    public let notAfter: Date

    /// A new authority with a name of its own.
    public static func make(now: Date = Date()) throws(TLSError) -> CertificateAuthority {
        do {
            let key = P256.Signing.PrivateKey()
            let mark = SHA256.hash(data: key.publicKey.derRepresentation).prefix(4)
            // Two installations shall not look like one: clients find an issuer by its name.
            let name = try DistinguishedName {
                OrganizationName("Martlet")
                CommonName("Martlet local authority \(Hexadecimal.encode(mark))")
            }
            let publicKey = Certificate.PublicKey(key.publicKey)
            let certificate = try Certificate(
                version: .v3, serialNumber: .init(), publicKey: publicKey,
                notValidBefore: now.addingTimeInterval(-backdating), notValidAfter: now.addingTimeInterval(lifetime),
                issuer: name, subject: name, signatureAlgorithm: .ecdsaWithSHA256,
                extensions: Certificate.Extensions {
                    Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                    Critical(KeyUsage(keyCertSign: true, cRLSign: true))
                    SubjectKeyIdentifier(hash: publicKey)
                }, issuerPrivateKey: .init(key))
            return CertificateAuthority(
                certificate: certificate, key: key, certificatePEM: try certificate.serializeAsPEM().pemString + "\n")
        } catch {
            throw TLSError("A certificate authority cannot be made: \(error)")
        }
    }

    private init(certificate: Certificate, key: P256.Signing.PrivateKey, certificatePEM: String) {
        self.certificate = certificate
        self.key = key
        self.certificatePEM = certificatePEM
        keyPEM = key.pemRepresentation + "\n"
        notAfter = certificate.notValidAfter
    }

    /// An authority from its stored form; nil if that is damaged, or if key and certificate do not belong together.
    init?(certificatePEM: String, keyPEM: String) {
        guard let certificate = try? Certificate(pemEncoded: certificatePEM),
            let key = try? P256.Signing.PrivateKey(pemRepresentation: keyPEM),
            certificate.publicKey == Certificate.PublicKey(key.publicKey)
        else { return nil }
        self.init(certificate: certificate, key: key, certificatePEM: certificatePEM)
    }

    /// Issues a certificate for host names (`*.` may stand before one) and IP addresses, with a key of its own.
    public func issue(_ names: [String], now: Date = Date()) throws(TLSError) -> TLSIdentity {
        try issue(names, key: P256.Signing.PrivateKey(), now: now)
    }

    /// Issues a certificate for a key that others may have as well.
    func issue(_ names: [String], key leafKey: P256.Signing.PrivateKey, now: Date) throws(TLSError) -> TLSIdentity {
        do {
            let publicKey = Certificate.PublicKey(leafKey.publicKey)
            let end = min(now.addingTimeInterval(Self.leafLifetime), notAfter)
            let alternatives = names.map(Self.generalName)
            let authorityKey = try certificate.extensions.subjectKeyIdentifier?.keyIdentifier
            let leaf = try Certificate(
                version: .v3, serialNumber: .init(), publicKey: publicKey,
                notValidBefore: now.addingTimeInterval(-Self.backdating), notValidAfter: end,
                issuer: certificate.subject,
                subject: DistinguishedName { CommonName(String((names.first ?? "localhost").prefix(64))) },
                signatureAlgorithm: .ecdsaWithSHA256,
                extensions: Certificate.Extensions {
                    Critical(BasicConstraints.notCertificateAuthority)
                    Critical(KeyUsage(digitalSignature: true))
                    try ExtendedKeyUsage([.serverAuth])
                    SubjectAlternativeNames(alternatives)
                    SubjectKeyIdentifier(hash: publicKey)
                    AuthorityKeyIdentifier(keyIdentifier: authorityKey)
                }, issuerPrivateKey: .init(self.key))
            var serializer = DER.Serializer()
            try serializer.serialize(leaf)
            return TLSIdentity(
                chain: [try NIOSSLCertificate(bytes: serializer.serializedBytes, format: .der)],
                key: try NIOSSLPrivateKey(bytes: Array(leafKey.derRepresentation), format: .der), notAfter: end,
                isSelfSigned: false)
        } catch {
            throw TLSError("A certificate for \(names.joined(separator: ", ")) cannot be issued: \(error)")
        }
    }

    private static func generalName(_ name: String) -> GeneralName {
        if let address = IPAddressBytes.parse(name) { return .ipAddress(ASN1OctetString(contentBytes: address[...])) }
        return .dnsName(name)
    }
}

/// The bytes of an IP address's text, as certificates hold them.
enum IPAddressBytes {
    /// Four or sixteen bytes; nil if the text is no address.
    static func parse(_ text: String) -> [UInt8]? {
        for (family, count) in [(AF_INET, 4), (AF_INET6, 16)] {
            var bytes = [UInt8](repeating: 0, count: count)
            if inet_pton(family, text, &bytes) == 1 { return bytes }
        }
        return nil
    }
}
