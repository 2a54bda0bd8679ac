import Foundation
import ServiceKit
import ServiceModel
import Testing

@testable import FrontDoor

@Suite("The chain, with --auth open")
struct OpenChainTests {
    @Test("a REST request without signature is the default account's root")
    func unsigned() async throws {
        try await TestDoor.with { door in
            let answer = try await RawClient.ask(
                door.port, "GET /2015-03-31/functions/ HTTP/1.1\nHost: localhost:\(door.port)\n")
            #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(answer.contains("x-amzn-RequestId: "))
            #expect(answer.hasSuffix("{\"Functions\":[]}"))
            let call = try #require(door.recorder.last)
            #expect(call.operation == "ListFunctions")
            #expect(call.principal == .root(account: "000000000000"))
            #expect(call.region == "us-east-1")
            #expect(call.endpoint == "http://localhost:\(door.port)")
        }
    }

    @Test(
        "the key chooses the account, the scope the region",
        arguments: [
            ("123456789012", nil, Principal.root(account: "123456789012")),
            ("test", nil, .root(account: "000000000000")),
            ("AKIDROOT", nil, .root(account: "111122223333")),
            ("ASIASESSION", "good", .assumedRole(account: "444455556666", role: "r", roleID: "AROA1", session: "s")),
            ("ASIAELSEWHERE", "of real AWS", .root(account: "000000000000")),
        ] as [(String, String?, Principal)])
    func keys(_ key: String, _ token: String?, _ principal: Principal) async throws {
        try await TestDoor.with { door in
            let answer = try await door.signed(
                "POST", "/", service: "sts", key: key, secret: "wrong", token: token, region: "eu-west-3",
                headers: [("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")],
                body: "Action=GetCallerIdentity&Version=2011-06-15")
            #expect(answer.contains("<Account>\(principal.account ?? "")</Account>"))
            #expect(door.recorder.last?.principal == principal)
            #expect(door.recorder.last?.region == "eu-west-3")
        }
    }

    @Test("a session that is over is told so")
    func expired() async throws {
        try await TestDoor.with { door in
            let answer = try await door.signed(
                "GET", "/2015-03-31/functions/", service: "lambda", key: "ASIA", token: "old")
            #expect(answer.hasPrefix("HTTP/1.1 403"))
            #expect(answer.contains("x-amzn-ErrorType: ExpiredTokenException"))
        }
    }

    @Test("errors have the shape of the protocol")
    func errors() async throws {
        try await TestDoor.with { door in
            let rest = try await RawClient.ask(door.port, "GET /2015-03-31/functions/f HTTP/1.1\nHost: localhost\n")
            #expect(rest.hasPrefix("HTTP/1.1 404"))
            #expect(rest.contains("x-amzn-ErrorType: ResourceNotFoundException"))
            #expect(rest.contains("\"Type\":\"User\""))
            let json = try await RawClient.ask(
                door.port,
                "POST / HTTP/1.1\nHost: localhost\nX-Amz-Target: Logs_20140328.DeleteLogGroup\nContent-Type: application/x-amz-json-1.1\nContent-Length: 2\n",
                body: Array("{}".utf8))
            #expect(json.hasPrefix("HTTP/1.1 501"))
            #expect(json.contains("\"__type\":\"") && json.contains("NotImplemented"))
            let query = try await RawClient.ask(
                door.port, "GET /?Action=AssumeRole&Version=2011-06-15 HTTP/1.1\nHost: sts.localhost\n")
            #expect(query.contains("<Code>NotImplemented</Code>"))
            let nothing = try await RawClient.ask(
                door.port, "POST / HTTP/1.1\nHost: localhost\nX-Amz-Target: No.Such\nContent-Length: 0\n")
            #expect(nothing.hasPrefix("HTTP/1.1 400"))
            #expect(nothing.contains("UnknownOperationException"))
        }
    }

    @Test("what fails unexpectedly tells nothing")
    func internalFailure() async throws {
        try await TestDoor.with { door in
            let answer = try await RawClient.ask(
                door.port,
                "POST /2015-03-31/functions/broken/invocations HTTP/1.1\nHost: localhost\nContent-Length: 0\n")
            #expect(answer.hasPrefix("HTTP/1.1 500"))
            #expect(!answer.contains("secret"))
        }
    }

    @Test("Invoke takes six megabytes, and no more")
    func invokeLimit() async throws {
        try await TestDoor.with { door in
            func invoke(_ count: Int) async throws -> String {
                try await RawClient.ask(
                    door.port,
                    "POST /2015-03-31/functions/f/invocations HTTP/1.1\nHost: localhost\nContent-Length: \(count)\n",
                    body: [UInt8](repeating: 0x20, count: count))
            }
            let good = try await invoke(6_291_456)
            #expect(good.hasPrefix("HTTP/1.1 200"))
            #expect(good.utf8.count > 6_291_456)
            let large = try await invoke(6_291_457)
            #expect(large.hasPrefix("HTTP/1.1 413"))
            #expect(large.contains("x-amzn-ErrorType: RequestEntityTooLargeException"))
            #expect(large.contains("Request must be smaller than 6291456 bytes for the InvokeFunction operation"))
        }
    }

    @Test("CreateFunction's limit, told from the head")
    func createLimit() async throws {
        try await TestDoor.with { door in
            let client = try await RawClient.connect(door.port)
            try await client.send(
                "POST /2015-03-31/functions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 70167212\r\nExpect: 100-continue\r\n\r\n"
            )
            let answer = await client.receiveAll()
            #expect(answer.contains("Request must be smaller than 70167211 bytes for the CreateFunction operation"))
            await client.close()
        }
    }

    @Test("the client sees why its body is refused, though it has sent it all")
    func refusedWhileSending() async throws {
        try await TestDoor.with { door in
            let answer = try await RawClient.ask(
                door.port,
                "POST /2015-03-31/functions/f/invocations HTTP/1.1\nHost: localhost\nContent-Length: 20000000\n",
                body: [UInt8](repeating: 0x20, count: 20_000_000))
            #expect(answer.hasPrefix("HTTP/1.1 413"))
        }
    }

    @Test("aws-chunked bodies reach the service as they were meant")
    func chunked() async throws {
        try await TestDoor.with { door in
            let body = "5\r\nhello\r\n6\r\n world\r\n0\r\nx-amz-checksum-crc32:DUoRhQ==\r\n\r\n"
            let head =
                "POST /2015-03-31/functions/f/invocations HTTP/1.1\nHost: localhost\nContent-Length: \(body.utf8.count)\n"
                + "x-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER\nx-amz-trailer: x-amz-checksum-crc32\n"
                + "x-amz-decoded-content-length: 11\nContent-Encoding: aws-chunked\n"
            let answer = try await RawClient.ask(door.port, head, body: Array(body.utf8))
            #expect(answer.hasSuffix("hello world"))
            let wrong = try await RawClient.ask(
                door.port, head, body: Array(body.replacingOccurrences(of: "hello", with: "Hello").utf8))
            #expect(wrong.contains("The CRC32 you specified did not match the calculated checksum."))
        }
    }

    @Test(
        "unknown hosts and foreign pages are refused",
        arguments: [
            "GET /2015-03-31/functions/ HTTP/1.1\nHost: evil.example\n",
            "GET /2015-03-31/functions/ HTTP/1.1\nHost: localhost\nOrigin: http://evil.example\n",
            "GET /2015-03-31/functions/ HTTP/1.1\nHost: localhost\nOrigin: null\n",
            "GET /?Action=GetCallerIdentity&Version=2011-06-15 HTTP/1.1\nHost: localhost\nSec-Fetch-Site: cross-site\n",
            "GET /_martlet/health HTTP/1.1\nHost: localhost\nOrigin: http://evil.example\n",
            "GET /_martlet/health HTTP/1.1\nHost: localhost\nOrigin: http://page.example\n",
            "POST /_martlet/reset HTTP/1.1\nHost: localhost\nOrigin: http://localhost\nContent-Length: 0\n",
            "POST /_martlet/reset HTTP/1.1\nHost: localhost\nSec-Fetch-Site: same-origin\nContent-Length: 0\n",
            "OPTIONS / HTTP/1.1\nHost: localhost\nOrigin: http://evil.example\nAccess-Control-Request-Method: POST\n",
        ])
    func refused(_ request: String) async throws {
        try await TestDoor.with(origins: ["http://page.example"]) { door in
            let answer = try await RawClient.ask(door.port, request)
            #expect(answer.hasPrefix("HTTP/1.1 403"))
            #expect(!answer.contains("Access-Control-Allow-Origin"))
            #expect(door.recorder.last == nil)
        }
    }

    @Test("allowed pages get their CORS headers")
    func cors() async throws {
        try await TestDoor.with(origins: ["http://page.example"]) { door in
            let preflight = try await RawClient.ask(
                door.port,
                "OPTIONS /2015-03-31/functions/ HTTP/1.1\nHost: localhost\nOrigin: http://page.example\nAccess-Control-Request-Method: GET\nAccess-Control-Request-Headers: x-amz-date\n"
            )
            #expect(preflight.hasPrefix("HTTP/1.1 204"))
            #expect(preflight.contains("Access-Control-Allow-Headers: x-amz-date"))
            let answer = try await RawClient.ask(
                door.port, "GET /2015-03-31/functions/ HTTP/1.1\nHost: localhost\nOrigin: http://page.example\n")
            #expect(answer.hasPrefix("HTTP/1.1 200"))
            #expect(answer.contains("Access-Control-Allow-Origin: http://page.example"))
        }
    }

    @Test("the platform's own paths")
    func admin() async throws {
        try await TestDoor.with { door in
            let health = try await RawClient.ask(
                door.port, "GET /_martlet/health HTTP/1.1\nHost: 127.0.0.1:\(door.port)\n")
            #expect(
                health.hasSuffix(
                    #"{"version": "1.2.3", "state": "running", "services": {"lambda": "available", "logs": "available", "s3": "available", "sts": "available"}}"#
                ))
            let other = try await RawClient.ask(door.port, "GET /_localstack/health HTTP/1.1\nHost: localhost\n")
            #expect(
                other.hasSuffix(
                    #"{"services": {"lambda": "available", "logs": "available", "s3": "available", "sts": "available"}, "edition": "community", "version": "1.2.3"}"#
                ))
            let reset = try await RawClient.ask(
                door.port, "POST /_martlet/reset HTTP/1.1\nHost: localhost\nContent-Length: 0\n")
            #expect(reset.hasPrefix("HTTP/1.1 200"))
            let unknown = try await RawClient.ask(door.port, "GET /_martlet/else HTTP/1.1\nHost: localhost\n")
            #expect(unknown.hasPrefix("HTTP/1.1 404"))
            let wrong = try await RawClient.ask(door.port, "GET /_martlet/reset HTTP/1.1\nHost: localhost\n")
            #expect(wrong.hasPrefix("HTTP/1.1 405"))
        }
    }

    @Test("service host names lead to the service and its region")
    func hostNames() async throws {
        try await TestDoor.with { door in
            let answer = try await RawClient.ask(
                door.port,
                "GET /?Action=GetCallerIdentity&Version=2011-06-15 HTTP/1.1\nHost: sts.eu-central-1.amazonaws.com\n")
            #expect(answer.contains("GetCallerIdentityResponse"))
            #expect(door.recorder.last?.region == "eu-central-1")
        }
    }

    @Test("the call of a client that has gone is cancelled")
    func cancellation() async throws {
        try await TestDoor.with { door in
            let client = try await RawClient.connect(door.port)
            try await client.send(
                "POST /2015-03-31/functions/slow/invocations HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n")
            await door.recorder.untilCalled()
            await client.close()
            await door.recorder.untilCancelled()
        }
    }

    @Test("events leave as they come, and end with their client")
    func events() async throws {
        try await TestDoor.with { door in
            let client = try await RawClient.connect(door.port)
            let body = #"{"logGroupIdentifiers": ["arn:aws:logs:us-east-1:000000000000:log-group:g"]}"#
            try await client.send(
                "POST / HTTP/1.1\r\nHost: stream-logs.us-east-1.localhost\r\nX-Amz-Target: Logs_20140328.StartLiveTail\r\n"
                    + "Content-Type: application/x-amz-json-1.1\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
            let answer = await client.receive(until: "\"sessionId\":\"s-1\"")
            #expect(answer.contains("Content-Type: application/vnd.amazon.eventstream"))
            #expect(answer.contains("Transfer-Encoding: chunked"))
            #expect(answer.contains("initial-response"))
            await client.close()
            await door.recorder.untilCancelled()
        }
    }

    @Test("an error in mid-stream is an exception event")
    func failingEvents() async throws {
        try await TestDoor.with(liveTailFails: true) { door in
            let body = #"{"logGroupIdentifiers": ["arn:aws:logs:us-east-1:000000000000:log-group:g"]}"#
            let answer = try await RawClient.ask(
                door.port,
                "POST / HTTP/1.1\nHost: localhost\nX-Amz-Target: Logs_20140328.StartLiveTail\n"
                    + "Content-Type: application/x-amz-json-1.1\nContent-Length: \(body.utf8.count)\n",
                body: Array(body.utf8))
            #expect(answer.contains("SessionTimeoutException"))
            #expect(answer.hasSuffix("0\r\n\r\n"))
        }
    }

    @Test("a sandbox's socket knows its caller, whatever it shows")
    func sandbox() async throws {
        try await TestDoor.with(.iam) { door in
            let socket = try ListeningSocket.make()
            let principal = Principal.assumedRole(account: "777788889999", role: "f", roleID: "AROA2", session: "i")
            let listener = door.door.serve(
                listeningSockets: [socket.descriptor],
                as: SandboxIdentity(principal: principal, account: "777788889999", region: "eu-west-2"))
            let inside = TestDoor(port: socket.port, door: door.door, recorder: door.recorder)
            let signed = try await inside.signed(
                "POST", "/", service: "sts", key: "123456789012", secret: "x", region: "ap-south-1",
                headers: [("Content-Type", "application/x-www-form-urlencoded")],
                body: "Action=GetCallerIdentity&Version=2011-06-15")
            #expect(signed.contains("<Account>777788889999</Account>"))
            #expect(door.recorder.last?.principal == principal)
            #expect(door.recorder.last?.region == "ap-south-1")
            let unsigned = try await RawClient.ask(
                socket.port, "GET /?Action=GetCallerIdentity&Version=2011-06-15 HTTP/1.1\nHost: sts\n")
            #expect(unsigned.contains("<Account>777788889999</Account>"))
            #expect(door.recorder.last?.region == "eu-west-2")
            for path in ["/_martlet/health", "/_localstack/health", "/_martlet/reset"] {
                let answer = try await RawClient.ask(socket.port, "GET \(path) HTTP/1.1\nHost: localhost\n")
                #expect(answer.hasPrefix("HTTP/1.1 404"))
            }
            await listener.close()
            await #expect(throws: (any Error).self) { try await RawClient.connect(socket.port) }
        }
    }
}

@Suite("The chain, with --auth iam")
struct IAMChainTests {
    @Test("root may do everything")
    func root() async throws {
        try await TestDoor.with(.iam) { door in
            let answer = try await door.signed("GET", "/2015-03-31/functions/?MaxItems=5", service: "lambda")
            #expect(answer.hasPrefix("HTTP/1.1 200"))
            #expect(door.recorder.last?.account == "111122223333")
        }
    }

    @Test("others may not, in their protocol's words")
    func refused() async throws {
        try await TestDoor.with(.iam) { door in
            let rest = try await door.signed("GET", "/2015-03-31/functions/", service: "lambda", key: "AKIDUSER")
            #expect(rest.hasPrefix("HTTP/1.1 403"))
            #expect(rest.contains("x-amzn-ErrorType: AccessDeniedException"))
            #expect(
                rest.contains(
                    "User: arn:aws:iam::111122223333:user/anna is not authorized to perform: lambda:ListFunctions because no "
                        + "identity-based policy allows the lambda:ListFunctions action"))
            let json = try await door.signed(
                "POST", "/", service: "logs", key: "AKIDUSER",
                headers: [
                    ("X-Amz-Target", "Logs_20140328.DescribeLogGroups"), ("Content-Type", "application/x-amz-json-1.1"),
                ],
                body: "{}")
            #expect(json.hasPrefix("HTTP/1.1 400"))
            #expect(json.contains("AccessDeniedException"))
            let identity = try await door.signed(
                "GET", "/?Action=GetCallerIdentity&Version=2011-06-15", service: "sts", key: "ASIASESSION",
                token: "good")
            #expect(identity.contains("arn:aws:sts::444455556666:assumed-role/r/s"))
        }
    }

    @Test("what is not signed well is refused")
    func signatures() async throws {
        try await TestDoor.with(.iam) { door in
            let none = try await RawClient.ask(door.port, "GET /2015-03-31/functions/ HTTP/1.1\nHost: localhost\n")
            #expect(none.hasPrefix("HTTP/1.1 403"))
            #expect(none.contains("x-amzn-ErrorType: MissingAuthenticationTokenException"))
            #expect(none.contains("Missing Authentication Token"))
            let unknown = try await door.signed("GET", "/2015-03-31/functions/", service: "lambda", key: "AKIDNOBODY")
            #expect(unknown.contains("x-amzn-ErrorType: UnrecognizedClientException"))
            let wrong = try await door.signed("GET", "/2015-03-31/functions/", service: "lambda", secret: "wrong")
            #expect(wrong.contains("x-amzn-ErrorType: InvalidSignatureException"))
            #expect(wrong.contains("The request signature we calculated does not match the signature you provided."))
            let query = try await door.signed(
                "GET", "/?Action=GetCallerIdentity&Version=2011-06-15", service: "sts", secret: "wrong")
            #expect(query.contains("<Code>SignatureDoesNotMatch</Code>"))
            let token = try await door.signed(
                "GET", "/2015-03-31/functions/", service: "lambda", key: "ASIASESSION", token: "bad")
            #expect(token.contains("The security token included in the request is invalid."))
            let old = try await door.signed(
                "GET", "/2015-03-31/functions/", service: "lambda", key: "ASIASESSION", token: "old")
            #expect(old.contains("x-amzn-ErrorType: ExpiredTokenException"))
            let late = try await door.signed(
                "GET", "/2015-03-31/functions/", service: "lambda", seconds: WallClock.seconds - 1000)
            #expect(late.contains("Signature expired: "))
            let region = try await door.signed(
                "GET", "/2015-03-31/functions/", service: "lambda", region: "us-east-1",
                host: "lambda.eu-west-1.amazonaws.com")
            #expect(region.contains("Credential should be scoped to a valid region, not 'us-east-1'. "))
            let scope = try await door.signed(
                "GET", "/2015-03-31/functions/", service: "lambda", region: "US_EAST!")
            #expect(scope.contains("Credential should be scoped to a valid region"))
            let version2 = try await RawClient.ask(
                door.port,
                "GET /2015-03-31/functions/ HTTP/1.1\nHost: lambda.localhost\nAuthorization: AWS AKIDROOT:abc=\n"
            )
            #expect(version2.contains("Signature Version 2 is not supported"))
        }
    }

    @Test("reset wants a root key's signature")
    func reset() async throws {
        try await TestDoor.with(.iam) { door in
            let unsigned = try await RawClient.ask(
                door.port, "POST /_martlet/reset HTTP/1.1\nHost: localhost\nContent-Length: 0\n")
            #expect(unsigned.hasPrefix("HTTP/1.1 400"))
            let user = try await door.signed("POST", "/_martlet/reset", service: "martlet", key: "AKIDUSER")
            #expect(user.hasPrefix("HTTP/1.1 403"))
            let root = try await door.signed("POST", "/_martlet/reset", service: "martlet")
            #expect(root.hasPrefix("HTTP/1.1 200"))
            let health = try await RawClient.ask(door.port, "GET /_martlet/health HTTP/1.1\nHost: localhost\n")
            #expect(health.hasPrefix("HTTP/1.1 200"))
        }
    }
}
