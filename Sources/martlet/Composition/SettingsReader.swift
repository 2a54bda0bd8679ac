import Logging
import Outbound
import Persistence

/// Completes options from the command line with `MARTLET_…` variables. The command line wins.
struct SettingsReader {
    let environment: [String: String]

    /// The option's text: given, or from the variable `MARTLET_<name>`. An empty variable is none.
    func text(_ given: String?, _ name: String) -> String? {
        given ?? environment["MARTLET_\(name)"].flatMap { $0.isEmpty ? nil : $0 }
    }

    func flag(_ given: Bool, _ name: String) throws -> Bool {
        guard !given, let value = text(nil, name) else { return given }
        switch value.lowercased() {
        case "1", "true", "yes", "on": return true
        case "0", "false", "no", "off": return false
        default: throw SettingsError("MARTLET_\(name) is \(value); it takes 1 or 0.")
        }
    }

    func list(_ given: [String], _ name: String) -> [String] {
        guard given.isEmpty, let value = text(nil, name) else { return given }
        return value.split(separator: ",").map { $0.trimmingPrefix(" ").description }
    }

    func settings(_ options: UpCommand) throws -> Settings {
        var settings = Settings()
        settings.host = text(options.host, "HOST") ?? settings.host
        if let port = text(options.port, "PORT") {
            guard let number = Int(port), (0...65535).contains(number) else {
                throw SettingsError("The port is \(port); it takes a number from 0 (any free port) to 65535.")
            }
            settings.port = number
        }
        settings.data = text(options.data, "DATA") ?? settings.data
        settings.ephemeral = try flag(options.ephemeral, "EPHEMERAL")
        settings.authentication =
            try choice(options.auth, "AUTH", Settings.Authentication.init, "open or iam") ?? settings.authentication
        settings.allowInsecureBind = try flag(options.allowInsecureBind, "ALLOW_INSECURE_BIND")
        settings.region = text(options.region, "REGION") ?? settings.region
        settings.database = text(options.database, "DATABASE")
        settings.objects = text(options.objects, "OBJECTS")
        if settings.ephemeral, settings.objects != nil {
            throw SettingsError("--ephemeral keeps nothing, and --objects is a folder to keep objects in: choose one.")
        }
        settings.durability =
            try choice(options.durability, "DURABILITY", Durability.init, "full or relaxed") ?? settings.durability
        settings.logLevel =
            try choice(
                options.logLevel, "LOG_LEVEL", { Logger.Level(rawValue: $0) },
                "trace, debug, info, notice, warning, error or critical")
            ?? settings.logLevel
        settings.allowReset = try flag(options.allowReset, "ALLOW_RESET")
        settings.strictRuntimes = try flag(options.strictRuntimes, "STRICT_RUNTIMES")
        settings.functionNetwork =
            try choice(
                options.functionNetwork, "FUNCTION_NETWORK", { ["internet", "none"].contains($0) ? $0 : nil },
                "internet or none")
            ?? settings.functionNetwork
        if let stems = text(options.stems, "STEMS"), stems != "auto" {
            guard let number = stems == "off" ? 0 : Int(stems), (0...4000).contains(number) else {
                throw SettingsError("--stems is \(stems); it takes auto, off or the largest number of them.")
            }
            settings.stems = number
        }
        try readLimits(options, into: &settings)
        settings.hostSuffixes = list(options.hostSuffix, "HOST_SUFFIX")
        settings.localCodeFolders = list(options.allowLocalCode, "ALLOW_LOCAL_CODE")
        settings.allowedOrigins = list(options.allowOrigin, "ALLOW_ORIGIN")
        if let url = text(options.smtpServer, "SMTP_SERVER") {
            guard let server = SMTPSender.Server(url: url) else {
                throw SettingsError(
                    "--smtp-server takes a URL such as smtp://localhost:25 or smtps://user:password@host.")
            }
            settings.smtpServer = server
        }
        settings.mailFrom = text(options.mailFrom, "MAIL_FROM") ?? settings.mailFrom
        settings.allowPrivateEndpoints = try flag(options.allowPrivateEndpoints, "ALLOW_PRIVATE_ENDPOINTS")
        settings.tls = try tls(options)
        settings.requiresTLS = try flag(options.tlsOnly, "TLS_ONLY")
        try check(settings)
        return settings
    }

    private func tls(_ options: UpCommand) throws -> TransportSecurity.Source {
        let certificate = text(options.tlsCert, "TLS_CERT")
        let key = text(options.tlsKey, "TLS_KEY")
        let selfSigned = try flag(options.tlsSelfSigned, "TLS_SELF_SIGNED")
        switch (certificate, key) {
        case (nil, nil): return selfSigned ? .selfSigned : .none
        case (_?, nil): throw SettingsError("--tls-cert needs --tls-key: the file with the certificate's private key.")
        case (nil, _?): throw SettingsError("--tls-key needs --tls-cert: the file with the key's certificate.")
        case (let certificate?, let key?):
            if selfSigned {
                throw SettingsError(
                    "--tls-self-signed makes a certificate, and --tls-cert names one: give one of them.")
            }
            return .files(certificate: certificate, key: key)
        }
    }

    private func choice<T>(_ given: String?, _ name: String, _ make: (String) -> T?, _ values: String) throws -> T? {
        guard let value = text(given, name) else { return nil }
        guard let choice = make(value) else {
            let option = "--" + name.lowercased().replacing("_", with: "-")
            throw SettingsError("\(option) is \(value); it takes \(values).")
        }
        return choice
    }

    /// Name lookups, the Runtime API, telemetry and the supervisor of extensions.
    private static let portsInSandboxes = [53, 9001, 65_533, 65_534]

    private func check(_ settings: Settings) throws {
        if settings.authentication == .open && !settings.listensOnLoopback && !settings.allowInsecureBind {
            throw SettingsError(
                """
                \(settings.host) can be reached from other machines, and with --auth open everybody there would be root.
                Use --auth iam, or --allow-insecure-bind if that network is yours alone.
                """)
        }
        guard settings.region.wholeMatch(of: /[a-z]{2}(-[a-z]+)+-[0-9]+/) != nil else {
            throw SettingsError("The region is \(settings.region); it should be such as us-east-1.")
        }
        if Self.portsInSandboxes.contains(settings.port) {
            throw SettingsError("The port \(settings.port) has another use inside sandboxes: take another one.")
        }
        let suffix = /\.?[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*/
        for name in settings.hostSuffixes where name.utf8.count > 253 || name.wholeMatch(of: suffix) == nil {
            throw SettingsError("--host-suffix is \(name); it takes a host name.")
        }
        if settings.hostSuffixes.count > 64 { throw SettingsError("At most 64 host suffixes can be given.") }
        if settings.requiresTLS, case .none = settings.tls {
            throw SettingsError("--tls-only needs a certificate: --tls-cert with --tls-key, or --tls-self-signed.")
        }
        if settings.ephemeral && settings.database != nil {
            throw SettingsError("--ephemeral keeps everything in memory, and --database in a server: give one of them.")
        }
    }
}
