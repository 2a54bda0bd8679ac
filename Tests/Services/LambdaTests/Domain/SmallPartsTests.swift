import ServiceKit
import ServiceModel
import Testing

@testable import Lambda

struct SmallPartsTests {
    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000+0000"), (1_700_000_000_123, "2023-11-14T22:13:20.123+0000"),
            (951_782_400_000, "2000-02-29T00:00:00.000+0000"), (-1, "1969-12-31T23:59:59.999+0000"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999+0000"),
        ] as [(Int64, String)])
    func timesAreWrittenAsLambdaDoes(milliseconds: Int64, text: String) {
        #expect(Timestamp(milliseconds: milliseconds).lambdaText == text)
    }

    @Test func urlsCarryTheBasicForm() {
        #expect(Timestamp(milliseconds: 1_700_000_000_123).basicText == "20231114T221320Z")
    }

    @Test func markersAreReadByTheListThatGaveThem() throws {
        func call(_ operation: String) -> Call {
            Call(
                service: "lambda", operation: operation, input: .structure([:]), principal: .root(account: "1"),
                account: "1", region: "us-east-1", requestID: "")
        }
        let marker = PageToken(scope: "ListFunctions", position: ["name", "12"]).text
        #expect(try PageMarker.decode(marker, of: call("ListFunctions"), count: 2) == ["name", "12"])
        #expect(try PageMarker.decode(nil, of: call("ListFunctions"), count: 2) == nil)
        #expect(try PageMarker.decode("", of: call("ListFunctions"), count: 2) == nil)
        #expect(throws: AWSError.self) { try PageMarker.decode(marker, of: call("ListFunctions"), count: 1) }
        #expect(throws: AWSError.self) { try PageMarker.decode(marker, of: call("ListLayers"), count: 2) }
        #expect(throws: AWSError.self) { try PageMarker.decode("x", of: call("ListFunctions"), count: 2) }
    }

    @Test(arguments: [(nil, 50), (1, 1), (10_000, 50)] as [(Int?, Int)])
    func pagesHoldFiftyAtMost(asked: Int?, given: Int) { #expect(PageMarker.size(asked) == given) }

    @Test(
        arguments: [
            ("arn:aws:iam::111111111111:role/r", "r"), ("arn:aws:iam::111111111111:role/service-role/path/r", "r"),
            ("arn:aws:iam::111111111111:user/r", nil), ("arn:aws:iam::1:role/r", nil), ("r1", nil),
            ("arn:aws:iam::111111111111:role/", nil),
        ] as [(String, String?)])
    func rolesAreParsed(arn: String, name: String?) { #expect(RoleARN(arn)?.name == name) }

    @Test(arguments: [
        (
            #"{"Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#,
            true
        ),
        (
            #"{"Statement":{"Effect":"Allow","Principal":{"Service":["a","lambda.amazonaws.com"]},"Action":["sts:AssumeRole"]}}"#,
            true
        ),
        (#"{"Statement":[{"Effect":"Allow","Principal":"*","Action":"*"}]}"#, true),
        (
            #"{"Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#,
            false
        ),
        (
            #"{"Statement":[{"Effect":"Deny","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#,
            false
        ),
        (#"{"Statement":[{"Effect":"Allow","Principal":{"AWS":"111111111111"},"Action":"sts:AssumeRole"}]}"#, false),
        ("not json", false),
        (trusted(#"{"StringEquals":{"aws:SourceAccount":"111111111111"}}"#), true),
        (trusted(#"{"StringEquals":{"aws:SourceAccount":"222222222222"}}"#), false),
        (trusted(#"{"StringEquals":{"aws:RequestTag/a":"b"}}"#), true),
    ])
    func trustPoliciesAreRead(document: String, allows: Bool) {
        #expect(ExecutionRoleTrust.allows(document, account: "111111111111") == allows)
    }

    private static func trusted(_ condition: String) -> String {
        #"{"Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole","#
            + #""Condition":\#(condition)}]}"#
    }

    @Test func tagsAreBounded() {
        let many = Dictionary(uniqueKeysWithValues: (0...50).map { ("key\($0)", "") })
        #expect(throws: LambdaFailures.invalidParameter("Number of tags exceeds resource tag limit.")) {
            try FunctionTags.validate(many)
        }
        #expect(throws: AWSError.self) { try FunctionTags.validate(["aws:x": ""]) }
        #expect(throws: AWSError.self) { try FunctionTags.validate([String(repeating: "k", count: 129): ""]) }
        #expect(throws: Never.self) { try FunctionTags.validate(["key": String(repeating: "v", count: 256)]) }
    }
}
