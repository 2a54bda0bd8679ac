import ArgumentParser
import Foundation
import NIOHTTP1
import ServiceModel

struct InvokeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "invoke", abstract: "Invoke a function and print its answer.",
        discussion: """
            Ends with status 1 if the function failed.

            Examples:
              martlet invoke hello
              martlet invoke hello --payload '{"name":"you"}' --log
              martlet invoke words --payload '{"words":["a","b"]}' --stream
              martlet invoke hello --qualifier live --payload @event.json
              echo '{}' | martlet invoke hello --payload -
            """)

    @Argument(help: "The function's name or ARN.") var function: String
    @Option(help: "The event: JSON, @file, or - for standard input (default: {}).") var payload: String = "{}"
    @Option(help: "A version or an alias.") var qualifier: String?
    @Flag(help: "Show the last 4 KB of the log too (on standard error).") var log = false
    @Flag(help: "Print the answer while the function writes it; what it fails with comes on standard error.")
    var stream = false
    @OptionGroup var connection: ConnectionOptions

    func run() throws {
        do {
            let body = try event()
            let client = try APIClient(connection)
            try Blocking.run { try await stream ? stream(client, body) : invoke(client, body) }
        } catch {
            throw Failure.exit(error)
        }
    }

    private func invoke(_ client: APIClient, _ body: [UInt8]) async throws {
        let uri = path(version: "2015-03-31", operation: "invocations")
        let response = try await client.send(.POST, uri, service: "lambda", headers: headers, body: body)
        show(tail: response.headers.first(name: "x-amz-log-result"))
        FileHandle.standardOutput.write(Data(response.body + [0x0A]))
        if response.headers.contains(name: "x-amz-function-error") { throw ExitCode.failure }
    }

    func path(version: String, operation: String) -> String {
        let path = "/\(version)/functions/\(Self.encoded(function))/\(operation)"
        return qualifier.map { "\(path)?Qualifier=\(Self.encoded($0))" } ?? path
    }

    var headers: [(String, String)] {
        [("Content-Type", "application/json")] + (log ? [("X-Amz-Log-Type", "Tail")] : [])
    }

    /// - Parameter tail: the end of the log, in base64.
    func show(tail: String?) {
        if let tail = tail.flatMap({ Data(base64Encoded: $0) }) { FileHandle.standardError.write(tail) }
    }

    private func event() throws -> [UInt8] {
        if payload == "-" { return Array(FileHandle.standardInput.readDataToEndOfFile()) }
        guard payload.hasPrefix("@") else { return Array(payload.utf8) }
        let file = String(payload.dropFirst())
        guard let data = FileManager.default.contents(atPath: file) else {
            throw SettingsError("\(file) cannot be read.")
        }
        return Array(data)
    }

    static func encoded(_ text: String) -> String { PercentCoding.encode(text) }
}
