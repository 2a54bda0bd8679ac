import ServiceKit
import Testing

@testable import Lambda

struct ResourcePolicyTests {
    private static let home = "111111111111"
    private static let root = Principal.root(account: "222222222222")
    private static let session = Principal.assumedRole(
        account: "222222222222", role: "worker", roleID: "AROA", session: "s")

    private static func service(_ name: String = "s3.amazonaws.com", _ source: String? = "arn:aws:s3:::b") -> Principal
    {
        .service(name: name, sourceARN: source, account: home)
    }

    private static func statement(
        _ principal: String, _ action: String = "lambda:InvokeFunction",
        _ change: (inout PermissionStatement) -> Void = { _ in }
    ) -> PermissionStatement {
        var statement = PermissionStatement(id: "s", principal: principal, action: action)
        change(&statement)
        return statement
    }

    struct Case: Sendable {
        var statement: PermissionStatement
        var principal: Principal
        var isGranted: Bool

        init(_ statement: PermissionStatement, _ principal: Principal, _ isGranted: Bool) {
            (self.statement, self.principal, self.isGranted) = (statement, principal, isGranted)
        }
    }

    @Test(arguments: [
        Case(statement("s3.amazonaws.com"), service(), true),
        Case(statement("sns.amazonaws.com"), service(), false),
        Case(statement("s3.amazonaws.com", "lambda:*"), service(), true),
        Case(statement("s3.amazonaws.com", "*"), service(), true),
        Case(statement("s3.amazonaws.com", "lambda:GetFunction"), service(), false),
        Case(statement("s3.amazonaws.com") { $0.sourceARN = "arn:aws:s3:::b" }, service(), true),
        Case(statement("s3.amazonaws.com") { $0.sourceARN = "arn:aws:s3:::*" }, service(), true),
        Case(statement("s3.amazonaws.com") { $0.sourceARN = "arn:aws:s3:::c" }, service(), false),
        Case(
            statement("s3.amazonaws.com") { $0.sourceARN = "arn:aws:s3:::b" }, service("s3.amazonaws.com", nil), false),
        Case(statement("s3.amazonaws.com") { $0.sourceAccount = home }, service(), true),
        Case(statement("s3.amazonaws.com") { $0.sourceAccount = "222222222222" }, service(), false),
        Case(statement("s3.amazonaws.com") { $0.viaURL = true }, service(), false),
        Case(statement("s3.amazonaws.com") { $0.viaURL = false }, service(), true),
        Case(statement("*") { $0.eventSourceToken = "t" }, service("alexa-appkit.amazon.com"), false),
        Case(statement("222222222222"), root, true), Case(statement("222222222222"), session, true),
        Case(statement("222222222222"), service(), false), Case(statement("333333333333"), root, false),
        Case(statement("arn:aws:iam::222222222222:role/worker"), session, true),
        Case(statement("arn:aws:iam::222222222222:role/other"), session, false),
        Case(statement("arn:aws:iam::222222222222:user/u"), root, false), Case(statement("*"), root, true),
        Case(statement("*"), .anonymous, true), Case(statement("222222222222"), .anonymous, false),
        Case(statement("*") { $0.organization = "o-1234567890" }, root, false),
        Case(statement("*") { $0.sourceAccount = home }, .anonymous, false),
        Case(statement("*") { $0.viaURL = true }, root, false),
    ])
    func invocations(_ example: Case) {
        let policy = ResourcePolicy(statements: [example.statement], revisionID: "r")
        #expect(InvocationAccess.api.isGranted(by: policy, to: example.principal) == example.isGranted)
        #expect(!InvocationAccess.api.isGranted(by: nil, to: example.principal))
    }

    /// Since October 2025 the URL and the function have to be opened.
    @Test(
        arguments: [
            (["NONE"], [true], true), (["NONE"], [], false), ([], [true], false), (["AWS_IAM"], [true], false),
            (["NONE"], [nil], true), (["NONE"], [false], false), ([nil], [true], true),
            (["AWS_IAM", "NONE"], [true], true),
        ] as [([String?], [Bool?], Bool)])
    func urlsNeedTwoPermissions(_ authTypes: [String?], _ viaURL: [Bool?], _ isGranted: Bool) {
        let statements =
            authTypes.map { type in Self.statement("*", "lambda:InvokeFunctionUrl") { $0.urlAuthType = type } }
            + viaURL.map { flag in Self.statement("*") { $0.viaURL = flag } }
        let policy = ResourcePolicy(statements: statements, revisionID: "r")
        #expect(InvocationAccess.url(authType: "NONE").isGranted(by: policy, to: .anonymous) == isGranted)
    }

    @Test func statementsComeAndGo() throws {
        let empty = ResourcePolicy(statements: [], revisionID: "")
        let one = try empty.adding(Self.statement("*"), revisionID: "1", resource: "r")
        #expect(one.revisionID == "1")
        #expect(throws: LambdaFailures.statementExists("s")) {
            try one.adding(Self.statement("s3.amazonaws.com"), revisionID: "2", resource: "r")
        }
        #expect(throws: LambdaFailures.statementNotFound("t")) { try one.removing("t", revisionID: "2") }
        #expect(try one.removing("s", revisionID: "2") == nil)
    }

    @Test func aPolicyHasALimit() throws {
        var policy = ResourcePolicy(statements: [], revisionID: "")
        func next(_ index: Int, _ length: Int) throws -> ResourcePolicy {
            try policy.adding(
                Self.statement("s3.amazonaws.com") {
                    $0.id = "s\(index)"
                    $0.sourceARN = "arn:aws:s3:::" + String(repeating: "b", count: length)
                }, revisionID: "r", resource: "r")
        }
        for index in 10..<28 { policy = try next(index, 900) }
        let rest = LambdaLimits.policy - policy.document(resource: "r").utf8.count
        let least = try next(29, 0).document(resource: "r").utf8.count - policy.document(resource: "r").utf8.count
        #expect(try next(29, rest - least).document(resource: "r").utf8.count == 20_480)
        #expect(throws: LambdaFailures.policyTooLong(20_481)) { try next(29, rest - least + 1) }
    }
}
