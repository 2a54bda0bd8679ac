import ServiceKit
import Testing

@testable import FrontDoor

@Suite("Pages that use buckets")
struct BucketPageTests {
    private func ask(_ door: TestDoor, _ head: String, _ fields: String = "") async throws -> String {
        try await RawClient.ask(
            door.port, "\(head) HTTP/1.1\nHost: localhost\nOrigin: https://page.example\n\(fields)")
    }

    @Test("the bucket's configuration answers a preflight")
    func preflight() async throws {
        try await TestDoor.with { door in
            let allowed = try await ask(
                door, "OPTIONS /open/k",
                "Access-Control-Request-Method: GET\nAccess-Control-Request-Headers: x-amz-date, X-Amz-Acl\n")
            #expect(allowed.hasPrefix("HTTP/1.1 200"))
            #expect(allowed.contains("Access-Control-Allow-Origin: https://page.example\r\n"))
            #expect(allowed.contains("Access-Control-Allow-Headers: x-amz-date, x-amz-acl\r\n"))
            #expect(allowed.contains("Access-Control-Max-Age: 30\r\n"))
            #expect(allowed.lowercased().contains("x-amz-request-id: "))
        }
    }

    @Test(arguments: [
        ("OPTIONS /open/k", "Access-Control-Request-Method: PUT\n", "<ResourceType>OBJECT</ResourceType>"),
        ("OPTIONS /open", "Access-Control-Request-Method: PUT\n", "<ResourceType>BUCKET</ResourceType>"),
        (
            "OPTIONS /open/k", "Access-Control-Request-Method: GET\nAccess-Control-Request-Headers: x-other\n",
            "AccessForbidden"
        ),
        ("OPTIONS /closed/k", "Access-Control-Request-Method: GET\n", "CORS is not enabled for this bucket."),
        ("PUT /open/k", "Content-Length: 0\n", "AccessDenied"),
        ("PUT /open/k", "Content-Length: 0\nAccess-Control-Request-Method: GET\n", "AccessDenied"),
        ("POST /open", "Content-Type: multipart/form-data; boundary=b\nContent-Length: 0\n", "AccessDenied"),
        ("OPTIONS /2015-03-31/functions/", "Access-Control-Request-Method: GET\n", "AccessDenied"),
    ])
    func refused(_ head: String, _ fields: String, _ reason: String) async throws {
        try await TestDoor.with { door in
            let answer = try await ask(door, head, fields)
            #expect(answer.hasPrefix("HTTP/1.1 403"))
            #expect(answer.contains(reason))
            #expect(!answer.contains("Access-Control-Allow-Origin"))
            #expect(door.recorder.last == nil)
        }
    }

    @Test("a page sees what it may see", arguments: [("open", true), ("closed", false)])
    func read(bucket: String, isAllowed: Bool) async throws {
        try await TestDoor.with { door in
            let answer = try await ask(door, "GET /\(bucket)/3")
            #expect(answer.hasPrefix("HTTP/1.1 206"))
            #expect(answer.contains("Access-Control-Allow-Origin: https://page.example") == isAllowed)
        }
    }

    @Test(
        "what a request says that it would ask for counts in reads too",
        arguments: ["Access-Control-Request-Method: PUT\n", "Access-Control-Request-Headers: x-other\n"])
    func readJudgedByAsked(field: String) async throws {
        try await TestDoor.with { door in
            let answer = try await ask(door, "GET /open/3", field)
            #expect(answer.hasPrefix("HTTP/1.1 206"))
            #expect(!answer.contains("Access-Control-Allow-Origin"))
        }
    }

    @Test("a preflight says for which site it asks")
    func nameless() async throws {
        try await TestDoor.with { door in
            let answer = try await RawClient.ask(
                door.port, "OPTIONS /open/k HTTP/1.1\nHost: localhost\nAccess-Control-Request-Method: GET\n")
            #expect(answer.hasPrefix("HTTP/1.1 400"))
            #expect(answer.contains("Insufficient information. Origin request header needed."))
        }
    }

    @Test(
        arguments: [
            (["*"], "https://a", "*"), (["https://*.example"], "https://a.example", "https://a.example"),
            (["https://b", "*"], "https://a", "*"), (["https://b"], "https://a", nil), ([""], "https://a", nil),
            (["https://ab*ba"], "https://aba", nil),
        ] as [([String], String, String?)])
    func origins(_ patterns: [String], _ origin: String, _ allowed: String?) {
        let grant = CrossOriginRule(origins: patterns, methods: ["GET"]).grant(
            origin: origin, method: "GET", requestedHeaders: [])
        #expect(grant?.first?.value == allowed)
        #expect(grant?.contains { $0.name == "Access-Control-Allow-Credentials" } == (allowed.map { $0 != "*" }))
    }
}
