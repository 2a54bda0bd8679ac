import NIOCore
import ServiceKit
import Testing

@testable import FrontDoor

/// Function URLs without functions: says who called and what was asked.
struct StubFunctionURLs: FunctionURLs {
    static let open = String(repeating: "a", count: 32)
    static let signed = String(repeating: "b", count: 32)
    static let streamed = String(repeating: "c", count: 32)
    static let broken = String(repeating: "d", count: 32)

    func functionURL(id: String, region: String?) async throws -> (any FunctionURL)? {
        guard [Self.open, Self.signed, Self.streamed, Self.broken].contains(id), region ?? "us-east-1" == "us-east-1"
        else { return nil }
        return Stub(id: id)
    }

    private struct Broken: Error {}

    private struct Stub: FunctionURL {
        let id: String
        var requiresSignature: Bool { id == StubFunctionURLs.signed }
        var region: String { "us-east-1" }

        func preflight(_ request: WebRequest) -> WebResponse? {
            request.method == "OPTIONS" ? WebResponse(status: 200, headers: [.init("X-Preflight", "1")]) : nil
        }

        func refusal(_ error: AWSError, _ request: WebRequest) -> WebResponse {
            WebResponse(status: error.status, body: Array("refused \(error.code)".utf8))
        }

        func answer(_ request: WebRequest, caller: WebCaller?) async -> WebResponse {
            let who = caller.map { "\($0.principal.arn ?? "") \($0.accessKeyID) \($0.isAuthorized)" } ?? "nobody"
            let text = "\(request.method) \(request.path)?\(request.query) \(request.domain) \(request.port) \(who)"
            var response = WebResponse(status: 200, headers: [.init("X-Id", request.id)], body: Array(text.utf8))
            if id == StubFunctionURLs.streamed || id == StubFunctionURLs.broken {
                let isBroken = id == StubFunctionURLs.broken
                response.rest = AsyncThrowingStream { continuation in
                    continuation.yield(Array("second".utf8))
                    continuation.finish(throwing: isBroken ? Broken() : nil)
                }
            }
            return response
        }
    }
}

@Suite("Function URLs at the door")
struct FunctionURLTests {
    @Test(
        "places",
        arguments: [
            ("localhost", "/_lambda-url/x/a%20b", "x", nil, "/a%20b", true),
            ("localhost", "/_lambda-url/x", "x", nil, "/", true), ("localhost", "/_lambda-url/", "", nil, "/", true),
            ("localhost", "/_lambda-url//a", "", nil, "/a", true),
            ("x.lambda-url.us-east-1.localhost", "/_lambda-url/y/z", "x", "us-east-1", "/_lambda-url/y/z", false),
            ("x.lambda-url.localhost", "/", "x", nil, "/", false),
        ] as [(String, String, String, String?, String, Bool)])
    func places(_ host: String, _ path: String, _ id: String, _ region: String?, _ asked: String, _ isByPath: Bool)
        throws
    {
        let place = try #require(FunctionURLPlace(HostRoute(name: host, suffix: "localhost"), path: path))
        #expect(place.id == id && place.region == region && place.path == asked && place.isByPath == isByPath)
    }

    @Test("other paths are no places", arguments: ["/", "/lambda-url/x", "/_lambda-url", "/_martlet/health"])
    func others(_ path: String) {
        #expect(FunctionURLPlace(HostRoute(), path: path) == nil)
    }

    @Test("a URL is found by its name and by its path")
    func found() async throws {
        try await TestDoor.with { door in
            let name = "\(StubFunctionURLs.open).lambda-url.us-east-1.localhost"
            let byName = try await RawClient.ask(door.port, "PUT /a/b?c=d HTTP/1.1\nHost: \(name):77\n")
            #expect(byName.hasPrefix("HTTP/1.1 200"))
            #expect(byName.hasSuffix("PUT /a/b?c=d \(name) 77 nobody"))
            let byPath = try await RawClient.ask(
                door.port, "GET /_lambda-url/\(StubFunctionURLs.open)/x HTTP/1.1\nHost: localhost\n")
            #expect(byPath.hasSuffix("GET /x? \(name) 80 nobody"))
            for request in [
                "GET /_lambda-url/else/ HTTP/1.1\nHost: localhost\n",
                "GET / HTTP/1.1\nHost: \(StubFunctionURLs.open).lambda-url.eu-west-1.localhost\n",
            ] {
                let missing = try await RawClient.ask(door.port, request)
                #expect(missing.hasPrefix("HTTP/1.1 404") && missing.hasSuffix(#"{"Message":null}"#))
            }
            // The way of plain invocations does not pass by.
            let invocation = try await RawClient.ask(
                door.port,
                "POST /2015-03-31/functions/f/invocations HTTP/1.1\nHost: \(name)\nContent-Length: 2\n",
                body: Array("{}".utf8))
            #expect(invocation.contains("POST /2015-03-31/functions/f/invocations"))
            #expect(door.recorder.last == nil)
        }
    }

    @Test("pages of other sites may call, by any known name of the server")
    func pages() async throws {
        try await TestDoor.with { door in
            let path = "/_lambda-url/\(StubFunctionURLs.open)/"
            let page = "Origin: http://evil.example\nSec-Fetch-Site: cross-site\n"
            let answer = try await RawClient.ask(door.port, "GET \(path) HTTP/1.1\nHost: localhost\n\(page)")
            #expect(answer.hasPrefix("HTTP/1.1 200") && !answer.contains("Access-Control"))
            let preflight = try await RawClient.ask(door.port, "OPTIONS \(path) HTTP/1.1\nHost: localhost\n\(page)")
            #expect(preflight.contains("X-Preflight: 1"))
            let rebound = try await RawClient.ask(door.port, "GET \(path) HTTP/1.1\nHost: evil.example\n")
            #expect(rebound.hasPrefix("HTTP/1.1 403"))
        }
    }

    @Test("in the open mode keys are believed")
    func openSignatures() async throws {
        try await TestDoor.with { door in
            let path = "/_lambda-url/\(StubFunctionURLs.signed)/"
            let unsigned = try await RawClient.ask(door.port, "GET \(path) HTTP/1.1\nHost: localhost\n")
            #expect(unsigned.hasSuffix(" nobody"))
            let signed = try await door.signed("GET", path, service: "lambda", key: "123456789012", secret: "wrong")
            #expect(signed.hasSuffix("arn:aws:iam::123456789012:root 123456789012 true"))
            let elsewhere = try await door.signed("GET", path, service: "s3", key: "123456789012")
            #expect(elsewhere.hasPrefix("HTTP/1.1 403"))
            let over = try await door.signed("GET", path, service: "lambda", key: "ASIA", token: "old")
            #expect(over.hasPrefix("HTTP/1.1 403") && over.hasSuffix("refused ExpiredTokenException"))
        }
    }

    @Test("else they are verified")
    func signatures() async throws {
        try await TestDoor.with(.iam) { door in
            let path = "/_lambda-url/\(StubFunctionURLs.signed)/a%20b?c=d"
            let root = try await door.signed("POST", path, service: "lambda", body: "x")
            #expect(root.hasSuffix("arn:aws:iam::111122223333:root AKIDROOT true"))
            let user = try await door.signed("GET", path, service: "lambda", key: "AKIDUSER")
            #expect(user.hasSuffix("arn:aws:iam::111122223333:user/anna AKIDUSER false"))
            for answer in [
                try await door.signed("GET", path, service: "lambda", secret: "wrong"),
                try await door.signed("GET", path, service: "s3"),
                try await door.signed("GET", path, service: "lambda", region: "eu-west-1"),
                try await door.signed("GET", path, service: "lambda", key: "AKIDNOBODY"),
                try await door.signed("GET", path, service: "lambda", seconds: 1),
            ] {
                #expect(answer.contains("refused ") && !answer.hasPrefix("HTTP/1.1 200"))
            }
            let unsigned = try await RawClient.ask(door.port, "GET \(path) HTTP/1.1\nHost: localhost\n")
            #expect(unsigned.hasSuffix(" nobody"))
        }
    }

    @Test("an answer is streamed, and one that breaks is not ended")
    func streams() async throws {
        try await TestDoor.with { door in
            let whole = try await RawClient.ask(
                door.port, "GET /_lambda-url/\(StubFunctionURLs.streamed)/ HTTP/1.1\nHost: localhost\n")
            #expect(whole.contains("Transfer-Encoding: chunked") && whole.contains("second"))
            #expect(whole.hasSuffix("0\r\n\r\n"))
            let broken = try await RawClient.ask(
                door.port, "GET /_lambda-url/\(StubFunctionURLs.broken)/ HTTP/1.1\nHost: localhost\n")
            #expect(broken.hasPrefix("HTTP/1.1 200") && !broken.hasSuffix("0\r\n\r\n"))
            let head = try await RawClient.ask(
                door.port, "HEAD /_lambda-url/\(StubFunctionURLs.streamed)/ HTTP/1.1\nHost: localhost\n")
            #expect(head.hasSuffix("\r\n\r\n") && !head.contains("second"))
        }
    }

    @Test("a body has a limit")
    func limit() async throws {
        try await TestDoor.with { door in
            let answer = try await RawClient.ask(
                door.port,
                "POST /_lambda-url/\(StubFunctionURLs.open)/ HTTP/1.1\nHost: localhost\nContent-Length: 6291457\n",
                body: [UInt8](repeating: 0x20, count: 6_291_457))
            #expect(answer.hasPrefix("HTTP/1.1 413") && answer.contains(#"{"Message":"Request Entity Too Large"}"#))
        }
    }

    @Test("a sandbox's socket leads to URLs too, as its function")
    func sandbox() async throws {
        try await TestDoor.with(.iam) { door in
            let socket = try ListeningSocket.make()
            let principal = Principal.assumedRole(account: "777788889999", role: "f", roleID: "AROA2", session: "i")
            let listener = door.door.serve(
                listeningSockets: [socket.descriptor],
                as: SandboxIdentity(principal: principal, account: "777788889999", region: "eu-west-2"))
            let inside = TestDoor(port: socket.port, door: door.door, recorder: door.recorder)
            let signed = try await inside.signed(
                "GET", "/_lambda-url/\(StubFunctionURLs.signed)/", service: "lambda", key: "x", secret: "y")
            #expect(signed.hasSuffix("arn:aws:sts::777788889999:assumed-role/f/i x false"))
            let open = try await RawClient.ask(
                socket.port, "GET / HTTP/1.1\nHost: \(StubFunctionURLs.open).lambda-url.us-east-1.on.aws\n")
            #expect(open.hasSuffix("nobody"))
            await listener.close()
        }
    }
}
