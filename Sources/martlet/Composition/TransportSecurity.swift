import Foundation
import FrontDoor
import NIOCore

/// How the listener speaks TLS, if it does, and what clients have to know for it.
struct TransportSecurity: Sendable {
    enum Source: Sendable, Equatable {
        case none
        case files(certificate: String, key: String)
        /// Certificates of an authority of our own, in the data folder.
        case selfSigned
    }

    let context: TLSContext?
    /// Of the certificates that clients outside see, if it is ours.
    let authority: CertificateAuthority?
    /// What sandboxes trust. They have HTTPS under AWS's names however the outside is served.
    let sandboxAuthority: CertificateAuthority
    let sandboxContext: TLSContext
    /// The file with the certificate that clients have to be told to trust; nil if there is none.
    let trust: String?
    private let notAfter: Date?
    private let requiresTLS: Bool

    /// The file with our authority's certificate in a data folder.
    static func authorityFile(in folder: String) -> String {
        "\(folder)/\(folderName)/\(CertificateAuthority.certificateFile)"
    }

    private static let folderName = "tls"

    /// Writes what sandboxes trust to where the launcher looks for it.
    func trustInSandboxes(_ ground: Ground) throws -> SandboxTrust {
        try SandboxTrust(sandboxAuthority, folder: "\(ground.folder)/\(Self.folderName)/sandboxes")
    }

    /// Reads what the user named, which may need privileges.
    static func identity(_ source: Source) throws -> TLSIdentity? {
        guard case .files(let certificate, let key) = source else { return nil }
        return try TLSIdentity(certificateFile: certificate, keyFile: key)
    }

    init(_ settings: Settings, on ground: Ground) throws {
        requiresTLS = settings.requiresTLS
        sandboxAuthority = try CertificateAuthority.load(folder: "\(ground.folder)/\(Self.folderName)")
        sandboxContext = TLSContext(
            authority: sandboxAuthority,
            names: TLSContext.names(region: settings.region, hostSuffixes: settings.hostSuffixes),
            hostSuffixes: settings.hostSuffixes)
        switch settings.tls {
        case .none: (context, authority, trust, notAfter) = (nil, nil, nil, nil)
        case .files(let certificate, _):
            context = ground.identity.map(TLSContext.init)
            authority = nil
            trust = ground.identity?.isSelfSigned == true ? Self.absolute(certificate) : nil
            notAfter = ground.identity?.notAfter
        case .selfSigned:
            context = TLSContext(
                authority: sandboxAuthority,
                names: TLSContext.names(
                    hosts: Self.hosts(settings), region: settings.region, hostSuffixes: settings.hostSuffixes),
                hostSuffixes: settings.hostSuffixes)
            authority = sandboxAuthority
            trust = Self.authorityFile(in: ground.namedFolder)
            notAfter = sandboxAuthority.notAfter
        }
    }

    var scheme: String { context == nil ? "http" : "https" }

    /// For the line that says that the platform is ready; empty if all is well.
    func warning(now: Date = Date()) -> String {
        guard let notAfter, notAfter < now.addingTimeInterval(14 * 86_400) else { return "" }
        return "; WARNING: the certificate \(notAfter < now ? "ended" : "ends") \(Self.text(notAfter))"
    }

    /// What `GET /_martlet/health` tells; nil without TLS.
    var health: [String: Any]? {
        guard let notAfter else { return nil }
        var tls: [String: Any] = ["notAfter": Self.text(notAfter), "plainHTTP": !requiresTLS]
        if let trust { tls["trust"] = trust }
        return tls
    }

    /// What the certificate names beside the names that are always there: the host to listen on, or all the machine's addresses.
    private static func hosts(_ settings: Settings) -> [String] {
        guard ["0.0.0.0", "::", "*"].contains(settings.host) else { return [settings.host] }
        let addresses = ((try? System.enumerateDevices()) ?? []).compactMap { $0.address?.ipAddress }
        let name = ProcessInfo.processInfo.hostName
        // A link-local address carries its interface, which no certificate can name.
        return addresses.filter { !$0.contains("%") } + (name == "localhost" ? [] : [name])
    }

    private static func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    }

    private static func text(_ date: Date) -> String { date.formatted(.iso8601) }
}
