import Foundation
import NIOHTTP1
import ServiceKit
import ServiceModel
import TestSupport
import Testing

@testable import FrontDoor

@Suite("Signature Version 4")
struct SignatureTests {
    let verifier = SignatureVerifier(keys: SigningKeyCache())

    private func verify(
        _ head: RequestHead, service: String, region: String? = nil, body: String = "", secret: String? = nil,
        now: Int64? = nil
    ) throws -> SignatureVerifier.Seed {
        let vectors = try #require(Vectors.shared)
        guard case .version4(let parameters) = PresentedSignature(head) else { throw SignatureError.missing }
        return try verifier.verify(
            head, parameters, body: Array(body.utf8), secret: secret ?? vectors.secret,
            expecting: .init(service: service, region: region), now: now ?? vectors.now)
    }

    @Test("what botocore signs is accepted", arguments: Vectors.shared?.vectors ?? [])
    func botocore(_ vector: Vectors.Vector) throws {
        let head = try vector.head
        let presented = PresentedSignature(head)
        #expect(presented.accessKeyID == Vectors.shared?.accessKeyID)
        #expect(presented.scope?.region == vector.region)
        _ = try verify(head, service: vector.service, region: vector.region, body: vector.body)
    }

    @Test("what is changed after signing is refused", arguments: Vectors.shared?.vectors ?? [])
    func tampered(_ vector: Vectors.Vector) throws {
        let original = try vector.head
        var method = original
        method.method = "DELETE"
        var path = original
        path.path += "x"
        var query = original
        query.query += query.query.isEmpty ? "new=1" : "&new=1"
        var host = original
        host.headers.replaceOrAdd(name: "host", value: "evil.localhost")
        for head in [method, path, query, host] {
            #expect(throws: SignatureError.self) { try verify(head, service: vector.service, body: vector.body) }
        }
        #expect(throws: SignatureError.self) {
            try verify(original, service: vector.service, body: vector.body, secret: "another")
        }
        if !original.query.contains("X-Amz-Signature"), !vector.body.isEmpty {
            #expect(throws: SignatureError.self) {
                try verify(original, service: vector.service, body: vector.body + " ")
            }
        }
    }

    @Test("the clock may be fifteen minutes off")
    func skew() throws {
        let vectors = try #require(Vectors.shared)
        let head = try #require(vectors.vectors.first).head
        _ = try verify(head, service: "lambda", now: vectors.now + 900)
        _ = try verify(head, service: "lambda", now: vectors.now - 900)
        let late = #expect(throws: SignatureError.self) { try verify(head, service: "lambda", now: vectors.now + 901) }
        #expect(
            late?.error(.json).message
                == "Signature expired: 20261121T034500Z is now earlier than 20261121T034501Z (20261121T040001Z - 15 min.)"
        )
        #expect(late?.error(.json).code == "InvalidSignatureException")
        #expect(late?.error(.json).status == 400)
        #expect(late?.error(.rest).status == 403)
        #expect(late?.error(.query).code == "SignatureDoesNotMatch")
        #expect(late?.error(.s3).code == "RequestTimeTooSkewed")
        let early = #expect(throws: SignatureError.self) { try verify(head, service: "lambda", now: vectors.now - 901) }
        #expect(
            early?.error(.query).message
                == "Signature not yet current: 20261121T034500Z is still later than 20261121T034459Z (20261121T032959Z + 15 min.)"
        )
    }

    @Test("presigned URLs end")
    func presigned() throws {
        let vectors = try #require(Vectors.shared)
        let vector = try #require(vectors.vectors.first { $0.name == "query: s3 key" })
        _ = try verify(vector.head, service: "s3", now: vectors.now + 900)
        let error = #expect(throws: SignatureError.self) {
            try verify(vector.head, service: "s3", now: vectors.now + 901)
        }
        #expect(error?.error(.s3).code == "AccessDenied")
        #expect(error?.error(.s3).message == "Request has expired")
        #expect(error?.error(.s3).fields["Expires"]?.stringValue == "2026-11-21T04:00:00Z")
    }

    @Test("the scope has to fit")
    func scope() throws {
        let vectors = try #require(Vectors.shared)
        let head = try #require(vectors.vectors.first).head
        let service = #expect(throws: SignatureError.self) { try verify(head, service: "logs") }
        #expect(service?.error(.json).message == "Credential should be scoped to correct service: 'logs'. ")
        let region = #expect(throws: SignatureError.self) { try verify(head, service: "lambda", region: "eu-west-1") }
        #expect(region?.error(.json).message == "Credential should be scoped to a valid region, not 'us-east-1'. ")
        var other = head
        let header = try #require(head.headers.first(name: "authorization"))
        other.headers.replaceOrAdd(
            name: "authorization", value: header.replacingOccurrences(of: "/20261121/", with: "/20261120/"))
        let date = #expect(throws: SignatureError.self) { try verify(other, service: "lambda") }
        #expect(
            date?.error(.json).message
                == "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
                + "'20261120' != '20261121', from '20261121T034500Z'.")
    }

    @Test("S3 wants every x-amz header signed")
    func unsignedHeaders() throws {
        let vectors = try #require(Vectors.shared)
        let vector = try #require(vectors.vectors.first { $0.name == "header: s3 key" })
        var head = try vector.head
        head.headers.add(name: "x-amz-meta-wrong", value: "1")
        let error = #expect(throws: SignatureError.self) { try verify(head, service: "s3", body: vector.body) }
        #expect(error == .headersNotSigned(["x-amz-meta-wrong"]))
    }

    @Test("the host has to be signed")
    func host() throws {
        let vectors = try #require(Vectors.shared)
        var head = try #require(vectors.vectors.first).head
        let header = try #require(head.headers.first(name: "authorization"))
        head.headers.replaceOrAdd(name: "authorization", value: header.replacingOccurrences(of: "host;", with: ""))
        #expect(throws: SignatureError.hostNotSigned) { try verify(head, service: "lambda") }
    }

    @Test(
        "incomplete headers are told what they lack",
        arguments: [
            ("AWS4-HMAC-SHA256 Credential=A/20261121/us-east-1/lambda/aws4_request, SignedHeaders=host", "'Signature'"),
            ("AWS4-HMAC-SHA256 Signature=00, SignedHeaders=host", "'Credential'"),
            ("AWS4-HMAC-SHA256 Credential=A/b, Signature=00, SignedHeaders=host", "exactly 5"),
            ("AWS4-HMAC-SHA256", "'SignedHeaders'"),
            ("Bearer x", "Unsupported AWS 'algorithm'"),
        ])
    func incomplete(_ header: String, _ part: String) {
        let presented = AuthorizationHeader.parse(header, headers: ["x-amz-date": "20261121T034500Z"])
        guard case .malformed(let error, _, _) = presented else {
            Issue.record("not malformed")
            return
        }
        #expect(error.error(.rest).code == "IncompleteSignatureException")
        #expect(error.error(.rest).message.contains(part))
    }

    @Test("other versions are named")
    func versions() throws {
        let query = "Action=ListTopics&SignatureVersion=2&AWSAccessKeyId=AKID&Signature=x&Expires=1"
        #expect(PresignedQuery.parse(QueryPairs(query)) == .queryVersion2(accessKeyID: "AKID"))
        #expect(
            AuthorizationHeader.parse("AWS4-ECDSA-P256-SHA256 Credential=AKID/20261121/s3/aws4_request", headers: [:])
                == .version4a(accessKeyID: "AKID"))
    }

    @Test(
        "presigned queries are checked",
        arguments: [
            ("X-Amz-Algorithm=AWS4-HMAC-SHA256", "requires the X-Amz-Algorithm"),
            ("X-Amz-Signature=a", "requires the X-Amz-Algorithm"),
            (
                "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=x&X-Amz-Date=20261121T034500Z&X-Amz-Expires=1&X-Amz-SignedHeaders=host&X-Amz-Signature=0",
                "mal-formed"
            ),
            (
                "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a%2Fb%2Fc%2Fd%2Faws4_request&X-Amz-Date=20261121T034500Z&X-Amz-Expires=604801&X-Amz-SignedHeaders=host&X-Amz-Signature=0",
                "604800"
            ),
            (
                "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a%2Fb%2Fc%2Fd%2Faws4_request&X-Amz-Date=20261121T034500Z&X-Amz-Expires=-1&X-Amz-SignedHeaders=host&X-Amz-Signature=0",
                "non-negative"
            ),
            (
                "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a%2Fb%2Fc%2Fd%2Faws4_request&X-Amz-Date=20261332T034500Z&X-Amz-Expires=1&X-Amz-SignedHeaders=host&X-Amz-Signature=0",
                "ISO8601"
            ),
        ])
    func presignedQueries(_ query: String, _ part: String) {
        guard case .malformed(let error, _, _) = PresignedQuery.parse(QueryPairs(query)) else {
            Issue.record("not malformed")
            return
        }
        #expect(error.error(.s3).code == "AuthorizationQueryParametersError")
        #expect(error.error(.s3).message.contains(part))
    }

    @Test("parsers take anything")
    func fuzz() throws {
        var random = SeededGenerator(seed: 11)
        let vectors = try #require(Vectors.shared).vectors
        for round in 0..<3000 {
            let vector = vectors[round % vectors.count]
            var text = Array((vector.headers.first { $0[0] == "Authorization" }?[1] ?? vector.target).utf8)
            for _ in 0..<Int.random(in: 1...20, using: &random) {
                let index = Int.random(in: text.indices, using: &random)
                text[index] = UInt8.random(in: 0x20...0xFF, using: &random)
            }
            let string = String(decoding: text, as: UTF8.self)
            _ = AuthorizationHeader.parse(string, headers: ["x-amz-date": string])
            _ = PresignedQuery.parse(QueryPairs(string))
            _ = HostName(string)
            _ = try? RequestTarget(string)
            _ = CredentialScope.parse(credential: string)
            _ = CanonicalRequest.withoutDotSegments(string)
        }
    }
}
