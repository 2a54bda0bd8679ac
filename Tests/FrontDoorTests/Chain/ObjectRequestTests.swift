import Foundation
import NIOHTTP1
import ServiceKit
import ServiceModel
import Testing

@testable import FrontDoor

@Suite("Requests for objects")
struct ObjectRequestTests {
    private static let emptyBody = "Content-Length: 0\n"

    /// A path with the query of Signature Version 2, good for a minute from `seconds` on.
    private func version2(
        _ method: String, _ resource: String, key: String = "AKIDROOT", query: String = "",
        seconds: Int64 = WallClock.seconds, headers: String = ""
    ) -> String {
        let expires = seconds + 60
        let text = "\(method)\n\n\n\(expires)\n\(headers)\(resource)"
        let signature = Version2Signature.sign(text, secret: StubCredentials.secret)
            .addingPercentEncoding(withAllowedCharacters: .alphanumerics)
        return "\(query)AWSAccessKeyId=\(key)&Expires=\(expires)&Signature=\(signature ?? "")"
    }

    @Test("presigned URLs of Version 2 are verified, by path and by host")
    func version2() async throws {
        try await TestDoor.with(.iam) { door in
            let query = version2("GET", "/b/5")
            let byPath = try await RawClient.ask(door.port, "GET /b/5?\(query) HTTP/1.1\nHost: localhost\n")
            #expect(byPath.hasPrefix("HTTP/1.1 206"))
            #expect(door.recorder.last?.principal == .root(account: "111122223333"))
            let byHost = try await RawClient.ask(door.port, "GET /5?\(query) HTTP/1.1\nHost: b.s3.localhost\n")
            #expect(byHost.hasPrefix("HTTP/1.1 206"))
            let other = try await RawClient.ask(door.port, "GET /b/6?\(query) HTTP/1.1\nHost: localhost\n")
            #expect(other.hasPrefix("HTTP/1.1 403") && other.contains("<Code>SignatureDoesNotMatch</Code>"))
            #expect(other.contains("<StringToSignBytes>47 45 54"))
            let unknown = version2("GET", "/b/5", key: "AKIDNOBODY")
            let nobody = try await RawClient.ask(door.port, "GET /b/5?\(unknown) HTTP/1.1\nHost: localhost\n")
            #expect(nobody.contains("<Code>InvalidAccessKeyId</Code>"))
            #expect(nobody.contains("<AWSAccessKeyId>AKIDNOBODY</AWSAccessKeyId>"))
            let elsewhere = try await RawClient.ask(
                door.port, "GET /2015-03-31/functions/?\(query) HTTP/1.1\nHost: lambda.localhost\n")
            #expect(elsewhere.contains("Signature Version 2 is not supported"))
        }
    }

    @Test(
        "headers in the query of a presigned URL count as headers",
        arguments: [.iam, .open] as [FrontDoorConfiguration.Authentication])
    func headersInQuery(_ authentication: FrontDoorConfiguration.Authentication) async throws {
        try await TestDoor.with(authentication) { door in
            let query = version2(
                "PUT", "/b/k", query: "x-amz-meta-a=1%202&", headers: "x-amz-meta-a:1 2\n")
            let answer = try await RawClient.ask(
                door.port, "PUT /b/k?\(query) HTTP/1.1\nHost: localhost\n" + Self.emptyBody)
            #expect(answer.hasPrefix("HTTP/1.1 200"))
            #expect(door.recorder.last?.input["Metadata"]?.mapValue == ["a": "1 2"])
        }
    }

    @Test("what a presigned URL says of its time counts in every mode")
    func expired() async throws {
        try await TestDoor.with { door in
            let now = WallClock.seconds
            func ask(_ query: String) async throws -> String {
                try await RawClient.ask(door.port, "GET /b/5?\(query) HTTP/1.1\nHost: localhost\n")
            }
            func version4(_ expires: String, _ seconds: Int64 = now) -> String {
                let date = CivilTime.basic(seconds: seconds)
                return "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=any%2F\(date.prefix(8))%2Fus-east-1%2Fs3"
                    + "%2Faws4_request&X-Amz-Date=\(date)&X-Amz-Expires=\(expires)&X-Amz-SignedHeaders=host&X-Amz-Signature=00"
            }
            #expect(try await ask(version4("604800")).hasPrefix("HTTP/1.1 206"))
            #expect(try await ask(version2("GET", "/other", key: "any")).hasPrefix("HTTP/1.1 206"))
            let old = try await ask(version4("60", now - 61))
            #expect(old.contains("<Code>AccessDenied</Code><Message>Request has expired</Message>"))
            #expect(old.contains("<Expires>") && old.contains("<X-Amz-Expires>60</X-Amz-Expires>"))
            let old2 = try await ask(version2("GET", "/b/5", key: "any", seconds: now - 61))
            #expect(old2.contains("<Code>AccessDenied</Code><Message>Request has expired</Message>"))
            #expect(old2.contains("<Expires>") && !old2.contains("X-Amz-Expires"))
            #expect(try await ask(version4("60", now + 1000)).contains("Request is not valid yet"))
            #expect(try await ask(version4("604801")).contains("<Code>AuthorizationQueryParametersError</Code>"))
            #expect(try await ask(version4("-1")).contains("<Code>AuthorizationQueryParametersError</Code>"))
            #expect(try await ask("AWSAccessKeyId=any&Signature=x").contains("requires the Signature, Expires and"))
        }
    }

    @Test("the hash that a body is said to have is compared in every mode")
    func hash() async throws {
        try await TestDoor.with { door in
            func put(_ hash: String) async throws -> String {
                try await RawClient.ask(
                    door.port, "PUT /b/k HTTP/1.1\nHost: localhost\nContent-Length: 3\nx-amz-content-sha256: \(hash)\n",
                    body: Array("abc".utf8))
            }
            let good = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
            #expect(try await put(good).hasPrefix("HTTP/1.1 200"))
            let wrong = try await put(String(repeating: "0", count: 64))
            #expect(wrong.hasPrefix("HTTP/1.1 400") && wrong.contains("<Code>XAmzContentSHA256Mismatch</Code>"))
            #expect(wrong.contains("<S3ComputedContentSHA256>\(good)</S3ComputedContentSHA256>"))
        }
    }

    @Test("a body in chunks says how long it is, however short")
    func decodedLength() async throws {
        try await TestDoor.with { door in
            let body = "3\r\nabc\r\n0\r\n\r\n"
            let answer = try await RawClient.ask(
                door.port,
                "PUT /b/k HTTP/1.1\nHost: localhost\nContent-Length: \(body.utf8.count)\n"
                    + "x-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER\n", body: Array(body.utf8))
            #expect(answer.hasPrefix("HTTP/1.1 411") && answer.contains("<Code>MissingContentLength</Code>"))
            #expect(door.recorder.last == nil)
        }
    }

    @Test("metadata that is said twice is a list")
    func repeated() async throws {
        try await TestDoor.with { door in
            _ = try await RawClient.ask(
                door.port,
                "PUT /b/k HTTP/1.1\nHost: localhost\nx-amz-meta-u: a\nX-Amz-Meta-U: b\n" + Self.emptyBody)
            #expect(door.recorder.last?.input["Metadata"]?.mapValue?.map(\.value) == ["a,b"])
        }
    }

    @Test(
        "what is for no operation is told in S3's words",
        arguments: [
            (
                "PATCH /b/k", "405",
                "<Code>MethodNotAllowed</Code><Message>The specified method is not allowed against this resource."
            ),
            ("POST /b/k", "405", "<ResourceType>OBJECT</ResourceType>"),
            ("PATCH /b", "405", "<ResourceType>BUCKET</ResourceType>"),
            ("POST /b?uploadId=x", "405", "<Code>MethodNotAllowed</Code>"),
            ("OPTIONS /b/k", "400", "Insufficient information. Origin request header needed."),
            ("GET /b/%FF", "400", "<Code>InvalidURI</Code>"),
            (
                "GET /b?max-keys=abc", "400",
                "<Message>Provided max-keys not an integer or within integer range</Message>"
            ),
            ("GET /b?max-keys=99999999999999", "400", "<ArgumentValue>99999999999999</ArgumentValue>"),
        ])
    func refusals(_ line: String, _ status: String, _ part: String) async throws {
        try await TestDoor.with { door in
            let answer = try await RawClient.ask(door.port, "\(line) HTTP/1.1\nHost: localhost\n" + Self.emptyBody)
            #expect(answer.hasPrefix("HTTP/1.1 \(status) "))
            #expect(answer.contains("Content-Type: application/xml"))
            #expect(answer.contains(part))
        }
    }

    @Test("a request for a bucket of another region learns which")
    func regions() async throws {
        try await TestDoor.with(.iam) { door in
            func get(_ bucket: String, _ region: String) async throws -> String {
                try await door.signed(
                    "GET", "/\(bucket)/5", service: "s3", region: region,
                    headers: [
                        ("x-amz-content-sha256", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
                    ])
            }
            #expect(try await get("far", "eu-west-1").hasPrefix("HTTP/1.1 206"))
            #expect(try await get("b", "us-west-2").hasPrefix("HTTP/1.1 206"))
            let wrong = try await get("far", "us-east-1")
            #expect(wrong.hasPrefix("HTTP/1.1 400") && wrong.contains("<Code>AuthorizationHeaderMalformed</Code>"))
            #expect(wrong.contains("the region 'us-east-1' is wrong; expecting 'eu-west-1'"))
            #expect(wrong.contains("<Region>eu-west-1</Region>") && wrong.contains("x-amz-bucket-region: eu-west-1"))
            let global = try await get("b", "aws-global")
            #expect(global.contains("the region 'aws-global' is wrong; expecting 'us-east-1'"))
        }
    }

    @Test("forms signed in Version 2 are taken", arguments: [.iam, .open] as [FrontDoorConfiguration.Authentication])
    func forms(_ authentication: FrontDoorConfiguration.Authentication) async throws {
        try await TestDoor.with(authentication) { door in
            let policy = Data(
                #"{"expiration": "2999-01-01T00:00:00Z", "conditions": [{"bucket": "b"}, {"key": "k"}]}"#.utf8
            )
            .base64EncodedString()
            func post(_ signature: String, host: String = "localhost", path: String = "/b") async throws -> String {
                var body = ""
                for (name, value) in [
                    ("key", "k"), ("AWSAccessKeyId", "AKIDROOT"), ("policy", policy), ("signature", signature),
                    ("file", "x"),
                ] {
                    body += "--X\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n\(value)\r\n"
                }
                body += "--X--\r\n"
                return try await RawClient.ask(
                    door.port,
                    "POST \(path) HTTP/1.1\nHost: \(host)\nContent-Type: multipart/form-data; boundary=X\n"
                        + "Content-Length: \(body.utf8.count)\n", body: Array(body.utf8))
            }
            let signature = Version2Signature.sign(policy, secret: StubCredentials.secret)
            let byPath = try await post(signature)
            #expect(byPath.hasPrefix("HTTP/1.1 204") && byPath.contains("Location: http://localhost/b/k\r\n"))
            #expect(door.recorder.last?.principal == .root(account: "111122223333"))
            let byHost = try await post(signature, host: "b.s3.localhost", path: "/")
            #expect(byHost.contains("Location: http://b.s3.localhost/k\r\n"))
            let wrong = try await post("wrong")
            #expect(wrong.contains("<Code>SignatureDoesNotMatch</Code>") == (authentication == .iam))
        }
    }
}
