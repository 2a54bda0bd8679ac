import ServiceKit
import Testing

@Suite struct ARNTests {
    @Test(arguments: [
        (
            "arn:aws:iam::123456789012:role/service/name",
            ARN(service: "iam", account: "123456789012", resource: "role/service/name")
        ),
        (
            "arn:aws:lambda:us-east-1:123456789012:function:f:1",
            ARN(service: "lambda", region: "us-east-1", account: "123456789012", resource: "function:f:1")
        ),
        ("arn:aws:s3:::bucket/key:with:colons", ARN(service: "s3", resource: "bucket/key:with:colons")),
        (
            "arn:aws-cn:sqs:cn-north-1:123456789012:q",
            ARN(partition: "aws-cn", service: "sqs", region: "cn-north-1", account: "123456789012", resource: "q")
        ),
        (
            "arn:aws:iam::aws:policy/ReadOnlyAccess",
            ARN(service: "iam", account: "aws", resource: "policy/ReadOnlyAccess")
        ),
    ])
    func isReadAndWritten(text: String, expected: ARN) {
        #expect(ARN(text) == expected)
        #expect(expected.description == text)
    }

    @Test(arguments: [
        "", "arn", "arn:aws:iam::123456789012:", "arn:aws:iam::123456789012", "ARN:aws:iam::123456789012:role/x",
        "arn:gcp:iam::123456789012:role/x", "arn:aws-:iam::123456789012:role/x", "arn:aws:::123456789012:role/x",
        "arn:aws:iam::12345678901:role/x", "arn:aws:iam::1234567890123:role/x", "arn:aws:iam::12345678901a:role/x",
        "arn:aws:i m::123456789012:role/x", "arn:aws:iam:us east:123456789012:role/x",
        "arn:aws:iam::123456789012:role/\n",
        "arn:aws:iam::١٢٣٤٥٦٧٨٩٠١٢:role/x",
    ])
    func whatIsNoneIsRefused(text: String) { #expect(ARN(text) == nil) }

    @Test func tooLongIsRefused() {
        let prefix = "arn:aws:s3:::"
        #expect(ARN(prefix + String(repeating: "a", count: ARN.maximumLength - prefix.count)) != nil)
        #expect(ARN(prefix + String(repeating: "a", count: ARN.maximumLength - prefix.count + 1)) == nil)
    }

    @Test func aTypedResourceIsTakenApart() throws {
        let role = try #require(ARN("arn:aws:iam::123456789012:role/a/b")?.typed)
        #expect(role == ("role", "a/b"))
        let function = try #require(ARN("arn:aws:lambda:us-east-1:123456789012:function:f")?.typed)
        #expect(function == ("function", "f"))
        #expect(ARN("arn:aws:s3:::bucket")?.typed == nil)
    }
}
