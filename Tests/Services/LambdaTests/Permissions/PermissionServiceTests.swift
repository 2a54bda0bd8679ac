import Execution
import Foundation
import Persistence
import ServiceKit
import TestSupport
import Testing

@testable import Lambda

extension LambdaFixture {
    @discardableResult
    func permit(
        _ principal: String, id: String = "s", qualifier: String? = nil, revision: String? = nil,
        action: String = "lambda:InvokeFunction", _ change: (inout AddPermissionRequest) -> Void = { _ in }
    ) async throws -> String? {
        var input = AddPermissionRequest(functionName: "f", statementId: id, action: action, principal: principal)
        input.qualifier = qualifier
        input.revisionId = revision
        change(&input)
        return try await service.addPermission(input, call("AddPermission")).statement
    }

    func policy(_ qualifier: String? = nil) async throws -> GetPolicyResponse {
        try await service.getPolicy(GetPolicyRequest(functionName: "f", qualifier: qualifier), call("GetPolicy"))
    }

    /// An invocation that another service makes in process.
    func invoke(as principal: Principal, _ name: String = "f", account: String = LambdaFixture.account) async throws {
        var call = call("Invoke", account: account)
        call.principal = principal
        _ = try await service.invoke(Lambda.InvocationRequest(functionName: name, payload: Array("{}".utf8)), call)
    }
}

struct PermissionServiceTests {
    @Test(arguments: TestDatabase.engines)
    func everyQualifierHasAPolicyOfItsOwn(engine: SQLEngine) async throws {
        try await LambdaFixture.with(engine) { fixture in
            try await fixture.create { $0.publish = true }
            try await fixture.alias("live", "1")
            for qualifier in [nil, "1", "live"] {
                await #expect(throws: LambdaFailures.resourceNotFound) { _ = try await fixture.policy(qualifier) }
                let statement = try await fixture.permit("s3.amazonaws.com", qualifier: qualifier)
                let policy = try await fixture.policy(qualifier)
                #expect(policy.policy?.contains(statement ?? "?") == true)
                #expect(
                    statement?.contains(#""Resource":"\#(fixture.arn(qualifier.map { "f:\($0)" } ?? "f"))""#) == true)
            }
            let revisions = [
                try await fixture.policy().revisionId, try await fixture.policy("1").revisionId,
                try await fixture.policy("live").revisionId,
            ]
            #expect(Set(revisions).count == 3)
            _ = try await fixture.service.deleteAlias(
                DeleteAliasRequest(functionName: "f", name: "live"), fixture.call("DeleteAlias"))
            try await fixture.delete("f", "1")
            for qualifier in ["1", "live"] {
                await #expect(throws: LambdaFailures.resourceNotFound) { _ = try await fixture.policy(qualifier) }
            }
            #expect(try await fixture.policy().revisionId == revisions[0])
            try await fixture.delete()
            try await fixture.create()
            await #expect(throws: LambdaFailures.resourceNotFound) { _ = try await fixture.policy() }
        }
    }

    @Test(arguments: TestDatabase.engines)
    func revisionsAreThoseOfThePolicy(engine: SQLEngine) async throws {
        try await LambdaFixture.with(engine) { fixture in
            let function = try await fixture.create()
            await #expect(throws: LambdaFailures.policyRevisionMismatch) {
                try await fixture.permit("*", revision: function.revisionId)
            }
            try await fixture.permit("*")
            let revision = try await fixture.policy().revisionId
            try await fixture.publish()
            #expect(try await fixture.policy().revisionId == revision)
            try await fixture.permit("*", id: "t", revision: revision)
            await #expect(throws: LambdaFailures.policyRevisionMismatch) {
                try await fixture.service.removePermission(
                    RemovePermissionRequest(functionName: "f", statementId: "t", revisionId: revision),
                    fixture.call("RemovePermission"))
            }
        }
    }

    @Test(arguments: TestDatabase.engines)
    func servicesNeedAPermission(engine: SQLEngine) async throws {
        try await LambdaFixture.with(engine) { fixture in
            try await fixture.create { $0.publish = true }
            let bucket = Principal.service(
                name: "s3.amazonaws.com", sourceARN: "arn:aws:s3:::b", account: LambdaFixture.account)
            await #expect { try await fixture.invoke(as: bucket) } throws: { ($0 as? AWSError)?.status == 403 }
            #expect(try await !fixture.service.permitsInvocation(of: fixture.arn("f"), by: bucket))

            try await fixture.permit("s3.amazonaws.com") { $0.sourceArn = "arn:aws:s3:::b" }
            try await fixture.invoke(as: bucket)
            try await fixture.invoke(as: bucket, "f:$LATEST")
            #expect(try await fixture.service.permitsInvocation(of: fixture.arn("f"), by: bucket))
            #expect(try await !fixture.service.permitsInvocation(of: fixture.arn("f:1"), by: bucket))
            #expect(try await !fixture.service.permitsInvocation(of: fixture.arn("g"), by: bucket))
            #expect(try await !fixture.service.permitsInvocation(of: "f", by: bucket))
            await #expect { try await fixture.invoke(as: bucket, "f:1") } throws: { ($0 as? AWSError)?.status == 403 }
            let other = Principal.service(
                name: "s3.amazonaws.com", sourceARN: "arn:aws:s3:::c", account: LambdaFixture.account)
            await #expect { try await fixture.invoke(as: other) } throws: { ($0 as? AWSError)?.status == 403 }

            // The same after a restart, before anything was read ahead.
            let restarted = try fixture.restarted()
            try await restarted.invoke(as: bucket)
            await #expect { try await restarted.invoke(as: other) } throws: { ($0 as? AWSError)?.status == 403 }
        }
    }

    @Test func otherAccountsNeedAPermission() async throws {
        try await LambdaFixture.with(.sqlite) { fixture in
            try await fixture.create()
            let stranger = Principal.root(account: "222222222222")
            let arn = fixture.arn("f")
            func ask() async throws { try await fixture.invoke(as: stranger, arn, account: "222222222222") }
            await #expect(throws: LambdaFailures.notAllowed(stranger, "InvokeFunction", on: arn)) { try await ask() }
            try await fixture.permit("222222222222")
            try await ask()
            #expect(fixture.invoker.invocations.last?.0.account == LambdaFixture.account)
            // What was opened is the function, and to be invoked.
            await #expect {
                try await fixture.service.getFunction(
                    GetFunctionRequest(functionName: arn), fixture.call("GetFunction", account: "222222222222"))
            } throws: { ($0 as? AWSError)?.status == 403 }
        }
    }

    @Test func theCatalogueIsFilledWithPolicies() async throws {
        try await LambdaFixture.with(.sqlite) { fixture in
            try await fixture.create { $0.publish = true }
            try await fixture.permit("*", qualifier: "1")
            try await fixture.permit("*", id: "t")
            let functions = try await fixture.service.store.read { try $0.everyFunction(after: nil, limit: 10) }
            #expect(functions.first?.policies.keys.sorted() == ["", "1"])
            #expect(functions.first?.policies[""]?.statements.map(\.id) == ["t"])
        }
    }
}
