import Execution
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import Testing

@testable import RuntimeAPI

@Suite struct RuntimeAPIRouteTests {
    @Test func routes() {
        #expect(
            RuntimeAPIRoute(isGet: true, isPost: false, target: "/2018-06-01/runtime/invocation/next".utf8) == .next)
        #expect(
            RuntimeAPIRoute(isGet: false, isPost: true, target: "/2018-06-01/runtime/invocation/a-b/response".utf8)
                == .response(requestID: "a-b"))
        #expect(
            RuntimeAPIRoute(isGet: false, isPost: true, target: "/2018-06-01/runtime/invocation/a/error?x".utf8)
                == .error(requestID: "a"))
        #expect(
            RuntimeAPIRoute(isGet: false, isPost: true, target: "/2018-06-01/runtime/init/error".utf8) == .initError)
        for uri in [
            "/", "/2018-06-01/runtime/invocation/a/b/response", "/2018-06-01/runtime/",
            "/2018-06-01/runtime/invocation/a",
        ] {
            #expect(RuntimeAPIRoute(isGet: false, isPost: true, target: uri.utf8) == .unknown)
        }
        #expect(
            RuntimeAPIRoute(isGet: false, isPost: true, target: "/2018-06-01/runtime/invocation/next".utf8) == .unknown)
    }
}

/// A session that answers each `next` with the event at hand, and records what it hears.
private final class RecordingSession: RuntimeAPISession, @unchecked Sendable {
    var lifecycle = EnvironmentLifecycle()
    var heard: [String] = []
    var events: [RuntimeEvent] = []

    func next(_ caller: any RuntimeAPICaller) {
        if case .refused(let refusal) = lifecycle.next() { return caller.refuse(refusal) }
        guard !events.isEmpty else { return }
        let event = events.removeFirst()
        _ = lifecycle.begin(requestID: event.requestID)
        caller.deliver(event)
    }
    func respond(requestID: String, body: ByteBuffer) -> RuntimeAPIRefusal? {
        heard.append("response \(requestID) \(String(buffer: body))")
        return lifecycle.respond(requestID: requestID)
    }
    /// Whether streams take more at once.
    var takesMore = true
    var resume: (() -> Void)?
    func beginStream(
        requestID: String, contentType: String?, resume: @escaping () -> Void
    ) -> RuntimeAPIStreamOpening {
        heard.append("stream \(requestID) \(contentType ?? "-")")
        self.resume = resume
        if let refusal = lifecycle.beginStream(requestID: requestID) { return .refused(refusal) }
        return .opened(RecordingStream(session: self, id: requestID))
    }
    func respondTooLarge(requestID: String) -> RuntimeAPIRefusal? {
        heard.append("too large \(requestID)")
        return lifecycle.respond(requestID: requestID)
    }
    func fail(requestID: String, body: ByteBuffer, errorType: String?) -> RuntimeAPIRefusal? {
        heard.append("error \(requestID) \(errorType ?? "-") \(String(buffer: body))")
        return lifecycle.respond(requestID: requestID)
    }
    func failInitialization(body: ByteBuffer, errorType: String?) -> RuntimeAPIRefusal? {
        heard.append("init error \(errorType ?? "-")")
        return lifecycle.failInitialization()
    }
    func disconnected(_ caller: any RuntimeAPICaller) { heard.append("disconnected") }
}

private final class RecordingStream: RuntimeAPIStream {
    let session: RecordingSession
    let id: String
    init(session: RecordingSession, id: String) { (self.session, self.id) = (session, id) }

    func write(_ bytes: ByteBuffer) -> Bool {
        session.heard.append("piece \(String(buffer: bytes))")
        return session.takesMore
    }
    func end(_ error: StreamedError?) -> RuntimeAPIRefusal? {
        session.heard.append("end \(error?.type ?? "-") \(error?.encodedBody ?? "-")")
        return session.lifecycle.endStream(requestID: id)
    }
    func truncated() {
        session.heard.append("truncated")
        session.lifecycle.breakStream(requestID: id)
    }
}

@Suite struct RuntimeAPIHandlerTests {
    private func event(_ id: String) -> RuntimeEvent {
        RuntimeEvent(
            requestID: id, deadline: 42, invokedFunctionARN: "arn", traceID: "Root=1", clientContext: nil,
            payload: ByteBuffer(string: "{}"))
    }

    /// Runs raw bytes against the server over a real socket and returns everything it answers.
    private func exchange(
        _ session: RecordingSession, _ requests: [String], answers: Int, on given: (any EventLoop)? = nil
    ) async throws -> String {
        let group = MultiThreadedEventLoopGroup.singleton
        let loop = given ?? group.next()
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let port = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw -> UInt16 in
                guard bind(socket, raw, length) == 0, listen(socket, 8) == 0, getsockname(socket, raw, &length) == 0
                else { return 0 }
                return UInt16(bigEndian: pointer.pointee.sin_port)
            }
        }
        let server = try await RuntimeAPIServer.start(socket: socket, on: loop, session: session).get()
        let client = try await ClientBootstrap(group: group).connect(host: "127.0.0.1", port: Int(port)) { channel in
            channel.eventLoop.makeCompletedFuture {
                try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
            }
        }
        let text = try await client.executeThenClose { inbound, outbound in
            for request in requests { try await outbound.write(ByteBuffer(string: request)) }
            var text = ""
            for try await part in inbound {
                text += String(buffer: part)
                if text.components("HTTP/1.1 ") >= answers && text.hasSuffix("}") { break }
            }
            return text
        }
        try await server.close()
        return text
    }

    private let next = "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: x\r\n\r\n"
    private func post(_ path: String, _ body: String, _ headers: String = "") -> String {
        "POST /2018-06-01/runtime/\(path) HTTP/1.1\r\nHost: x\r\n\(headers)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    @Test func answerAndNextInOneWriteAreAnsweredInOrder() async throws {
        let session = RecordingSession()
        session.events = [event("a"), event("b")]
        let text = try await exchange(session, [next + post("invocation/a/response", "1") + next], answers: 3)
        #expect(session.heard.first == "response a 1")
        #expect(text.contains("Lambda-Runtime-Aws-Request-Id: a\r\nLambda-Runtime-Deadline-Ms: 42\r\n"))
        #expect(text.contains("202 Accepted"))
        #expect(text.contains("Lambda-Runtime-Aws-Request-Id: b\r\n"))
    }

    @Test func anotherEnvironmentsRequestIsRefused() async throws {
        let session = RecordingSession()
        session.events = [event("a")]
        let text = try await exchange(session, [next + post("invocation/z/response", "1")], answers: 2)
        #expect(text.contains("400 Bad Request") && text.contains("InvalidRequestID"))
    }

    @Test func errorsCarryTheirType() async throws {
        let session = RecordingSession()
        session.events = [event("a")]
        _ = try await exchange(
            session, [next + post("invocation/a/error", "{}", "Lambda-Runtime-Function-Error-Type: Handled\r\n")],
            answers: 2)
        #expect(session.heard.first == "error a Handled {}")
    }

    @Test func chunkedAnswersAreJoined() async throws {
        let session = RecordingSession()
        session.events = [event("a")]
        let chunked =
            "POST /2018-06-01/runtime/invocation/a/response HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
        _ = try await exchange(session, [next + chunked], answers: 2)
        #expect(session.heard.first == "response a abcde")
    }

    @Test func tooLargeAnswersAreNotKept() async throws {
        let session = RecordingSession()
        session.events = [event("a")]
        let body = String(repeating: "x", count: InvocationLimits.response + 1)
        let text = try await exchange(session, [next + post("invocation/a/response", body)], answers: 2)
        #expect(text.contains("413 "))
        #expect(session.heard.first == "too large a")
    }

    private func stream(_ id: String, _ chunks: String, _ headers: String = "Transfer-Encoding: chunked\r\n") -> String
    {
        "POST /2018-06-01/runtime/invocation/\(id)/response HTTP/1.1\r\nHost: x\r\n"
            + "Lambda-Runtime-Function-Response-Mode: Streaming\r\n\(headers)\r\n\(chunks)"
    }

    @Test func streamedAnswersArriveInPieces() async throws {
        let session = RecordingSession()
        session.events = [event("a"), event("b")]
        let text = try await exchange(
            session, [next, stream("a", "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n") + next], answers: 3)
        #expect(session.heard.prefix(4) == ["stream a -", "piece abc", "piece de", "end - -"])
        #expect(text.contains("202 Accepted") && text.contains("Lambda-Runtime-Aws-Request-Id: b\r\n"))
    }

    @Test func trailersCarryAnError() async throws {
        let session = RecordingSession()
        session.events = [event("a")]
        let trailers =
            "lambda-runtime-function-error-type: E\r\nLambda-Runtime-Function-Error-Body: e30=\r\n"
        _ = try await exchange(
            session,
            [next + stream("a", "1\r\nx\r\n0\r\n\(trailers)\r\n", "Transfer-Encoding: chunked\r\nContent-Type: t\r\n")],
            answers: 2)
        #expect(session.heard.prefix(3) == ["stream a t", "piece x", "end E e30="])
    }

    @Test func answersWithALengthCanBeStreamed() async throws {
        let session = RecordingSession()
        session.events = [event("a")]
        _ = try await exchange(session, [next + stream("a", "abcdef", "Content-Length: 6\r\n")], answers: 2)
        #expect(session.heard.prefix(3) == ["stream a -", "piece abcdef", "end - -"])
    }

    @Test func aRefusedStreamIsReadToItsEnd() async throws {
        let session = RecordingSession()
        session.events = [event("a")]
        let text = try await exchange(
            session, [next + stream("z", "3\r\nabc\r\n0\r\n\r\n") + post("invocation/a/response", "1")], answers: 3)
        #expect(text.contains("400 Bad Request") && text.contains("202 Accepted"))
        #expect(session.heard.prefix(2) == ["stream z -", "response a 1"])
    }

    @Test func aStreamThatMustWaitIsReadOnWhenThereIsRoom() async throws {
        let session = RecordingSession()
        session.events = [event("a")]
        session.takesMore = false
        // The session is the loop's: what waits is released there.
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        async let text = exchange(
            session, [next + stream("a", "3\r\nabc\r\n"), "1\r\nx\r\n0\r\n\r\n"], answers: 2, on: loop)
        while try await loop.submit({ session.heard.filter { $0.hasPrefix("piece") }.isEmpty }).get() {
            await Task.yield()
        }
        try await loop.submit {
            session.takesMore = true
            session.resume?()
        }.get()
        #expect(try await text.contains("202 Accepted"))
        #expect(session.heard.prefix(4) == ["stream a -", "piece abc", "piece x", "end - -"])
    }

    @Test func aStreamEndsWithItsConnection() async throws {
        let session = RecordingSession()
        session.events = [event("a")]
        let text = try await exchange(session, [next + stream("a", "3\r\nabc\r\nzz\r\n")], answers: 2)
        #expect(!text.contains("202"))
        #expect(session.heard == ["stream a -", "piece abc", "truncated"])
    }

    @Test func unknownPathsAre404() async throws {
        let text = try await exchange(RecordingSession(), [post("nothing", "")], answers: 1)
        #expect(text.hasPrefix("HTTP/1.1 404"))
    }
}

extension String {
    fileprivate func components(_ separator: String) -> Int { ranges(of: separator).count }
}
