import ArgumentParser
import Foundation
import Persistence
import ServiceKit

/// Which server a command talks to, and as whom.
struct ConnectionOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The server (default: http://localhost:4566).", valueName: "url")) var endpoint: String?
    @Option(help: "The region (default: us-east-1).") var region: String?
    @Option(help: ArgumentHelp("The server's data folder, for its root key.", valueName: "dir")) var data: String?

    private var reader: SettingsReader { SettingsReader(environment: ProcessInfo.processInfo.environment) }

    func resolvedEndpoint() throws -> Endpoint {
        if let givenEndpoint { return try Endpoint(givenEndpoint) }
        let speaksTLS = try reader.flag(false, "TLS_SELF_SIGNED") || reader.text(nil, "TLS_CERT") != nil
        return try Endpoint("http\(speaksTLS ? "s" : "")://localhost:\(reader.text(nil, "PORT") ?? "4566")")
    }

    /// The endpoint as somebody named it; nil if it is the default.
    var givenEndpoint: String? {
        reader.text(endpoint, "ENDPOINT") ?? ProcessInfo.processInfo.environment["AWS_ENDPOINT_URL"]
    }

    func client() throws -> HTTPClient { HTTPClient(endpoint: try resolvedEndpoint(), trust: trust) }

    /// Files with certificates to trust: the shell's own, and that of the authority in the data folder.
    var trust: [String] {
        let bundle = ProcessInfo.processInfo.environment["AWS_CA_BUNDLE"] ?? ""
        return (bundle.isEmpty ? [] : [bundle]) + [authorityFile]
    }

    /// The file with the certificate of the authority in the data folder, if the server has made one.
    var authorityFile: String {
        TransportSecurity.authorityFile(in: reader.text(data, "DATA") ?? Settings.defaultData())
    }

    var resolvedRegion: String {
        let variables = ProcessInfo.processInfo.environment
        return reader.text(region, "REGION") ?? variables["AWS_REGION"] ?? variables["AWS_DEFAULT_REGION"]
            ?? "us-east-1"
    }

    /// The key to sign with: the shell's own, else the root's from the data folder, else one that only `--auth open` takes.
    func key() -> AccessKey {
        let variables = ProcessInfo.processInfo.environment
        if let id = variables["AWS_ACCESS_KEY_ID"], let secret = variables["AWS_SECRET_ACCESS_KEY"], !id.isEmpty {
            return AccessKey(id: id, secret: secret, sessionToken: variables["AWS_SESSION_TOKEN"])
        }
        return rootKey() ?? AccessKey(id: "test", secret: "test")
    }

    /// The root's key, if the data folder is here and may be read.
    func rootKey() -> AccessKey? {
        try? InstallationKeys.root(folder: reader.text(data, "DATA") ?? Settings.defaultData())
    }
}
