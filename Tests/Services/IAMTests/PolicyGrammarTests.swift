import ServiceKit
import ServiceModel
import Testing

@testable import IAM

/// What IAM answers to documents that are no policies.
@Suite struct PolicyGrammarTests {
    private static func trust(_ statement: String) -> String {
        #"{"Version":"2012-10-17","Statement":[\#(statement)]}"#
    }

    @Test(arguments: [
        #"{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}"#,
        #"{"Sid":"","Effect":"Allow","Principal":{"Service":["ec2.amazonaws.com","edgelambda.amazonaws.com"]},"Action":["sts:AssumeRole"]}"#,
        #"{"Effect":"Allow","Principal":{"AWS":["123456789012","arn:aws:iam::123456789012:root","arn:aws:iam::123456789012:user/a/b","*"]},"Action":["sts:AssumeRole","sts:TagSession"]}"#,
        #"{"Effect":"Deny","Principal":{"AWS":"arn:aws:sts::123456789012:assumed-role/r/s"},"Action":"sts:*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":false}}}"#,
        #"{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::123456789012:saml-provider/p"},"Action":"sts:AssumeRoleWithSAML"}"#,
        #"{"Effect":"Allow","Principal":{"Federated":"accounts.google.com"},"Action":"sts:AssumeRoleWithWebIdentity"}"#,
    ])
    func goodTrustPoliciesPass(statement: String) throws { try TrustPolicy.check(Self.trust(statement)) }

    @Test(arguments: [
        ("not json", "This policy contains invalid Json"),
        (" {}", "JSON strings must not have leading spaces"),
        (#"{"probe":"x"}"#, "Unknown field probe"),
        ("{}", "Missing required field Statement"),
        (trust(""), "Syntax errors in policy."),
        (trust(#"{"Effect":"Allow","Action":"sts:AssumeRole"}"#), "Missing required field Principal"),
        (trust(#"{"Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}"#), "Missing required field Effect"),
        (trust(#"{"Effect":"Permit","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}"#), "Invalid effect: Permit"),
        (trust(#"{"Effect":"Allow","Principal":{"AWS":"*"}}"#), "Missing required field Action"),
        (
            trust(#"{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole","Resource":"*"}"#),
            "Has prohibited field Resource"
        ),
        (
            trust(#"{"Effect":"Allow","NotPrincipal":{"AWS":"*"},"Action":"sts:AssumeRole"}"#),
            "Has prohibited field NotPrincipal"
        ),
        (
            trust(#"{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"s3:GetObject"}"#),
            "AssumeRole policy may only specify STS AssumeRole actions."
        ),
        (
            trust(#"{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:GetCallerIdentity"}"#),
            "AssumeRole policy may only specify STS AssumeRole actions."
        ),
        (
            trust(#"{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"*"}"#),
            "AssumeRole policy may only specify STS AssumeRole actions."
        ),
        (
            trust(#"{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}"#),
            "AssumeRolepolicy contained an invalid principal: \"STAR\":\"*\"."
        ),
        (
            trust(#"{"Effect":"Allow","Principal":{"AWS":"alice"},"Action":"sts:AssumeRole"}"#),
            "Invalid principal in policy: \"AWS\":\"alice\""
        ),
        (
            trust(
                #"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:group/g"},"Action":"sts:AssumeRole"}"#
            ),
            "Invalid principal in policy: \"AWS\":\"arn:aws:iam::123456789012:group/g\""
        ),
        (
            trust(#"{"Effect":"Allow","Principal":{"Service":"lambda"},"Action":"sts:AssumeRole"}"#),
            "Invalid principal in policy: \"SERVICE\":\"lambda\""
        ),
        (
            trust(#"{"Effect":"Allow","Principal":{"Federated":"x"},"Action":"sts:AssumeRoleWithSAML"}"#),
            "Federated principals must be valid domain names or SAML metadata ARNs"
        ),
        (
            trust(
                #"{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole","Condition":{"StringIs":{"a:b":"c"}}}"#
            ),
            "Invalid Condition type : StringIs"
        ),
    ])
    func badTrustPoliciesAreRefused(text: String, message: String) {
        #expect(throws: IAMError.malformedPolicyDocumentException(message)) { try TrustPolicy.check(text) }
    }

    @Test func aTrustPolicyHasALimit() throws {
        func policy(_ filler: Int) -> String {
            Self.trust(
                #"{"Sid":"\#(String(repeating: "x", count: filler))","Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}"#
            )
        }
        let room = 2048 - policy(0).count
        // White space between the tokens does not count.
        try TrustPolicy.check(policy(room) + String(repeating: " \n", count: 5000))
        #expect(throws: IAMError.limitExceededException("Cannot exceed quota for ACLSizePerRole: 2048")) {
            try TrustPolicy.check(policy(room + 1))
        }
    }

    @Test(arguments: [
        #"{"Effect":"Allow","Action":"*","Resource":"*"}"#,
        #"{"Sid":"A1","Effect":"Allow","Action":["s3:Get*","dynamodb:PutItem"],"Resource":["arn:aws:s3:::b/*","arn:aws:dynamodb:*:*:table/t"]}"#,
        #"{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}"#,
        #"{"Effect":"Deny","Action":"iam:PassRole","NotResource":"arn:aws:iam::*:role/app/*"}"#,
        #"{"Effect":"Allow","Action":"logs:*","Resource":"arn:aws:logs:*:*:*"}"#,
        #"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::${aws:username}/*","Condition":{"StringEquals":{"aws:ResourceTag/a:b":"c"}}}"#,
    ])
    func goodIdentityPoliciesPass(statement: String) throws {
        try IdentityPolicy.check(Self.trust(statement), .managed)
    }

    @Test(arguments: [
        ("not json", "Syntax errors in policy."),
        (#""{\"Version\":\"2012-10-17\"}""#, "Syntax errors in policy."),
        (" {}", "JSON strings must not have leading spaces"),
        (
            #"{"Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#,
            "Policy document must be version 2012-10-17 or greater."
        ),
        (
            #"{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#,
            "Policy document must be version 2012-10-17 or greater."
        ),
        (
            trust(#"{"Effect":"Allow","Action":"s3:*","Resource":"*","Principal":"*"}"#),
            "Policy document should not specify a principal."
        ),
        (trust(#"{"Effect":"Allow","Resource":"*"}"#), "Policy statement must contain actions."),
        (trust(#"{"Effect":"Allow","Action":[],"Resource":"*"}"#), "Policy statement must contain actions."),
        (trust(#"{"Effect":"Allow","Action":"s3:*"}"#), "Policy statement must contain resources."),
        (trust(#"{"Effect":"Allow","Action":"s3:*","Resource":[]}"#), "Policy statement must contain resources."),
        (
            trust(#"{"Sid":"a b","Effect":"Allow","Action":"s3:*","Resource":"*"}"#),
            "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*"
        ),
        (
            trust(
                #"{"Sid":"a","Effect":"Allow","Action":"s3:*","Resource":"*"},{"Sid":"a","Effect":"Deny","Action":"s3:*","Resource":"*"}"#
            ),
            "Statement IDs (SID) in a single policy must be unique."
        ),
        (
            trust(#"{"Effect":"Allow","Action":"GetObject","Resource":"*"}"#),
            "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
        ),
        (
            trust(#"{"Effect":"Allow","Action":"s3:a:b","Resource":"*"}"#),
            "Actions/Condition can contain only one colon."
        ),
        (trust(#"{"Effect":"Allow","Action":"s 3:a","Resource":"*"}"#), "Vendor s 3 is not valid"),
        (
            trust(#"{"Effect":"Allow","Action":"s3:*","Resource":"bucket"}"#),
            "Resource bucket must be in ARN format or \"*\"."
        ),
        (
            trust(#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:gcp:s3:::b"}"#),
            "Partition \"gcp\" is not valid for resource \"arn:gcp:s3:::b\"."
        ),
        (
            trust(#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:iam:79:user/x"}"#),
            "The policy failed legacy parsing"
        ),
        (
            trust(#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:us-east-1::b"}"#),
            "Resource arn:aws:s3:us-east-1::b can not contain region information."
        ),
        (
            trust(#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s*:::b"}"#),
            "Resource vendor must be fully qualified and cannot contain regexes."
        ),
        (trust(#"{"Effect":"Allow","Action":"s3:*","Resource":"*","Extra":1}"#), "Syntax errors in policy."),
    ])
    func badIdentityPoliciesAreRefused(text: String, message: String) {
        #expect(throws: IAMError.malformedPolicyDocumentException(message)) { try IdentityPolicy.check(text, .managed) }
    }

    @Test func inlinePoliciesMayBeOld() throws {
        try IdentityPolicy.check(#"{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#, .inline)
    }

    @Test func everyPolicyOfAWSThatIsIncludedIsOne() throws {
        let documents = AWSManagedPolicies.all.compactMap(\.content)
        #expect(documents.count >= 15)
        for content in documents {
            try IdentityPolicy.check(content.document, .managed)
            #expect(content.updated.milliseconds > 1_400_000_000_000)
        }
    }

    @Test func policiesOfAWSHaveDifferentNamesAndIDs() {
        let all = AWSManagedPolicies.all
        #expect(Set(all.map(\.arn)).count == all.count)
        #expect(Set(all.map(\.id)).count == all.count)
    }
}
