import ServiceKit
import Testing

@testable import Lambda

struct FunctionURLTests {
    @Test(arguments: [
        ("http://localhost:4566", "http://ID.lambda-url.us-east-1.localhost:4566/"),
        ("https://localhost", "https://ID.lambda-url.us-east-1.localhost/"),
        ("http://127.0.0.1:4566", "http://ID.lambda-url.us-east-1.localhost:4566/"),
        ("http://[::1]:4566", "http://ID.lambda-url.us-east-1.localhost:4566/"),
        ("http://lambda.us-east-1.localhost:1", "http://ID.lambda-url.us-east-1.localhost:1/"),
        (
            "https://localhost.localstack.cloud:4566",
            "https://ID.lambda-url.us-east-1.localhost.localstack.cloud:4566/"
        ),
        ("https://lambda.us-east-1.amazonaws.com", "https://ID.lambda-url.us-east-1.on.aws/"),
        ("http://martlet.example.com:80", "http://ID.lambda-url.us-east-1.martlet.example.com:80/"),
        ("http://lambda.eu-west-1.example.com", "http://ID.lambda-url.us-east-1.example.com/"),
        ("http://10.1.2.3:4566", "http://10.1.2.3:4566/_lambda-url/ID/"),
        ("http://[fe80::1]:4566", "http://[fe80::1]:4566/_lambda-url/ID/"),
        ("", "https://ID.lambda-url.us-east-1.on.aws/"),
    ])
    func addresses(_ endpoint: String, _ address: String) {
        #expect(FunctionURLAddress.text(id: "ID", region: "us-east-1", endpoint: endpoint) == address)
    }

    @Test func idsAreUniqueAndOfAWSsForm() {
        let ids = (0..<1_000).map { _ in FunctionURLRecord.newID() }
        #expect(Set(ids).count == ids.count && ids.allSatisfy { FunctionURLRecord.isID($0) })
        for text in ["", "a", String(repeating: "A", count: 32), String(repeating: "a", count: 33)] {
            #expect(!FunctionURLRecord.isID(text))
        }
    }

    private func request(_ method: String, _ headers: [(String, String)]) -> WebRequest {
        WebRequest(
            id: "r", method: method, path: "/", headers: headers.map { .init($0.0, $0.1) }, domain: "d", port: 1)
    }

    @Test func onlyPreflightsAreAnswered() {
        let rules = CrossOriginRules(allowOrigins: ["*"])
        #expect(rules.preflight(request("OPTIONS", [("Origin", "http://a")])) == nil)
        #expect(rules.preflight(request("OPTIONS", [("Access-Control-Request-Method", "GET")])) == nil)
        #expect(
            rules.preflight(request("GET", [("Origin", "http://a"), ("Access-Control-Request-Method", "GET")])) == nil)
        let asked = request("OPTIONS", [("origin", "http://a"), ("access-control-request-method", "GET")])
        #expect(rules.preflight(asked)?.status == 200)
    }

    @Test(
        arguments: [
            (["*"], false, "http://a", "*"), (["*"], true, "http://a", "http://a"),
            (["http://A"], false, "http://a", "http://a"), (["http://b", "http://a"], true, "http://a", "http://a"),
            (["http://b"], true, "http://a", nil), ([], true, "http://a", nil), (["http://a"], false, "null", nil),
        ] as [([String], Bool, String, String?)])
    func origins(_ allowed: [String], _ credentials: Bool, _ origin: String, _ answer: String?) {
        let rules = CrossOriginRules(allowCredentials: credentials, allowOrigins: allowed, exposeHeaders: ["x"])
        var headers: [WebRequest.Header] = [
            .init("access-control-allow-origin", "http://mine"), .init("Access-Control-Max-Age", "9"), .init("X", "y"),
        ]
        rules.apply(to: &headers, origin: origin)
        #expect(headers.first { $0.name == "Access-Control-Allow-Origin" }?.value == answer)
        #expect(!headers.contains { $0.value == "http://mine" || $0.value == "9" })
        #expect(headers.contains(.init("X", "y")))
        #expect(headers.contains(.init("Access-Control-Expose-Headers", "x")) == (answer != nil))
        #expect(
            headers.contains(.init("Access-Control-Allow-Credentials", "true")) == (answer != nil && credentials))
        #expect(headers.contains(.init("Vary", "Origin")) == (answer != nil && answer != "*"))
    }
}
