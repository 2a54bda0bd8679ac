import Foundation
import FrontDoor

/// The certificates that sandboxes trust: the machine's, and the platform's own authority, which answers there under AWS's names. The
/// launcher puts the files into every sandbox's `/etc`.
struct SandboxTrust: Sendable {
    /// Whether the machine has certificates: else a bundle of ours alone must not take the place of those that programs bring with them.
    let hasHostBundle: Bool

    /// Where systems keep them, in one file.
    private static let bundles = [
        "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
        "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem",
    ]
    private static let largest = 1 << 20

    /// Writes `bundle.pem`, `authority.pem` and `authority.hash` into a folder, which is made.
    init(_ authority: CertificateAuthority, folder: String) throws {
        let host = Self.hostBundle()?.content
        hasHostBundle = host != nil
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let own = Data(authority.certificatePEM.utf8)
        try (own + (host ?? Data())).write(to: URL(filePath: "\(folder)/bundle.pem"), options: .atomic)
        try own.write(to: URL(filePath: "\(folder)/authority.pem"), options: .atomic)
        try Data(authority.subjectHash.utf8).write(to: URL(filePath: "\(folder)/authority.hash"), options: .atomic)
    }

    /// The machine's certificates, and where they are.
    static func hostBundle() -> (path: String, content: Data)? {
        let named = ProcessInfo.processInfo.environment["SSL_CERT_FILE"].map { [$0] } ?? []
        for path in named + bundles {
            guard let handle = FileHandle(forReadingAtPath: path),
                let bundle = try? handle.read(upToCount: largest + 1), bundle.count <= largest,
                bundle.range(of: Data("-----BEGIN CERTIFICATE-----".utf8)) != nil
            else { continue }
            return (path, bundle)
        }
        return nil
    }
}
