import Foundation
import Logging
import Outbound
import Persistence

/// How the platform runs: what `martlet up` was told, completed by defaults. Nothing here reads the environment; see ``SettingsReader``.
struct Settings: Sendable {
    enum Authentication: String, Sendable, CaseIterable {
        /// Any key is its account's root.
        case open
        /// Signatures are verified and IAM decides.
        case iam
    }

    var host = "127.0.0.1"
    var port = 4566
    var data = Settings.defaultData()
    /// Everything in memory and temporary folders; nothing survives.
    var ephemeral = false
    var authentication = Authentication.open
    var allowInsecureBind = false
    var region = "us-east-1"
    /// `postgresql://…`; nil: SQLite in the data folder.
    var database: String?
    /// The data of S3's objects; nil: in the data folder.
    var objects: String?
    var durability = Durability.full
    var logLevel = Logger.Level.notice
    var allowReset = false
    var strictRuntimes = false
    /// `internet` or `none`.
    var functionNetwork = "internet"
    var tls = TransportSecurity.Source.none
    /// Plain HTTP is refused.
    var requiresTLS = false
    /// Environments that are kept started for functions to come; nil: as many as the machine's memory and demand suggest.
    var stems: Int?
    /// Invocations of one account in one region that may run at the same time.
    var accountConcurrency = 1000
    /// Bytes that execution environments leave to the rest of the machine; nil: a part of its memory.
    var memoryReserve: Int64?
    /// Host name suffixes beside the built-in ones.
    var hostSuffixes: [String] = []
    /// Folders below which a function's code may be a local folder.
    var localCodeFolders: [String] = []
    /// Takes e-mail notifications; nil: they are only kept.
    var smtpServer: SMTPSender.Server?
    var mailFrom = "no-reply@martlet.localhost"
    /// Web servers of this machine and of private networks get notifications that functions subscribe them to.
    var allowPrivateEndpoints = false
    /// Web origins that may call the APIs from a browser.
    var allowedOrigins: [String] = []

    /// The user's data folder; the machine's for root, whose home others cannot enter.
    static func defaultData(
        environment: [String: String] = ProcessInfo.processInfo.environment, isRoot: Bool = geteuid() == 0
    ) -> String {
        if let folder = environment["XDG_DATA_HOME"], folder.hasPrefix("/") { return folder + "/martlet" }
        if isRoot { return "/var/lib/martlet" }
        return (environment["HOME"] ?? NSHomeDirectory()) + "/.local/share/martlet"
    }

    /// Where this server reaches itself.
    var origin: String {
        let name = host == "0.0.0.0" || host == "::" || host == "127.0.0.1" ? "localhost" : host
        return "\(tls == .none ? "http" : "https")://\(name.contains(":") ? "[\(name)]" : name):\(port)"
    }

    /// Whether only this machine can reach the host.
    var listensOnLoopback: Bool {
        host == "localhost" || host == "::1" || host.hasPrefix("127.")
    }
}

/// A setting that makes no sense, or is not safe; the message says what to do.
struct SettingsError: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}
