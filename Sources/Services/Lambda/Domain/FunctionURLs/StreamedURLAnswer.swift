import Execution
import ServiceKit

/// The answer of a function URL in the mode `RESPONSE_STREAM`: its head as soon as the function has said it, its body as it comes.
///
/// Whoever lets go of the body abandons the stream; the function runs on.
final class StreamedURLAnswer: Sendable {
    /// The function failed after its answer had begun: what has been sent is not all.
    struct Broken: Error {}

    private let stream: ResponseStream

    init(_ stream: ResponseStream) { self.stream = stream }

    deinit { stream.abandon() }

    /// - Returns: when the first part of the answer is there.
    /// - Throws: what prevented the invocation, ``URLAnswer/Malformed``.
    func response() async throws -> WebResponse {
        let type = stream.contentType ?? "application/octet-stream"
        guard type.lowercased().hasPrefix(HTTPResponsePrelude.contentType) else {
            guard let first = try await next() else { return WebResponse(status: 200, headers: [Self.type(type)]) }
            return body(WebResponse(status: 200, headers: [Self.type(type)]), first)
        }
        var prelude = HTTPResponsePrelude()
        while let bytes = try await next() {
            switch prelude.feed(bytes) {
            case .incomplete: continue
            case .missing: throw URLAnswer.Malformed()
            case .complete(let json, let rest):
                var head = try URLAnswer.head(prelude: json)
                if !head.headers.contains(where: { $0.name.lowercased() == "content-type" }) {
                    head.headers.append(Self.type("application/octet-stream"))
                }
                return body(head, rest)
            }
        }
        throw URLAnswer.Malformed()
    }

    private static func type(_ text: String) -> WebRequest.Header {
        let isClean = text.utf8.count <= 1024 && text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F }
        return .init("Content-Type", isClean ? text : "application/octet-stream")
    }

    private func body(_ head: WebResponse, _ first: [UInt8]) -> WebResponse {
        var response = head
        response.body = first
        response.rest = AsyncThrowingStream { try await self.next() }
        return response
    }

    /// The next bytes; nil at the end.
    private func next() async throws -> [UInt8]? {
        switch try await stream.next() {
        case .bytes(let bytes): return bytes
        case .end(let end):
            if end.functionError != nil { throw Broken() }
            return nil
        case nil: return nil
        }
    }
}
