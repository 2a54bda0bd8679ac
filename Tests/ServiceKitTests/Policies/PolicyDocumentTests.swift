import ServiceKit
import Testing

@Suite struct PolicyDocumentTests {
    @Test func everyElementIsRead() throws {
        let document = try PolicyDocument(
            parsing: #"""
                {"Version": "2012-10-17", "Id": "p1", "Statement": [
                  {"Sid": "One", "Effect": "Allow", "Principal": {"AWS": ["123456789012", "arn:aws:iam::123456789012:role/r"],
                    "Service": "lambda.amazonaws.com", "Federated": "cognito-identity.amazonaws.com", "CanonicalUser": "79a5"},
                   "Action": "sts:AssumeRole",
                   "Condition": {"StringEquals": {"sts:ExternalId": "x"}, "ForAnyValue:StringLikeIfExists": {"aws:TagKeys": ["a*", "b"]},
                     "NumericLessThan": {"s3:max-keys": 10}, "Bool": {"aws:SecureTransport": true}}},
                  {"Effect": "Deny", "NotPrincipal": "*", "NotAction": ["s3:*"], "NotResource": ["*"]}]}
                """#)
        #expect(document.version == .v2012)
        #expect(document.id == "p1")
        try #require(document.statements.count == 2)
        let first = document.statements[0]
        #expect(first.sid == "One")
        #expect(first.effect == .allow)
        #expect(
            first.principals
                == PolicyElement([
                    .aws("123456789012"), .aws("arn:aws:iam::123456789012:role/r"), .service("lambda.amazonaws.com"),
                    .federated("cognito-identity.amazonaws.com"), .canonicalUser("79a5"),
                ]))
        #expect(first.actions == PolicyElement(["sts:AssumeRole"]))
        #expect(first.resources == nil)
        #expect(
            first.conditions == [
                PolicyCondition(.init(.stringEquals), key: "sts:ExternalId", values: ["x"]),
                PolicyCondition(
                    .init(.stringLike, quantifier: .forAnyValue, ifExists: true), key: "aws:TagKeys",
                    values: ["a*", "b"]),
                PolicyCondition(.init(.numericLessThan), key: "s3:max-keys", values: ["10"]),
                PolicyCondition(.init(.bool), key: "aws:SecureTransport", values: ["true"]),
            ])
        let second = document.statements[1]
        #expect(second.effect == .deny)
        #expect(second.principals == PolicyElement([.everyone], isNegated: true))
        #expect(second.actions == PolicyElement(["s3:*"], isNegated: true))
        #expect(second.resources == PolicyElement(["*"], isNegated: true))
    }

    @Test func oneStatementNeedsNoList() throws {
        let document = try PolicyDocument(parsing: #"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#)
        #expect(document.version == nil)
        #expect(
            document.statements == [PolicyStatement(effect: .allow, actions: .init(["*"]), resources: .init(["*"]))])
    }

    @Test(arguments: [
        ("", PolicySyntaxError.notJSON), ("{", .notJSON), ("{}x", .notJSON), (#"{"Version":"2012-10-17",}"#, .notJSON),
        (" {}", .leadingSpace), ("\n{}", .leadingSpace),
        ("[]", .invalidValue(field: "Policy")), ("\"text\"", .invalidValue(field: "Policy")),
        ("{}", .missingField("Statement")), (#"{"Statement":"x"}"#, .invalidValue(field: "Statement")),
        (#"{"Statement":[1]}"#, .invalidValue(field: "Statement")), (#"{"statement":[]}"#, .unknownField("statement")),
        (#"{"Version":"2013-01-01","Statement":[]}"#, .invalidVersion),
        (#"{"Version":1,"Statement":[]}"#, .invalidVersion),
        (#"{"Statement":[],"Statement":[]}"#, .duplicateField("Statement")),
        (#"{"Statement":[{"Action":"*"}]}"#, .missingField("Effect")),
        (#"{"Statement":[{"Effect":"allow"}]}"#, .invalidEffect("allow")),
        (#"{"Statement":[{"Effect":"Allow","Action":1}]}"#, .invalidValue(field: "Action")),
        (#"{"Statement":[{"Effect":"Allow","Action":["a",[]]}]}"#, .invalidValue(field: "Action")),
        (
            #"{"Statement":[{"Effect":"Allow","Action":"a:b","NotAction":"a:b"}]}"#,
            .conflictingFields("Action", "NotAction")
        ),
        (#"{"Statement":[{"Effect":"Allow","Principal":"x"}]}"#, .invalidValue(field: "Principal")),
        (#"{"Statement":[{"Effect":"Allow","Principal":{"Robot":"x"}}]}"#, .unknownPrincipalType("Robot")),
        (#"{"Statement":[{"Effect":"Allow","Comment":"x"}]}"#, .unknownField("Comment")),
        (
            #"{"Statement":[{"Effect":"Allow","Condition":{"StringIs":{"a:b":"c"}}}]}"#,
            .unknownConditionOperator("StringIs")
        ),
        (
            #"{"Statement":[{"Effect":"Allow","Condition":{"NullIfExists":{"a:b":"c"}}}]}"#,
            .unknownConditionOperator("NullIfExists")
        ),
        (#"{"Statement":[{"Effect":"Allow","Condition":{"StringEquals":"c"}}]}"#, .invalidValue(field: "Condition")),
        (
            #"{"Statement":[{"Effect":"Allow","Condition":{"StringEquals":{"a:b":{}}}}]}"#,
            .invalidValue(field: "Condition")
        ),
    ])
    func whatIsNoPolicyIsRefused(text: String, error: PolicySyntaxError) {
        #expect(throws: error) { try PolicyDocument(parsing: text) }
    }

    @Test func stringsKeepTheirEscapes() throws {
        let text = #"{"Id":"\u00e9\ud83d\udc26\n\"\\\/","Statement":[]}"#
        #expect(try PolicyDocument(parsing: text).id == "é🐦\n\"\\/")
    }

    @Test(arguments: [
        #"{"Id":"\ud83d","Statement":[]}"#, #"{"Id":"\udc26","Statement":[]}"#, #"{"Id":"\u12","Statement":[]}"#,
        #"{"Id":"\x","Statement":[]}"#, "{\"Id\":\"\u{1}\",\"Statement\":[]}", #"{"Id":01,"Statement":[]}"#,
        #"{"Id":-,"Statement":[]}"#,
        #"{"Id":tru,"Statement":[]}"#, #"{"Id" "x"}"#, "[1,]", "nul",
    ])
    func brokenJSONIsRefused(text: String) {
        #expect(throws: PolicySyntaxError.notJSON) { try PolicyDocument(parsing: text) }
    }

    @Test func deepNestingIsRefused() {
        for text in [String(repeating: "[", count: 1_000_000), String(repeating: #"{"a":"#, count: 200_000)] {
            #expect(throws: PolicySyntaxError.notJSON) { try PolicyDocument(parsing: text) }
        }
    }

    /// Whatever is done to a policy's bytes, parsing ends with a policy or an error.
    @Test func mutatedPoliciesAreHarmless() {
        let seed = Array(
            #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":["sts:AssumeRole"]}]}"#
                .utf8)
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            var bytes = seed
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            _ = try? PolicyDocument(parsing: String(decoding: bytes, as: UTF8.self))
        }
    }
}

@Suite struct PolicyPatternTests {
    @Test(arguments: [
        ("*", "", true), ("*", "anything", true), ("", "", true), ("", "a", false), ("a", "a", true), ("a", "b", false),
        ("?", "é", true),
        ("?", "", false), ("s3:Get*", "s3:GetObject", true), ("s3:Get*", "s3:PutObject", false),
        ("*a*b*", "xxaxxbxx", true),
        ("*a*b*", "xxbxxaxx", false), ("a*a", "aa", true), ("a*a", "a", false), ("a**", "a", true),
        ("a?c", "abc", true),
    ])
    func wildcardsMatch(pattern: String, text: String, matches: Bool) {
        #expect(PolicyPattern.matches(pattern, text) == matches)
    }

    @Test func caseCountsUnlessToldOtherwise() {
        #expect(!PolicyPattern.matches("sts:assumerole", "sts:AssumeRole"))
        #expect(PolicyPattern.matches("sts:assumerole", "sts:AssumeRole", ignoringCase: true))
    }

    @Test func manyStarsTakeNoTime() {
        let text = String(repeating: "a", count: 2000)
        #expect(!PolicyPattern.matches(String(repeating: "*a", count: 50) + "*b", text))
    }
}
