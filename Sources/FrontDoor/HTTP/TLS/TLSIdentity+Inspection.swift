import NIOSSL
import SwiftASN1
import X509

extension TLSIdentity {
    /// Whether the certificate's issuer is its subject.
    static func isSelfSigned(_ certificate: NIOSSLCertificate) -> Bool {
        guard let parsed = parse(certificate) else { return false }
        return parsed.issuer == parsed.subject
    }

    /// Whether the key is the certificate's, as far as can be told.
    static func belong(_ certificate: NIOSSLCertificate, _ keyPEM: String) -> Bool {
        guard let documents = try? PEMDocument.parseMultiple(pemString: keyPEM),
            let document = documents.first(where: { $0.discriminator.hasSuffix("PRIVATE KEY") }),
            let key = try? Certificate.PrivateKey(pemDocument: document)
        else { return false }
        return parse(certificate)?.publicKey == key.publicKey
    }

    private static func parse(_ certificate: NIOSSLCertificate) -> Certificate? {
        (try? certificate.toDERBytes()).flatMap { try? Certificate(derEncoded: $0) }
    }
}
