import ArgumentParser
import Foundation
import NIOHTTP1
import ServiceKit

struct EnvCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "env", abstract: "Print the exports that point the aws CLI and the SDKs here.",
        discussion: """
            Host prefixes are switched off in the clients: what they would make of localhost (stream-localhost, for
            CloudWatch Logs' live tail) is no name that resolves.

            Example:
              eval "$(martlet env)"
            """)

    @OptionGroup var connection: ConnectionOptions

    func run() throws {
        do {
            let server = try find()
            let known = connection.rootKey()
            if known == nil { try refuseWithoutKey(server) }
            let key = known ?? AccessKey(id: "test", secret: "test")
            print(
                """
                export AWS_ENDPOINT_URL=\(server.endpoint)
                export AWS_ACCESS_KEY_ID=\(key.id)
                export AWS_SECRET_ACCESS_KEY=\(key.secret)
                export AWS_DEFAULT_REGION=\(connection.resolvedRegion)
                export AWS_DISABLE_HOST_PREFIX_INJECTION=true
                unset AWS_SESSION_TOKEN AWS_PROFILE
                """)
            if let trust = server.trust { printTrust(trust, server) }
        } catch {
            throw Failure.exit(error)
        }
    }

    /// A server that may not run yet.
    private struct Server {
        var endpoint: Endpoint
        /// Its answer to `GET /_martlet/health`, empty if it does not run.
        var health: [String: Any] = [:]
        /// The file with the certificate that clients have to trust.
        var trust: String?
    }

    /// Asks the server, if it runs. Where nobody named an endpoint, one that speaks TLS is reached by TLS.
    private func find() throws -> Server {
        let client = try connection.client()
        var candidates = [client.endpoint]
        if connection.givenEndpoint == nil {
            var other = client.endpoint
            other.isSecure.toggle()
            candidates.append(other)
        }
        for endpoint in candidates {
            var server = Server(endpoint: endpoint)
            guard let health = try Self.health(HTTPClient(endpoint: endpoint, trust: client.trust)) else { continue }
            server.health = health
            if let tls = health["tls"] as? [String: Any] {
                server.endpoint.isSecure = endpoint.isSecure || connection.givenEndpoint == nil
                if server.endpoint.isSecure { server.trust = tls["trust"] as? String }
            }
            return server
        }
        let authority = connection.authorityFile
        let isThere = client.endpoint.isSecure && access(authority, R_OK) == 0
        return Server(endpoint: client.endpoint, trust: isThere ? authority : nil)
    }

    private static func health(_ client: HTTPClient) throws -> [String: Any]? {
        let answer = Answer()
        try Blocking.run {
            guard let response = try? await client.send(.GET, "/_martlet/health"), response.status == 200 else {
                return
            }
            answer.body = response.body
        }
        return try? JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any]
    }

    /// What an asynchronous closure leaves; it is read after the closure has ended.
    private final class Answer: @unchecked Sendable {
        var body: [UInt8] = []
    }

    /// The CLI and most SDKs read the first, Node.js the second.
    private func printTrust(_ path: String, _ server: Server) {
        print("export AWS_CA_BUNDLE='\(path)'")
        print("export NODE_EXTRA_CA_CERTS='\(path)'")
        if access(path, R_OK) != 0 {
            FileHandle.standardError.write(
                Data(
                    """
                    martlet: \(path) cannot be read by you. Copy the certificate, and name the copy in AWS_CA_BUNDLE and NODE_EXTRA_CA_CERTS:
                      curl -k \(server.endpoint)/_martlet/authority.pem -o authority.pem

                    """.utf8))
        }
    }

    /// Any key works with `--auth open`, also with that of a server that does not run yet.
    private func refuseWithoutKey(_ server: Server) throws {
        guard let settings = server.health["settings"] as? [String: Any], settings["authentication"] as? String == "iam"
        else { return }
        throw SettingsError(
            "The server at \(server.endpoint) verifies signatures. Its root key is in its data folder (\(settings["data"] ?? "?")): name that with --data."
        )
    }
}
