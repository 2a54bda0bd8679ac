import Crypto
import CryptoExtras
import Foundation
import ServiceModel
import SwiftASN1
import X509

/// A key that envelopes are signed with, and its certificate.
struct SigningKey: Sendable {
    private let key: _RSA.Signing.PrivateKey
    /// PEM.
    let certificate: String
    /// What the certificate is found by: as on AWS, `SimpleNotificationService-` and 32 hexadecimal digits.
    let name: String

    /// A new key of 1,024 or 2,048 bits, with a certificate of its own.
    init(bits: Int, validFrom now: Date) throws {
        let key =
            try bits < 2048 ? _RSA.Signing.PrivateKey(unsafeKeySize: .init(bitCount: bits)) : .init(keySize: .bits2048)
        let issuer = try DistinguishedName {
            CommonName("sns.amazonaws.com")
            OrganizationName("Martlet")
        }
        let certificate = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: .init(key.publicKey),
            notValidBefore: now.addingTimeInterval(-86_400), notValidAfter: now.addingTimeInterval(3650 * 86_400),
            issuer: issuer, subject: issuer, signatureAlgorithm: .sha256WithRSAEncryption,
            extensions: Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
                SubjectAlternativeNames([.dnsName("sns.amazonaws.com")])
            }, issuerPrivateKey: .init(key))
        self.init(key: key, certificate: try certificate.serializeAsPEM().pemString)
    }

    /// A key that is kept, from its PEM texts.
    init(privatePEM: String, certificate: String) throws {
        self.init(key: try _RSA.Signing.PrivateKey(unsafePEMRepresentation: privatePEM), certificate: certificate)
    }

    private init(key: _RSA.Signing.PrivateKey, certificate: String) {
        self.key = key
        self.certificate = certificate
        name =
            "SimpleNotificationService-"
            + Hexadecimal.encode(Array(SHA256.hash(data: Data(certificate.utf8)).prefix(16)))
    }

    var privatePEM: String { key.pemRepresentation }

    /// RSASSA-PKCS1-v1_5 with SHA-1 (version 1) or SHA-256 (version 2), in base 64.
    func sign(_ text: String, version: Int) throws -> String {
        let data = Data(text.utf8)
        let signature =
            version == 1
            ? try key.signature(for: Insecure.SHA1.hash(data: data), padding: .insecurePKCS1v1_5)
            : try key.signature(for: SHA256.hash(data: data), padding: .insecurePKCS1v1_5)
        return signature.rawRepresentation.base64EncodedString()
    }
}
