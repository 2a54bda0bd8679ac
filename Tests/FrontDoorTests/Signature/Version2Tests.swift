import Foundation
import NIOHTTP1
import ServiceKit
import ServiceModel
import Testing

@testable import FrontDoor

@Suite("Signature Version 2")
struct Version2Tests {
    private func verify(_ head: RequestHead, secret: String? = nil, now: Int64? = nil) throws {
        let vectors = try #require(Vectors.version2)
        guard case .version2(let signature) = PresentedSignature(head) else { throw SignatureError.missing }
        let host = head.headers.first(name: "host") ?? ""
        try signature.verify(
            head, bucket: host.hasPrefix("bucket.") ? "bucket" : nil, secret: secret ?? vectors.secret,
            now: now ?? vectors.now)
    }

    private func vector(_ name: String) throws -> Vectors.Vector {
        try #require(Vectors.version2?.vectors.first { $0.name == name })
    }

    @Test("what botocore signs is accepted", arguments: Vectors.version2?.vectors ?? [])
    func botocore(_ vector: Vectors.Vector) throws {
        let head = try vector.head
        let presented = PresentedSignature(head)
        #expect(presented.accessKeyID == Vectors.version2?.accessKeyID)
        #expect(presented.signingName == "s3" && presented.scope == nil)
        #expect(presented.isPresigned == vector.name.hasPrefix("query"))
        #expect(presented.sessionToken == (vector.name.hasSuffix("virtual host") ? "TOKEN//abc==" : nil))
        try verify(head)
    }

    @Test("what is changed after signing is refused", arguments: Vectors.version2?.vectors ?? [])
    func tampered(_ vector: Vectors.Vector) throws {
        let original = try vector.head
        func changed(_ change: (inout RequestHead) -> Void) -> RequestHead {
            var head = original
            change(&head)
            return head
        }
        for head in [
            changed { $0.method = "DELETE" }, changed { $0.path += "x" },
            changed { $0.query += "&tagging" }, changed { $0.query += "&%74agging" },
            changed { $0.query += "&versionId=7" }, changed { $0.query += "&legal-hold" },
            changed { $0.headers.add(name: "x-amz-meta-wrong", value: "1") },
            changed { $0.headers.replaceOrAdd(name: "content-type", value: "a/b") },
            changed { $0.headers.replaceOrAdd(name: "content-md5", value: "x") },
        ] {
            #expect(throws: SignatureError.self) { try verify(head) }
        }
        #expect(throws: SignatureError.self) { try verify(original, secret: "another") }
    }

    @Test("every parameter that chooses an operation of S3 is signed")
    func subresources() throws {
        let model = try #require(ServiceModels.shared.model(named: "s3"))
        for operation in model.operations.values {
            guard let query = operation.uri.split(separator: "?").dropFirst().first else { continue }
            for pair in query.split(separator: "&") {
                let name = String(pair.prefix { $0 != "=" })
                #expect(Version2Signature.isSigned(name) || name == "x-id" || name == "list-type", "\(name)")
            }
        }
    }

    @Test("presigned URLs end when they say")
    func ends() throws {
        let head = try vector("query: list").head
        let now = try #require(Vectors.version2).now
        try verify(head, now: now + 900)
        let error = #expect(throws: SignatureError.self) { try verify(head, now: now + 901) }
        let told = try #require(error?.error(.s3))
        #expect(told.code == "AccessDenied" && told.status == 403 && told.message == "Request has expired")
        #expect(
            told.fields == ["Expires": "2026-11-21T04:00:00Z", "ServerTime": "2026-11-21T04:00:01Z"])
    }

    @Test("the date of a signed request may be fifteen minutes off", arguments: [901, -901])
    func skew(_ seconds: Int64) throws {
        let head = try vector("header: list").head
        let now = try #require(Vectors.version2).now
        try verify(head, now: now + seconds.signum() * 900)
        let error = #expect(throws: SignatureError.self) { try verify(head, now: now + seconds) }
        #expect(error?.error(.s3).code == "RequestTimeTooSkewed")
        var undated = head
        undated.headers.remove(name: "date")
        let missing = #expect(throws: SignatureError.self) { try verify(undated) }
        #expect(missing?.error(.s3).message == "AWS authentication requires a valid Date or x-amz-date header")
    }

    @Test("what does not match says what was to be signed")
    func mismatch() throws {
        let head = try vector("header: list").head
        let error = #expect(throws: SignatureError.self) { try verify(head, secret: "another") }
        let told = try #require(error?.error(.s3))
        #expect(told.code == "SignatureDoesNotMatch" && told.status == 403)
        #expect(told.fields["StringToSign"] == "GET\n\n\nSat, 21 Nov 2026 03:45:00 GMT\n/bucket")
        #expect(told.fields["StringToSignBytes"]?.stringValue?.hasPrefix("47 45 54 0a 0a 0a 53") == true)
        #expect(told.fields["AWSAccessKeyId"] == "AKIDEXAMPLE")
        #expect(told.fields["SignatureProvided"] == "2cdNTIMQeYwBzHG4E6SBt4aSXiY=")
        #expect(told.fields["CanonicalRequest"] == nil)
    }

    @Test(
        "queries that lack something",
        arguments: [
            ("AWSAccessKeyId=A&Signature=b", "requires the Signature, Expires and AWSAccessKeyId"),
            ("AWSAccessKeyId=A&Expires=1", "requires the Signature, Expires and AWSAccessKeyId"),
            ("Signature=b&Expires=1", "requires the Signature, Expires and AWSAccessKeyId"),
            ("AWSAccessKeyId=A&Signature=b&Expires=soon", "Invalid date (should be seconds since epoch): soon"),
            ("AWSAccessKeyId=A&Signature=b&Expires=-9223372036854775808", "Invalid date"),
        ])
    func incomplete(_ query: String, _ part: String) {
        guard case .malformed(let error, nil, nil) = PresignedQuery.parse(QueryPairs(query)) else {
            Issue.record("not malformed")
            return
        }
        #expect(error.error(.s3).code == "AccessDenied" && error.error(.s3).status == 403)
        #expect(error.error(.s3).message.contains(part))
    }

    @Test("headers that lack something", arguments: ["AWS AKID", "AWS :x", "AWS "])
    func incompleteHeader(_ header: String) {
        guard case .malformed(let error, nil, nil) = AuthorizationHeader.parse(header, headers: [:]) else {
            Issue.record("not malformed")
            return
        }
        #expect(error.error(.s3).code == "InvalidArgument")
        #expect(error.error(.s3).message == "AWS authorization header is invalid.  Expected AwsAccessKeyId:signature")
    }

    @Test("forms are signed in both versions")
    func forms() throws {
        let policy = "eyJleHBpcmF0aW9uIjoiMjAyNi0xMS0yMVQwNDowMDowMFoifQ=="
        let fields = [
            (name: "AWSAccessKeyId", value: "AKID"), (name: "policy", value: policy),
            (name: "signature", value: "E4zjM6UE21CtsLHMO5UprJbJxks="),
        ]
        let credentials = try #require(try FormCredentials(fields))
        #expect(credentials.accessKeyID == "AKID" && credentials.scope == nil)
        #expect(credentials.isGood(secret: "secret"))
        #expect(!credentials.isGood(secret: "another"))
        for (missing, name) in [(0, "AWSAccessKeyId"), (1, "Policy"), (2, "Signature")] {
            var fewer = fields
            fewer.remove(at: missing)
            let error = #expect(throws: AWSError.self) { try FormCredentials(fewer) }
            #expect(error?.fields["ArgumentName"]?.stringValue == name)
        }
        let error = #expect(throws: AWSError.self) {
            try FormCredentials([(name: "policy", value: policy), (name: "x-amz-credential", value: "a")])
        }
        #expect(
            error?.message
                == "Bucket POST must contain a field named 'X-Amz-Algorithm'.  If it is specified, please check the order of the fields."
        )
        #expect(try FormCredentials([(name: "key", value: "k")]) == nil)
    }
}
