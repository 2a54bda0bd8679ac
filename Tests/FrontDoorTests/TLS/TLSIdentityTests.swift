import Crypto
import Foundation
import NIOSSL
import SwiftASN1
import TestSupport
import Testing
import X509

@testable import FrontDoor

@Suite("Certificates from files")
struct TLSIdentityTests {
    /// A certificate and a key of the test's own, in two files.
    private func files(_ folder: String) throws -> (certificate: String, key: String) {
        let key = P256.Signing.PrivateKey()
        let name = try DistinguishedName { CommonName("localhost") }
        let own = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: .init(key.publicKey), notValidBefore: Date(),
            notValidAfter: Date() + 86_400, issuer: name, subject: name, signatureAlgorithm: .ecdsaWithSHA256,
            extensions: .init { SubjectAlternativeNames([.dnsName("localhost")]) }, issuerPrivateKey: .init(key))
        return (
            try write(own.serializeAsPEM().pemString, folder + "/cert.pem"),
            try write(key.pemRepresentation, folder + "/key.pem")
        )
    }

    private func write(_ text: String, _ path: String) throws -> String {
        try (text + "\n").write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    @Test("are taken, from two files or one")
    func taken() async throws {
        try await TemporaryFolder.with { folder in
            let (certificate, key) = try files(folder)
            let identity = try TLSIdentity(certificateFile: certificate, keyFile: key)
            #expect(identity.chain.count == 1)
            #expect(identity.isSelfSigned)
            #expect(identity.notAfter > Date())
            let text = try [key, certificate].map { try String(contentsOfFile: $0, encoding: .utf8) }.joined()
            let both = try write(text, folder + "/both.pem")
            #expect(try TLSIdentity(certificateFile: both, keyFile: both).chain == identity.chain)
        }
    }

    @Test("are refused in words that name the file")
    func refused() async throws {
        try await TemporaryFolder.with { folder in
            let (certificate, key) = try files(folder)
            let authority = try CertificateAuthority.make()
            let other = try write(authority.keyPEM, folder + "/other.pem")
            let issuer = try write(authority.certificatePEM, folder + "/issuer.pem")
            let locked = try write(
                "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----",
                folder + "/locked.pem")
            func message(_ certificate: String, _ key: String) -> String? {
                #expect(throws: TLSError.self) { try TLSIdentity(certificateFile: certificate, keyFile: key) }?
                    .description
            }
            #expect(message("/none.pem", key) == "The certificate /none.pem cannot be read: No such file or directory.")
            #expect(message(certificate, "/none.pem")?.contains("private key /none.pem cannot be read") == true)
            #expect(message(folder, key)?.contains("cannot be read") == true)
            #expect(message(key, key)?.contains("\(key) holds no certificate") == true)
            #expect(message(certificate, certificate)?.contains("\(certificate) holds no private key") == true)
            #expect(message(certificate, locked)?.contains("passphrase") == true)
            #expect(message(certificate, other)?.contains("does not belong") == true)
            #expect(message(issuer, other)?.contains("not one for servers") == true)
        }
    }
}
