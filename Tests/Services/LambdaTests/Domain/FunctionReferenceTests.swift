import ServiceKit
import ServiceModel
import Testing

@testable import Lambda

struct FunctionReferenceTests {
    @Test(
        arguments: [
            ("my-function", nil, nil, "my-function", nil),
            ("my-function:1", nil, nil, "my-function", "1"),
            ("my-function:$LATEST", nil, nil, "my-function", "$LATEST"),
            ("function:my-function", nil, nil, "my-function", nil),
            ("123456789012:function:my-function", nil, "123456789012", "my-function", nil),
            ("us-east-1:123456789012:function:f:live", "us-east-1", "123456789012", "f", "live"),
            ("arn:aws:lambda:us-east-1:123456789012:function:f", "us-east-1", "123456789012", "f", nil),
            (
                "arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:f:7", "us-gov-west-1", "123456789012", "f",
                "7"
            ),
            ("arn:aws:lambda:us-isob-east-1:123456789012:function:f", "us-isob-east-1", "123456789012", "f", nil),
            ("arn:aws:lambda:eusc-de-east-1:123456789012:function:f", "eusc-de-east-1", "123456789012", "f", nil),
            // An ARN that ends early names a function called "function".
            ("arn:aws:lambda:us-east-1:123456789012:function", "us-east-1", "123456789012", "function", nil),
            ("123456789012", nil, nil, "123456789012", nil),
        ] as [(String, String?, String?, String, String?)])
    func parses(text: String, region: String?, account: String?, name: String, qualifier: String?) throws {
        let reference = try #require(FunctionReference(parsing: text))
        #expect(reference.region == region)
        #expect(reference.account == account)
        #expect(reference.name == name)
        #expect(reference.qualifier == qualifier)
    }

    @Test(arguments: [
        "", "*", "my-function!", "my function", "invalid-account:function:my-function",
        "arn:aws:lambda:invalid-region:123456789012:function:my-function",
        "arn:aws:ec2:us-east-1:123456789012:instance:i-1234567890abcdef0",
        "arn:aws:lambda:us-east-1:123456789012:function:my-function:1:2", "function:my-function:$LATEST:extra",
        "arn:aws:lambda::123456789012:function:my-function", "arn:aws:lambda:us-east-1::function:my-function",
        "arn:aws:lambda:us-east-1:123456789012:function:my-function:$LATES", ":", "a:", ":a", "::::::",
    ])
    func refuses(text: String) { #expect(FunctionReference(parsing: text) == nil) }

    @Test(arguments: [
        "us-east-1", "ap-southeast-3", "us-gov-west-1", "us-iso-east-1", "us-isob-east-1", "eusc-de-east-1",
    ])
    func knowsRegions(region: String) { #expect(FunctionReference.isRegion(region)) }

    @Test(arguments: [
        "", "us", "us-east", "us-east-11", "usa-east-1", "us-east-a", "us--1", "us-isobb-east-1", "US-EAST-1",
    ])
    func knowsWhatIsNoRegion(region: String) { #expect(!FunctionReference.isRegion(region)) }
}

struct FunctionTargetTests {
    private func call(_ operation: String = "GetFunction") -> Call {
        Call(
            service: "lambda", operation: operation, input: .structure([:]),
            principal: .root(account: "111111111111"), account: "111111111111", region: "us-east-1",
            requestID: "00000000-0000-0000-0000-000000000000")
    }

    @Test func aQualifierMayBeGivenTwiceIfItIsTheSame() throws {
        let target = try FunctionTarget("f:1", qualifier: "1", in: call())
        #expect(target.arn == "arn:aws:lambda:us-east-1:111111111111:function:f:1")
    }

    @Test func twoDifferentQualifiersAreRefused() {
        #expect(throws: LambdaFailures.qualifierMismatch) {
            try FunctionTarget("arn:aws:lambda:us-east-1:111111111111:function:f:$LATEST", qualifier: "1", in: call())
        }
    }

    @Test func anotherRegionIsNotReachable() {
        let error = #expect(throws: AWSError.self) {
            try FunctionTarget("arn:aws:lambda:eu-west-1:111111111111:function:f", in: call())
        }
        #expect(error?.code == "ResourceNotFoundException")
        #expect(error?.message == "Functions from 'eu-west-1' are not reachable in this region ('us-east-1')")
    }

    @Test func anotherAccountsFunctionsAreDenied() {
        let error = #expect(throws: AWSError.self) {
            try FunctionTarget(
                "arn:aws:lambda:us-east-1:222222222222:function:f", in: call("Invoke"), action: "InvokeFunction")
        }
        #expect(error?.code == "AccessDeniedException")
        #expect(
            error?.message
                == "User: arn:aws:iam::111111111111:root is not authorized to perform: lambda:InvokeFunction on resource: "
                + "arn:aws:lambda:us-east-1:222222222222:function:f because no resource-based policy allows the "
                + "lambda:InvokeFunction action")
    }
}
