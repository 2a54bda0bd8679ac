import ArgumentParser
import Foundation
import FrontDoor
import NIOHTTP1

struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show whether the platform runs, what it does, and where the time goes.",
        discussion: """
            Counts begin when the server starts. Durations are in milliseconds: of an invocation from its event's delivery until the
            answer, of an initialisation as in the log's REPORT lines. Of the last invocations, start and init are a cold start's.
            The last 15 minutes are what CloudWatch's metrics will show.
            """)

    @Flag(help: "Print the server's JSON.") var json = false
    @Flag(help: "Name every function and environment, not only those used last.") var all = false
    @OptionGroup var connection: ConnectionOptions

    func run() throws {
        do {
            let client = try connection.client()
            try Blocking.run { try await show(client) }
        } catch {
            throw Failure.exit(error)
        }
    }

    private func show(_ client: HTTPClient) async throws {
        let response = try await client.send(.GET, "/_martlet/health")
        let health = try? JSONSerialization.jsonObject(with: Data(response.body)) as? [String: Any]
        guard response.status == 200, let health else {
            // Such as that it takes HTTPS only.
            if let message = health?["message"] as? String { throw SettingsError("\(client.endpoint): \(message)") }
            throw SettingsError("What answers at \(client.endpoint) is not Martlet.")
        }
        let details = try await details(client)
        if json {
            var merged = health
            if let details, let more = try JSONSerialization.jsonObject(with: Data(details)) as? [String: Any] {
                merged.merge(more) { $1 }
            }
            let text = try JSONSerialization.data(withJSONObject: merged, options: [.sortedKeys])
            return FileHandle.standardOutput.write(text + [0x0A])
        }
        print("Martlet \(health["version"] ?? "?") at \(client.endpoint): \(health["state"] ?? "?")")
        for (name, value) in (health["settings"] as? [String: Any] ?? [:]).sorted(by: { $0.key < $1.key }) {
            print("  \(name): \(value)")
        }
        if let tls = health["tls"] as? [String: Any] {
            print(
                "  tls: certificate until \(tls["notAfter"] ?? "?")\(tls["plainHTTP"] as? Bool == true ? "; plain HTTP too" : "")"
            )
            if let trust = tls["trust"] { print("  clients trust: \(trust)") }
        }
        if let environments = health["environments"] as? [String: Any] {
            print("  environments: \(environments["total"] ?? 0), \(environments["idle"] ?? 0) of them idle")
        }
        if let stems = health["stems"] as? [String: Any] {
            let runtimes = (stems["runtimes"] as? [String: Any] ?? [:]).sorted { $0.key < $1.key }
                .map { "\($0.value) \($0.key)" }.joined(separator: ", ")
            print(
                "  stems: \(stems["ready"] ?? 0) ready, \(stems["starting"] ?? 0) starting"
                    + (runtimes.isEmpty ? "" : " (\(runtimes))")
                    + "; \(stems["used"] ?? 0) cold starts began in one, \(stems["missed"] ?? 0) found none")
        } else {
            print("  stems: off")
        }
        print("  services: \((health["services"] as? [String: Any] ?? [:]).keys.sorted().joined(separator: ", "))")
        guard let details else {
            return print("  functions: only a root key may ask; --data names the folder that has one")
        }
        print(try JSONDecoder().decode(StatusOutline.self, from: Data(details)).text)
    }

    /// The JSON of what only the owner may know; nil if the server has found that this is somebody else.
    private func details(_ client: HTTPClient) async throws -> [UInt8]? {
        let limit = all ? StatusOutline.highestLimit : StatusOutline.usualLimit
        do {
            return try await APIClient(connection).send(
                .GET, "\(StatusOutline.path)?limit=\(limit)", service: AdminRoutes.signingName, body: []
            ).body
        } catch let error as APIClient.Failed where (400..<500).contains(error.status) {
            return nil
        }
    }
}
