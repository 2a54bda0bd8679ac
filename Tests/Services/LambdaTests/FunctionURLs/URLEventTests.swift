import Foundation
import ServiceKit
import ServiceModel
import Testing

@testable import Lambda

struct URLEventTests {
    private func event(
        signed: Bool = false, caller: WebCaller? = nil, _ change: (inout WebRequest) -> Void = { _ in }
    ) throws -> [String: Any] {
        var request = WebRequest(
            id: "r", method: "POST", path: "/", domain: "u.lambda-url.us-east-1.localhost", port: 4566,
            source: "10.0.0.1")
        change(&request)
        let url = FunctionURLRecord(
            key: FunctionKey(account: "111111111111", region: "us-east-1", name: "f"), id: "u",
            requiresSignature: signed, created: Timestamp(milliseconds: 0), lastModified: Timestamp(milliseconds: 0))
        let event = URLEvent(
            request: request, url: url, caller: caller, trace: "Root=1-a-b",
            now: Timestamp(milliseconds: 1_583_348_638_390))
        let object = try JSONSerialization.jsonObject(with: Data(event.json))
        return try #require(object as? [String: Any])
    }

    @Test func aBareRequest() throws {
        let event = try event()
        #expect(
            Set(event.keys) == [
                "version", "routeKey", "rawPath", "rawQueryString", "headers", "requestContext", "isBase64Encoded",
            ])
        let context = try #require(event["requestContext"] as? [String: Any])
        #expect(context["accountId"] as? String == "anonymous" && context["apiId"] as? String == "u")
        #expect(context["time"] as? String == "04/Mar/2020:19:03:58 +0000")
        #expect(context["timeEpoch"] as? Int == 1_583_348_638_390)
        #expect(context["authorizer"] == nil)
        let http = try #require(context["http"] as? [String: String])
        #expect(http == ["method": "POST", "path": "/", "protocol": "HTTP/1.1", "sourceIp": "10.0.0.1"])
        let headers = try #require(event["headers"] as? [String: String])
        #expect(
            headers == [
                "x-amzn-trace-id": "Root=1-a-b", "x-forwarded-for": "10.0.0.1", "x-forwarded-port": "4566",
                "x-forwarded-proto": "http",
            ])
    }

    @Test func valuesOfOneNameAreJoined() throws {
        let event = try event {
            $0.headers = [
                .init("Accept", "a"), .init("ACCEPT", "b"), .init("Cookie", "x=1; y=2"), .init("cookie", " z=3;"),
                .init("X-Forwarded-For", "6.6.6.6"),
            ]
            $0.query = "a=1&a=%32&b&=c&%=%zz&d=x+y"
        }
        let headers = try #require(event["headers"] as? [String: String])
        #expect(headers["accept"] == "a,b" && headers["cookie"] == "x=1; y=2, z=3;")
        #expect(headers["x-forwarded-for"] == "10.0.0.1")
        #expect(event["cookies"] as? [String] == ["x=1", "y=2", "z=3"])
        #expect(
            event["queryStringParameters"] as? [String: String] == [
                "a": "1,2", "b": "", "": "c", "%": "%zz", "d": "x y",
            ])
        #expect(event["rawQueryString"] as? String == "a=1&a=%32&b&=c&%=%zz&d=x+y")
    }

    @Test func whatConcernsTheConnectionIsNotPassedOn() throws {
        let event = try event {
            $0.body = Array("abc".utf8)
            $0.headers = [.init("Connection", "close"), .init("Transfer-Encoding", "chunked"), .init("TE", "x")]
        }
        let headers = try #require(event["headers"] as? [String: String])
        #expect(Set(headers.keys.filter { !$0.hasPrefix("x-") }) == ["content-length"])
        #expect(headers["content-length"] == "3")
    }

    @Test func pathsAreDecoded() throws {
        #expect(try event { $0.path = "/a%20b/%C3%BC%2F%25" }["rawPath"] as? String == "/a b/ü/%")
    }

    @Test func callersAreShown() throws {
        let caller = WebCaller(
            principal: .user(account: "111111111111", name: "anna", path: "/", id: "AIDA1"), accessKeyID: "AKIA1",
            isAuthorized: true)
        let context = try #require(event(signed: true, caller: caller)["requestContext"] as? [String: Any])
        #expect(context["accountId"] as? String == "111111111111")
        let iam = try #require((context["authorizer"] as? [String: Any])?["iam"] as? [String: Any])
        #expect(iam["accessKey"] as? String == "AKIA1" && iam["callerId"] as? String == "AIDA1")
        #expect(iam["userArn"] as? String == "arn:aws:iam::111111111111:user/anna")
        #expect(iam["cognitoIdentity"] is NSNull && iam["principalOrgId"] is NSNull)
    }

    @Test(arguments: [
        ("application/json", true), ("APPLICATION/JSON ; charset=x", true), ("text/html", true),
        ("application/vnd.api+json", true), ("image/svg+xml", true), ("application/xml", true),
        ("application/javascript", true), ("application/x-www-form-urlencoded", false), ("multipart/form-data", false),
        ("application/octet-stream", false), ("", false), ("json", false),
    ])
    func bodiesByType(_ type: String, _ isText: Bool) throws {
        let event = try event {
            $0.body = Array("ü".utf8)
            $0.headers = [.init("content-type", type)]
        }
        #expect(event["isBase64Encoded"] as? Bool == !isText)
        #expect(event["body"] as? String == (isText ? "ü" : "w7w="))
    }

    @Test func bodiesThatAreNoText() throws {
        let event = try event {
            $0.body = [0xFF]
            $0.headers = [.init("content-type", "text/plain")]
        }
        #expect(event["isBase64Encoded"] as? Bool == true && event["body"] as? String == "/w==")
        let compressed = try self.event {
            $0.body = Array("x".utf8)
            $0.headers = [.init("content-type", "text/plain"), .init("content-encoding", "gzip")]
        }
        #expect(compressed["isBase64Encoded"] as? Bool == true)
    }
}
