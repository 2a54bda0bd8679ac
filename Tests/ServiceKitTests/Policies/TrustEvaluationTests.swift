import ServiceKit
import Testing

@Suite struct TrustEvaluationTests {
    private static let root = Principal.root(account: "123456789012")
    private static let user = Principal.user(account: "123456789012", name: "alice", path: "/team/", id: "AIDAEXAMPLE")
    private static let session = Principal.assumedRole(
        account: "123456789012", role: "worker", roleID: "AROAEXAMPLE", session: "s")
    private static let lambda = Principal.service(
        name: "lambda.amazonaws.com", sourceARN: "arn:aws:lambda:us-east-1:123456789012:function:f",
        account: "123456789012")

    private func decide(
        _ principal: Principal, _ statements: String, more: [String: String] = [:]
    ) throws -> TrustEvaluation.Decision {
        let policy = try PolicyDocument(parsing: #"{"Version":"2012-10-17","Statement":[\#(statements)]}"#)
        return TrustEvaluation(principal: principal, more: more).decide(policy, action: "sts:AssumeRole")
    }

    private static func allow(_ principal: String, condition: String = "{}", effect: String = "Allow") -> String {
        #"{"Effect":"\#(effect)","Principal":\#(principal),"Action":"sts:AssumeRole","Condition":\#(condition)}"#
    }

    @Test(arguments: [
        (root, #"{"AWS":"123456789012"}"#, true), (root, #"{"AWS":"arn:aws:iam::123456789012:root"}"#, true),
        (root, #"{"AWS":"arn:aws:iam::999999999999:root"}"#, false), (root, #"{"AWS":"*"}"#, true),
        (root, #"{"Service":"lambda.amazonaws.com"}"#, false),
        (root, #"{"AWS":"arn:aws:iam::123456789012:user/team/alice"}"#, false),
        (user, #"{"AWS":"arn:aws:iam::123456789012:user/team/alice"}"#, true), (user, #"{"AWS":"AIDAEXAMPLE"}"#, true),
        (user, #"{"AWS":"arn:aws:iam::123456789012:user/bob"}"#, false),
        (user, #"{"AWS":"arn:aws:iam::123456789012:root"}"#, true),
        (session, #"{"AWS":"arn:aws:iam::123456789012:role/worker"}"#, true),
        (session, #"{"AWS":"arn:aws:iam::123456789012:role/path/worker"}"#, true),
        (session, #"{"AWS":"arn:aws:iam::123456789012:role/other"}"#, false),
        (session, #"{"AWS":"arn:aws:iam::999999999999:role/worker"}"#, false),
        (session, #"{"AWS":"arn:aws:sts::123456789012:assumed-role/worker/s"}"#, true),
        (session, #"{"AWS":"arn:aws:sts::123456789012:assumed-role/worker/t"}"#, false),
        (lambda, #"{"Service":"lambda.amazonaws.com"}"#, true), (lambda, #"{"Service":"ec2.amazonaws.com"}"#, false),
        (lambda, #"{"AWS":"*"}"#, false), (lambda, #"{"AWS":"123456789012"}"#, false),
        (.anonymous, #"{"AWS":"*"}"#, false), (.anonymous, #""*""#, false),
        (session, #"{"Federated":"accounts.google.com"}"#, false),
    ])
    func aPrincipalIsFound(principal: Principal, element: String, isAllowed: Bool) throws {
        #expect(try decide(principal, Self.allow(element)) == (isAllowed ? .allowed : .silent))
    }

    @Test(arguments: [(#"{"AWS":"*"}"#, true), (#""*""#, true), (#"{"AWS":"123456789012"}"#, false)])
    func aPublicResourceAdmitsNobodyInParticular(element: String, isAllowed: Bool) throws {
        let policy = try PolicyDocument(
            parsing: #"{"Version":"2012-10-17","Statement":[\#(Self.allow(element))]}"#)
        var evaluation = TrustEvaluation(principal: .anonymous)
        evaluation.admitsAnonymous = true
        #expect(evaluation.decide(policy, action: "sts:AssumeRole") == (isAllowed ? .allowed : .silent))
    }

    @Test(arguments: [
        ("IpAddress", "192.0.2.0/24", "192.0.2.7", true), ("IpAddress", "192.0.2.0/24", "192.0.3.7", false),
        ("IpAddress", "192.0.2.7", "192.0.2.7", true), ("IpAddress", "192.0.2.7", "192.0.2.8", false),
        ("IpAddress", "2001:db8::/32", "2001:db8::1", true), ("IpAddress", "2001:db8::1", "2001:db8::2", false),
        ("IpAddress", "0.0.0.0/0", "2001:db8::1", false), ("NotIpAddress", "192.0.2.0/24", "192.0.2.7", false),
        ("NotIpAddress", "192.0.2.0/24", "198.51.100.1", true), ("IpAddress", "192.0.2.0/24", nil, false),
        ("NotIpAddress", "192.0.2.0/24", nil, true),
    ])
    func addressesAreCompared(comparison: String, block: String, address: String?, isAllowed: Bool) throws {
        let policy = try PolicyDocument(
            parsing: #"{"Version":"2012-10-17","Statement":["#
                + Self.allow(#"{"AWS":"*"}"#, condition: #"{"\#(comparison)":{"aws:SourceIp":"\#(block)"}}"#) + "]}")
        let evaluation = TrustEvaluation(
            principal: Self.root, more: address.map { ["aws:sourceip": $0] } ?? [:], knowing: ["aws:sourceip"])
        #expect(evaluation.decide(policy, action: "sts:AssumeRole") == (isAllowed ? .allowed : .silent))
    }

    @Test(arguments: ["192.0.2.0/33", "192.0.2", "everywhere", "192.0.2.0/-1", "::1/129"])
    func blocksThatAreNoneDecideNothing(block: String) throws {
        let condition = #"{"NotIpAddress":{"aws:SourceIp":"\#(block)"}}"#
        #expect(
            try decide(
                Self.root, Self.allow(#"{"AWS":"*"}"#, condition: condition), more: ["aws:sourceip": "192.0.2.7"])
                == .undecidable("the value \(block)", .allow))
    }

    @Test func keysOfAServiceAreEvaluated() throws {
        let policy = try PolicyDocument(
            parsing: #"{"Version":"2012-10-17","Statement":["#
                + Self.allow(#"{"AWS":"*"}"#, condition: #"{"Bool":{"x:Flag":"true"}}"#) + "]}")
        func decide(_ more: [String: String], knowing: Set<String> = []) -> TrustEvaluation.Decision {
            TrustEvaluation(principal: Self.root, more: more, knowing: knowing).decide(policy, action: "sts:AssumeRole")
        }
        #expect(decide(["x:flag": "true"]) == .allowed)
        #expect(decide(["x:flag": "false"]) == .silent)
        #expect(decide([:], knowing: ["x:flag"]) == .silent)
        #expect(decide([:]) == .undecidable("the condition key x:Flag", .allow))
    }

    @Test func aDenialWins() throws {
        let deny = Self.allow(#"{"AWS":"arn:aws:iam::123456789012:role/worker"}"#, effect: "Deny")
        #expect(try decide(Self.session, Self.allow(#"{"AWS":"*"}"#) + "," + deny) == .denied)
        #expect(try decide(Self.user, Self.allow(#"{"AWS":"*"}"#) + "," + deny) == .allowed)
    }

    @Test func onlyTheActionIsAllowed() throws {
        #expect(
            try decide(Self.root, #"{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:TagSession"}"#) == .silent)
        #expect(
            try decide(Self.root, #"{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"STS:Assume*"}"#) == .allowed)
    }

    @Test(arguments: [
        (
            #"{"StringEquals":{"sts:ExternalId":"secret"}}"#, ["sts:externalid": "secret"],
            TrustEvaluation.Decision.allowed
        ),
        (#"{"StringEquals":{"STS:externalID":["x","secret"]}}"#, ["sts:externalid": "secret"], .allowed),
        (#"{"StringEquals":{"sts:ExternalId":"secret"}}"#, ["sts:externalid": "other"], .silent),
        (#"{"StringEquals":{"sts:ExternalId":"secret"}}"#, [:], .silent),
        (#"{"StringEqualsIfExists":{"sts:ExternalId":"secret"}}"#, [:], .allowed),
        (#"{"StringNotEquals":{"sts:ExternalId":"secret"}}"#, [:], .allowed),
        (#"{"StringNotEquals":{"sts:ExternalId":"secret"}}"#, ["sts:externalid": "secret"], .silent),
        (#"{"StringLike":{"sts:RoleSessionName":"ci-*"}}"#, ["sts:rolesessionname": "ci-7"], .allowed),
        (#"{"StringEquals":{"aws:PrincipalAccount":"123456789012"}}"#, [:], .allowed),
        (#"{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::123456789012:*"}}"#, [:], .allowed),
        (#"{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::123456789012:*"}}"#, [:], .silent),
        (#"{"Bool":{"aws:MultiFactorAuthPresent":"true"}}"#, [:], .silent),
        (#"{"Null":{"sts:ExternalId":"true"}}"#, [:], .allowed),
        (#"{"Null":{"sts:ExternalId":"false"}}"#, [:], .silent),
        (
            #"{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}"#, [:],
            .undecidable("the condition key aws:PrincipalOrgID", .allow)
        ),
        (#"{"StringEquals":{"aws:PrincipalOrgID":"o-1","sts:ExternalId":"x"}}"#, [:], .silent),
    ])
    func conditionsCount(condition: String, more: [String: String], decision: TrustEvaluation.Decision) throws {
        #expect(try decide(Self.root, Self.allow(#"{"AWS":"*"}"#, condition: condition), more: more) == decision)
    }

    /// It is the role's ARN, not the session's. A session does not know its role's path.
    @Test(arguments: [
        ("arn:aws:iam::123456789012:role/path/worker", TrustEvaluation.Decision.allowed),
        ("arn:aws:iam::123456789012:role/worker", .allowed), ("arn:aws:iam::123456789012:role/w*", .allowed),
        ("arn:aws:iam::123456789012:*", .allowed), ("arn:aws:iam::123456789012:role/other", .silent),
        ("arn:aws:iam::999999999999:role/worker", .silent),
        (
            "arn:aws:iam::123456789012:role/path/*",
            .undecidable("the path of a role in arn:aws:iam::123456789012:role/path/*", .allow)
        ),
    ])
    func theRoleOfASessionIsKnownByItsName(value: String, decision: TrustEvaluation.Decision) throws {
        let statement = Self.allow(#"{"AWS":"*"}"#, condition: #"{"ArnLike":{"aws:PrincipalArn":"\#(value)"}}"#)
        #expect(try decide(Self.session, statement) == decision)
    }

    @Test func theARNOfASessionsRoleCanBeGiven() throws {
        let role = "arn:aws:iam::123456789012:role/path/worker"
        let statement = Self.allow(
            #"{"AWS":"*"}"#, condition: #"{"ArnEquals":{"aws:PrincipalArn":"\#(role)"}}"#)
        #expect(try decide(Self.session, statement, more: ["aws:principalarn": role]) == .allowed)
        #expect(try decide(Self.session, statement, more: ["aws:principalarn": role + "2"]) == .silent)
    }

    @Test func anUnknownDenialCounts() throws {
        let unknown = #"{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}"#
        let deny = Self.allow(#"{"AWS":"*"}"#, condition: unknown, effect: "Deny")
        let permit = Self.allow(#"{"AWS":"*"}"#)
        #expect(
            try decide(Self.root, permit + "," + deny)
                == .undecidable("the condition key aws:PrincipalOrgID", .deny))
        // What is permitted without doubt needs no second permission.
        #expect(try decide(Self.root, permit + "," + Self.allow(#"{"AWS":"*"}"#, condition: unknown)) == .allowed)
    }

    @Test(arguments: [
        (#""*""#, "arn:aws:s3:::b/home/alice/x", true), (#""*""#, "arn:aws:s3:::b/home/bob/x", false),
        (#"{"CanonicalUser":"c0ffee"}"#, "arn:aws:s3:::b/home/alice/x", true),
        (#"{"CanonicalUser":"c0de"}"#, "arn:aws:s3:::b/home/alice/x", false),
    ])
    func resourcesHaveVariables(element: String, resource: String, isAllowed: Bool) throws {
        let policy = try PolicyDocument(
            parsing: #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"#
                + element + #","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/home/${aws:username}/*"}]}"#)
        var evaluation = TrustEvaluation(principal: Self.user)
        evaluation.canonicalUser = "c0ffee"
        #expect(
            evaluation.decide(policy, action: "s3:GetObject", resource: resource) == (isAllowed ? .allowed : .silent))
        // Who has no name is nobody's neighbour.
        let other = TrustEvaluation(principal: Self.root).decide(policy, action: "s3:GetObject", resource: resource)
        #expect(other == .silent)
    }

    @Test func oldPoliciesHaveNoVariables() throws {
        let text = #"""
            {"Version":"2008-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject",
            "Resource":"arn:aws:s3:::b/${aws:username}"}]}
            """#
        let evaluation = TrustEvaluation(principal: Self.user)
        let policy = try PolicyDocument(parsing: text)
        #expect(
            evaluation.decide(policy, action: "s3:GetObject", resource: "arn:aws:s3:::b/${aws:username}") == .allowed)
        #expect(evaluation.decide(policy, action: "s3:GetObject", resource: "arn:aws:s3:::b/alice") == .silent)
    }

    @Test func aPlainDenialIsStrongerThanADoubt() throws {
        let doubt = Self.allow(
            #"{"AWS":"*"}"#, condition: #"{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}"#, effect: "Deny")
        let denial = Self.allow(#"{"AWS":"*"}"#, effect: "Deny")
        #expect(try decide(Self.root, doubt + "," + denial) == .denied)
    }
}
