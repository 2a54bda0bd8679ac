import Execution
import ServiceKit
import Testing

@testable import Lambda

struct StreamedURLAnswerTests {
    private static let http = HTTPResponsePrelude.contentType

    private func stream(_ type: String?, _ pieces: [[UInt8]], error: String? = nil) -> ResponseStream {
        let stream = ResponseStream()
        if let type { stream.begin(contentType: type) {} }
        for piece in pieces { _ = stream.write(piece) }
        stream.finish(InvocationResult(payload: error == nil ? [] : Array("{}".utf8), functionError: error))
        return stream
    }

    private func body(_ response: WebResponse) async throws -> String {
        var bytes = response.body
        if let rest = response.rest { for try await piece in rest { bytes += piece } }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func aPlainStream() async throws {
        let response = try await StreamedURLAnswer(
            stream("text/plain", [Array("a".utf8), Array("b".utf8)])
        ).response()
        #expect(response.status == 200 && response.headers == [.init("Content-Type", "text/plain")])
        #expect(try await body(response) == "ab")
    }

    @Test(arguments: [1, 3, 100])
    func aStreamWithAHead(size: Int) async throws {
        let bytes =
            Array(#"{"statusCode":201,"headers":{"X":"1"},"cookies":["a=1"]}"#.utf8) + [UInt8](repeating: 0, count: 8)
            + Array("body".utf8)
        let pieces = stride(from: 0, to: bytes.count, by: size).map { Array(bytes[$0..<min($0 + size, bytes.count)]) }
        let response = try await StreamedURLAnswer(stream(Self.http, pieces)).response()
        #expect(response.status == 201)
        #expect(
            response.headers == [
                .init("X", "1"), .init("Set-Cookie", "a=1"), .init("Content-Type", "application/octet-stream"),
            ])
        #expect(try await body(response) == "body")
    }

    @Test func heads() async throws {
        for bytes in ["{}", "no head", #"{"statusCode":1}"# + String(repeating: "\0", count: 8)] {
            await #expect(throws: URLAnswer.Malformed.self) {
                _ = try await StreamedURLAnswer(stream(Self.http, [Array(bytes.utf8)])).response()
            }
        }
        let endless = [UInt8](repeating: 0x20, count: HTTPResponsePrelude.limit)
        await #expect(throws: URLAnswer.Malformed.self) {
            _ = try await StreamedURLAnswer(stream(Self.http, [endless])).response()
        }
        let unclean = try await StreamedURLAnswer(stream("a\r\nb: c", [[1]])).response()
        #expect(unclean.headers == [.init("Content-Type", "application/octet-stream")])
    }

    @Test func failures() async throws {
        await #expect(throws: StreamedURLAnswer.Broken.self) {
            _ = try await StreamedURLAnswer(stream(nil, [], error: "Unhandled")).response()
        }
        let response = try await StreamedURLAnswer(stream("text/plain", [[1]], error: "Unhandled")).response()
        await #expect(throws: StreamedURLAnswer.Broken.self) { _ = try await body(response) }
        let silent = try await StreamedURLAnswer(stream("text/plain", [])).response()
        #expect(try await body(silent) == "")
    }
}
