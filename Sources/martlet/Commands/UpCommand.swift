import ArgumentParser
import Foundation

struct UpCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "up", abstract: "Start the platform.",
        discussion: """
            Runs until it is interrupted (ctrl-C) or terminated; what was acknowledged is on disk.

            Examples:
              martlet up
              martlet up --ephemeral --port 0
              martlet up --data /srv/martlet --auth iam --host 0.0.0.0
              martlet up --tls-self-signed
              martlet up --tls-cert chain.pem --tls-key key.pem --tls-only
              martlet up --database postgresql://martlet@db/martlet
            """)

    @Option(help: "The address to listen on (default: 127.0.0.1).") var host: String?
    @Option(help: "The port to listen on; 0 takes a free one (default: 4566).") var port: String?
    @Option(help: ArgumentHelp("The data folder (default: \(Settings.defaultData())).", valueName: "dir")) var data:
        String?
    @Flag(help: "Keep everything in memory; nothing survives.") var ephemeral = false
    @Option(help: "open: any key is its account's root. iam: verify signatures (default: open).") var auth: String?
    @Flag(help: "Listen beyond loopback with --auth open.") var allowInsecureBind = false
    @Option(help: "The region of requests that name none (default: us-east-1).") var region: String?
    @Flag(help: "Let functions subscribe web servers of this machine and of private networks to topics.")
    var allowPrivateEndpoints = false
    @Option(help: ArgumentHelp("A PostgreSQL database instead of SQLite in the data folder.", valueName: "url"))
    var database: String?
    @Option(
        help: ArgumentHelp(
            "A folder for the data of S3's objects, shared by all nodes on one database (default: in the data folder).",
            valueName: "dir"))
    var objects: String?
    @Option(help: "full: answer when it is on disk. relaxed: a power cut may lose the last moments (default: full).")
    var durability: String?
    @Option(help: "trace, debug, info, notice, warning, error or critical (default: notice).") var logLevel: String?
    @Flag(help: "Allow POST /_martlet/reset, which deletes everything.") var allowReset = false
    @Flag(help: "Refuse to run a function with another version of its language.") var strictRuntimes = false
    @Option(help: "What functions reach beside the platform: internet or none (default: internet).")
    var functionNetwork: String?
    @Option(
        help: ArgumentHelp(
            "Speak TLS on the same port: a certificate, or a chain of them, in PEM form.", valueName: "file"))
    var tlsCert: String?
    @Option(help: ArgumentHelp("The private key of --tls-cert, in PEM form.", valueName: "file")) var tlsKey: String?
    @Flag(help: "Speak TLS with certificates of an authority that is made once, in the data folder.")
    var tlsSelfSigned =
        false
    @Flag(help: "Refuse plain HTTP.") var tlsOnly = false
    @Option(help: "Environments kept started for functions to come: auto, off or at most this many (default: auto).")
    var stems: String?
    @Option(
        help: ArgumentHelp(
            "Invocations of one account in one region that may run at the same time (default: 1000).",
            valueName: "number"))
    var accountConcurrency: String?
    @Option(
        help: ArgumentHelp(
            "Megabytes that functions leave to the rest of the machine (default: auto, 4 % of it).", valueName: "MB"))
    var memoryReserve: String?
    @Option(
        help: ArgumentHelp(
            "Let functions run from local folders below this one, with changes seen at once (repeatable).",
            valueName: "dir"))
    var allowLocalCode: [String] = []
    @Option(help: ArgumentHelp("Answer below this host name too (repeatable).", valueName: "name")) var hostSuffix:
        [String] = []
    @Option(help: ArgumentHelp("Let web pages of this origin call the APIs (repeatable).", valueName: "origin"))
    var allowOrigin: [String] = []

    @Option(
        help: ArgumentHelp(
            "Hand e-mail notifications to this server: smtp[s]://[user:password@]host[:port] (default: they are only kept).",
            valueName: "url"))
    var smtpServer: String?
    @Option(help: ArgumentHelp("Whom that mail is from (default: no-reply@martlet.localhost).", valueName: "address"))
    var mailFrom: String?

    func run() throws {
        let began = ContinuousClock.now
        do {
            let settings = try SettingsReader(environment: ProcessInfo.processInfo.environment).settings(self)
            // Privileges are given up while this is the only thread.
            let ground = try Ground.prepare(settings)
            try Blocking.run { try await Platform.run(settings, on: ground, since: began) }
        } catch {
            throw Failure.exit(error)
        }
    }
}
