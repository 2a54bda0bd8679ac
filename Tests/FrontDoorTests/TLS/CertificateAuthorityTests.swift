import Foundation
import NIOSSL
import SwiftASN1
import TestSupport
import Testing
import X509

@testable import FrontDoor

@Suite("The certificate authority")
struct CertificateAuthorityTests {
    private static let day = TimeInterval(86_400)

    private func certificate(_ identity: TLSIdentity) throws -> Certificate {
        try Certificate(derEncoded: #require(identity.chain.first).toDERBytes())
    }

    @Test("is made once, with a key for its owner alone")
    func made() async throws {
        try await TemporaryFolder.with { parent in
            let folder = parent + "/tls"
            let first = try CertificateAuthority.load(folder: folder)
            let second = try CertificateAuthority.load(folder: folder)
            #expect(first.certificatePEM == second.certificatePEM)
            func mode(_ name: String) throws -> Int? {
                try FileManager.default.attributesOfItem(atPath: "\(folder)/\(name)")[.posixPermissions] as? Int
            }
            #expect(try mode(CertificateAuthority.keyFile) == 0o600)
            #expect(try String(contentsOfFile: folder + "/authority.pem", encoding: .utf8) == first.certificatePEM)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder).count == 2)
        }
    }

    @Test("is found by OpenSSL in a folder of certificates, under the name that OpenSSL computes")
    func hash() throws {
        let own = try DistinguishedName {
            OrganizationName("Martlet")
            CommonName("Martlet local authority 01234567")
        }
        #expect(CertificateAuthority.hash(of: own) == "0a19c16e")
        let other = try DistinguishedName {
            CountryName("DE")
            OrganizationName("  Two   Spaces ")
            CommonName("ÄÖ Test")
        }
        #expect(CertificateAuthority.hash(of: other) == "2fc41ab9")
    }

    @Test("two installations have authorities of different names")
    func distinct() throws {
        let (a, b) = (try CertificateAuthority.make(), try CertificateAuthority.make())
        #expect(try certificate(a.issue(["a"])).issuer != certificate(b.issue(["a"])).issuer)
    }

    @Test("is made anew before it ends, and not before")
    func renewed() async throws {
        try await TemporaryFolder.with { folder in
            let start = Date(timeIntervalSince1970: 1_800_000_000)
            let first = try CertificateAuthority.load(folder: folder, now: start)
            let later = try CertificateAuthority.load(folder: folder, now: start + 3400 * Self.day)
            #expect(later.certificatePEM == first.certificatePEM)
            let last = try CertificateAuthority.load(folder: folder, now: start + 3500 * Self.day)
            #expect(last.certificatePEM != first.certificatePEM)
        }
    }

    @Test("that is damaged, or whose key is another's, is not replaced silently")
    func damaged() async throws {
        try await TemporaryFolder.with { folder in
            _ = try CertificateAuthority.load(folder: folder)
            let other = try CertificateAuthority.make()
            for text in ["", "nonsense", other.keyPEM] {
                try text.write(toFile: folder + "/authority-key.pem", atomically: true, encoding: .utf8)
                let error = #expect(throws: TLSError.self) { try CertificateAuthority.load(folder: folder) }
                #expect(error?.description.contains("damaged") == true)
            }
            // Without a key it is of no use to anybody.
            try FileManager.default.removeItem(atPath: folder + "/authority-key.pem")
            _ = try CertificateAuthority.load(folder: folder)
        }
    }

    @Test("in a folder that cannot be written says so")
    func unwritable() {
        let error = #expect(throws: TLSError.self) { try CertificateAuthority.load(folder: "/proc/none/tls") }
        #expect(error?.description.contains("/proc/none/tls") == true)
    }

    @Test("issues certificates for names, wildcards and addresses, that its own certificate vouches for")
    func issued() async throws {
        let now = Date(timeIntervalSince1970: Date().timeIntervalSince1970.rounded())
        let authority = try CertificateAuthority.make(now: now)
        let leaf = try certificate(authority.issue(["localhost", "*.a.test", "127.0.0.1", "::1"], now: now))
        #expect(leaf.notValidAfter == now + CertificateAuthority.leafLifetime)
        #expect(leaf.notValidBefore < now)
        let names = try #require(try leaf.extensions.subjectAlternativeNames)
        #expect(
            Array(names) == [
                .dnsName("localhost"), .dnsName("*.a.test"),
                .ipAddress(.init(contentBytes: [127, 0, 0, 1])),
                .ipAddress(.init(contentBytes: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1])),
            ])
        var verifier = Verifier(
            rootCertificates: CertificateStore([try Certificate(pemEncoded: authority.certificatePEM)])
        ) {
            RFC5280Policy()
        }
        let result = await verifier.validate(leaf: leaf, intermediates: CertificateStore([]))
        guard case .validCertificate = result else {
            Issue.record("\(result)")
            return
        }
    }

    @Test("no certificate lives longer than its authority")
    func lastDays() throws {
        let start = Date(timeIntervalSince1970: 1_800_000_000)
        let authority = try CertificateAuthority.make(now: start)
        let identity = try authority.issue(["a"], now: start + 3640 * Self.day)
        #expect(identity.notAfter == authority.notAfter)
    }
}
