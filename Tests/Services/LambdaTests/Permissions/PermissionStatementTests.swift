import ServiceKit
import Testing

@testable import Lambda

struct PermissionStatementTests {
    @Test(
        arguments: [
            ("*", .everyone), ("s3.amazonaws.com", .service("s3.amazonaws.com")),
            ("events.eu-west-1.amazonaws.com.cn", .service("events.eu-west-1.amazonaws.com.cn")),
            ("alexa-appkit.amazon.com", .service("alexa-appkit.amazon.com")),
            ("123456789012", .aws("arn:aws:iam::123456789012:root")),
            ("arn:aws:iam::123456789012:root", .aws("arn:aws:iam::123456789012:root")),
            ("arn:aws:iam::123456789012:role/a/b", .aws("arn:aws:iam::123456789012:role/a/b")),
            (
                "arn:aws:sts::123456789012:assumed-role/r/s",
                .aws("arn:aws:sts::123456789012:assumed-role/r/s")
            ),
            ("invalid.nonaws.com", nil), ("amazonaws.com", nil), (".amazonaws.com", nil), ("a..amazonaws.com", nil),
            ("s3", nil), ("12345678901", nil), ("arn:aws:s3:::bucket", nil), ("arn:aws:iam::123456789012:role/", nil),
            ("arn:aws:iam::123456789012:policy/p", nil), ("arn:aws:iam:::root", nil), ("", nil), ("**", nil),
            ("a\"b.amazonaws.com", nil),
        ] as [(String, PermissionPrincipal?)])
    func principals(_ text: String, _ principal: PermissionPrincipal?) {
        #expect(PermissionPrincipal(text) == principal)
    }

    private static let resource = "arn:aws:lambda:us-east-1:111111111111:function:f"

    @Test func aStatementIsWrittenAsAWSWritesIt() {
        let all = PermissionStatement(
            id: "s", principal: "*", action: "lambda:InvokeFunctionUrl", sourceARN: #"arn:aws:s3:::"b"#,
            sourceAccount: "111111111111", organization: "o-1234567890", eventSourceToken: "t", urlAuthType: "NONE",
            viaURL: true)
        #expect(
            all.document(resource: Self.resource)
                == #"{"Sid":"s","Effect":"Allow","Principal":"*","Action":"lambda:InvokeFunctionUrl","#
                + #""Resource":"\#(Self.resource)","Condition":{"StringEquals":{"AWS:SourceAccount":"111111111111","#
                + #""lambda:EventSourceToken":"t","lambda:FunctionUrlAuthType":"NONE","#
                + #""aws:PrincipalOrgID":"o-1234567890"},"Bool":{"lambda:InvokedViaFunctionUrl":"true"},"#
                + #""ArnLike":{"AWS:SourceArn":"arn:aws:s3:::\"b"}}}"#)
        let plain = PermissionStatement(id: "s", principal: "222222222222", action: "lambda:*")
        #expect(
            plain.document(resource: Self.resource)
                == #"{"Sid":"s","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::222222222222:root"},"#
                + #""Action":"lambda:*","Resource":"\#(Self.resource)"}"#)
    }

    @Test func whatIsShownIsWhatIsEvaluated() throws {
        let statement = PermissionStatement(
            id: "s", principal: "s3.amazonaws.com", action: "lambda:InvokeFunction", sourceARN: "arn:aws:s3:::b*",
            sourceAccount: "111111111111", viaURL: false)
        let policy = ResourcePolicy(statements: [statement], revisionID: "r")
        let parsed = try PolicyDocument(parsing: policy.document(resource: Self.resource))
        var expected = statement.policyStatement
        expected.resources = PolicyElement([Self.resource])
        #expect(parsed == PolicyDocument(id: "default", statements: [expected]))
    }
}
