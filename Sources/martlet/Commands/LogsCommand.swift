import ArgumentParser
import Foundation

struct LogsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs", abstract: "Show what a function has logged.",
        discussion: """
            Examples:
              martlet logs hello
              martlet logs hello --follow
              martlet logs hello --since 2h --filter ERROR
              martlet logs /my/own/group
            """)

    @Argument(help: "The function's name, or a log group (with a slash).") var function: String
    @Flag(name: .shortAndLong, help: "Go on, and show lines as they come.") var follow = false
    @Option(help: "How far back: such as 30s, 10m, 2h or 1d (default: 10m).") var since: String = "10m"
    @Option(help: "A CloudWatch Logs filter pattern.") var filter: String?
    @OptionGroup var connection: ConnectionOptions

    func run() throws {
        do {
            let start = Int64(Date().timeIntervalSince1970 * 1000) - (try Self.milliseconds(since))
            let client = try APIClient(connection)
            try Blocking.run { try await show(client, from: start) }
        } catch {
            throw Failure.exit(error)
        }
    }

    private var group: String { function.contains("/") ? function : "/aws/lambda/\(function)" }

    private func show(_ client: APIClient, from start: Int64) async throws {
        var start = start
        // Events may be written late: what was shown is remembered for as long as its time is asked for again.
        var shown: [String: Int64] = [:]
        repeat {
            for event in try await events(client, from: start) {
                guard let id = event["eventId"] as? String, shown[id] == nil else { continue }
                let time = (event["timestamp"] as? NSNumber)?.int64Value ?? 0
                shown[id] = time
                print((event["message"] as? String ?? "").trimmingCharacters(in: .newlines))
                start = max(start, time - 5000)
            }
            fflush(nil)
            shown = shown.filter { $0.value >= start }
            if follow { try await Task.sleep(for: .milliseconds(300)) }
        } while follow
    }

    /// All events since `start`, in order. A group that does not exist yet has none when it is followed.
    private func events(_ client: APIClient, from start: Int64) async throws -> [[String: Any]] {
        var events: [[String: Any]] = []
        var input: [String: Any] = ["logGroupName": group, "startTime": start]
        if let filter { input["filterPattern"] = filter }
        repeat {
            do {
                let page = try await client.json("Logs_20140328.FilterLogEvents", service: "logs", input)
                events += page["events"] as? [[String: Any]] ?? []
                input["nextToken"] = page["nextToken"]
            } catch let error as APIClient.Failed where error.code == "ResourceNotFoundException" && follow {
                return []
            }
        } while input["nextToken"] != nil
        return events
    }

    static func milliseconds(_ text: String) throws -> Int64 {
        let units: [Character: Int64] = ["s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000]
        guard let unit = text.last.flatMap({ units[$0] }), let count = Int64(text.dropLast()),
            (0..<1_000_000).contains(count)
        else {
            throw SettingsError("--since is \(text); it should be such as 10m or 2h.")
        }
        return count * unit
    }
}
