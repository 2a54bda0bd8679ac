import ArgumentParser
import Foundation
import Glibc
import NIOCore
import NIOHTTP1
import WireProtocols

extension InvokeCommand {
    /// What comes behind the last piece.
    private struct Completion: Decodable {
        var errorCode: String?
        var errorDetails: String?
        var logResult: String?

        enum CodingKeys: String, CodingKey {
            case errorCode = "ErrorCode"
            case errorDetails = "ErrorDetails"
            case logResult = "LogResult"
        }
    }

    /// Prints pieces of the answer as they come.
    func stream(_ client: APIClient, _ body: [UInt8]) async throws {
        var decoder = EventStreamDecoder()
        var completion: Completion?
        var last: UInt8?
        let uri = path(version: "2021-11-15", operation: "response-streaming-invocations")
        _ = try await client.send(.POST, uri, service: "lambda", headers: headers, body: body) { bytes in
            for message in try decoder.feed(bytes.readableBytesView) {
                switch (Self.text(message, ":message-type"), Self.text(message, ":event-type")) {
                case ("event", "PayloadChunk"):
                    FileHandle.standardOutput.write(Data(message.payload))
                    last = message.payload.last ?? last
                case ("event", "InvokeComplete"):
                    completion = try JSONDecoder().decode(Completion.self, from: Data(message.payload))
                case ("event", _): break
                default: throw Self.failure(message)
                }
            }
        }
        // Elsewhere the bytes are the function's, and no others.
        if isatty(1) == 1, last != 0x0A { FileHandle.standardOutput.write(Data([0x0A])) }
        guard let completion else { throw HTTPClient.Incomplete() }
        show(tail: completion.logResult)
        if let code = completion.errorCode {
            FileHandle.standardError.write(Data("\(code): \(completion.errorDetails ?? "")\n".utf8))
            throw ExitCode.failure
        }
    }

    /// An error of the service in mid-stream.
    private static func failure(_ message: EventStreamMessage) -> APIClient.Failed {
        let object = (try? JSONSerialization.jsonObject(with: Data(message.payload))) as? [String: Any] ?? [:]
        return APIClient.Failed(
            status: 200, code: text(message, ":exception-type") ?? text(message, ":error-code") ?? "Error",
            message: text(message, ":error-message") ?? object["Message"] as? String ?? object["message"] as? String
                ?? "")
    }

    private static func text(_ message: EventStreamMessage, _ header: String) -> String? {
        guard case .string(let text) = message.header(header) else { return nil }
        return text
    }
}
