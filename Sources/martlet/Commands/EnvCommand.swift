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
            let endpoint = try connection.resolvedEndpoint()
            let known = connection.rootKey()
            if known == nil { try Blocking.run { try await refuseWithoutKey(HTTPClient(endpoint: endpoint)) } }
            let key = known ?? AccessKey(id: "test", secret: "test")
            print(
                """
                export AWS_ENDPOINT_URL=\(endpoint)
                export AWS_ACCESS_KEY_ID=\(key.id)
                export AWS_SECRET_ACCESS_KEY=\(key.secret)
                export AWS_DEFAULT_REGION=\(connection.resolvedRegion)
                export AWS_DISABLE_HOST_PREFIX_INJECTION=true
                unset AWS_SESSION_TOKEN AWS_PROFILE
                """)
        } catch {
            throw Failure.exit(error)
        }
    }

    /// Any key works with `--auth open`, also with that of a server that does not run yet.
    private func refuseWithoutKey(_ client: HTTPClient) async throws {
        guard let response = try? await client.send(.GET, "/_martlet/health"),
            let health = try? JSONSerialization.jsonObject(with: Data(response.body)) as? [String: Any],
            let settings = health["settings"] as? [String: Any], settings["authentication"] as? String == "iam"
        else { return }
        throw SettingsError(
            "The server at \(client.endpoint) verifies signatures. Its root key is in its data folder (\(settings["data"] ?? "?")): name that with --data."
        )
    }
}
