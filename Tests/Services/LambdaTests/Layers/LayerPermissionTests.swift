import Foundation
import Persistence
import ServiceKit
import TestSupport
import Testing

@testable import Lambda

struct LayerPermissionTests {
    private static let other = "222222222222"

    @Test(arguments: TestDatabase.engines)
    func aPolicyIsKeptAndShown(engine: SQLEngine) async throws {
        try await LambdaFixture.with(engine) { fixture in
            try await fixture.publishLayer()
            func policy() async throws -> GetLayerVersionPolicyResponse {
                try await fixture.service.getLayerVersionPolicy(
                    GetLayerVersionPolicyRequest(layerName: "l", versionNumber: 1),
                    fixture.call("GetLayerVersionPolicy"))
            }
            await #expect(throws: LambdaFailures.notFound("No policy is associated with the given resource.")) {
                _ = try await policy()
            }
            let first = try await fixture.allow(Self.other, id: "x")
            let statement =
                #"{"Sid":"x","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::222222222222:root"},"#
                + #""Action":"lambda:GetLayerVersion","Resource":"arn:aws:lambda:us-east-1:111111111111:layer:l:1"}"#
            #expect(first.statement == statement)
            let second = try await fixture.allow(
                "*", id: "y", organization: "o-t194hfs8cz", revision: first.revisionId)
            #expect(
                second.statement?.hasSuffix(
                    #","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-t194hfs8cz"}}}"#) == true)
            let shown = try await policy()
            #expect(shown.revisionId == second.revisionId && shown.revisionId != first.revisionId)
            #expect(
                shown.policy
                    == #"{"Version":"2012-10-17","Id":"default","Statement":[\#(statement),\#(second.statement ?? "")]}"#
            )

            await #expect(throws: LambdaFailures.layerRevisionMismatch) {
                try await fixture.allow("*", id: "z", revision: first.revisionId)
            }
            let taken = LambdaFailures.conflict(
                "The statement id (x) provided already exists. "
                    + "Please provide a new statement id, or remove the existing statement.")
            await #expect(throws: taken) { try await fixture.allow("*", id: "x") }
            for id in ["x", "y"] { try await remove(id, fixture) }
            await #expect(throws: LambdaFailures.notFound("Statement y is not found in resource policy.")) {
                try await remove("y", fixture)
            }
            await #expect(throws: LambdaFailures.notFound("No policy is associated with the given resource.")) {
                _ = try await policy()
            }
            let missing = LambdaFailures.notFound("Layer version \(fixture.layerARN("l:9")) does not exist.")
            await #expect(throws: missing) { try await fixture.allow("*", "l", 9) }
        }
    }

    private func remove(_ id: String, _ fixture: LambdaFixture) async throws {
        try await fixture.service.removeLayerVersionPermission(
            RemoveLayerVersionPermissionRequest(layerName: "l", versionNumber: 1, statementId: id),
            fixture.call("RemoveLayerVersionPermission"))
    }

    /// Who may use a layer of another account: nobody, until its policy says so.
    @Test(arguments: [
        (nil, nil, false), ("*", nil, true), ("222222222222", nil, true), ("333333333333", nil, false),
        ("arn:aws:iam::222222222222:root", nil, true), ("arn:aws:iam::333333333333:root", nil, false),
        ("*", "o-t194hfs8cz", false),
    ])
    func othersNeedAPermission(principal: String?, organization: String?, isAllowed: Bool) async throws {
        try await LambdaFixture.with(.sqlite) { fixture in
            try await fixture.publishLayer()
            if let principal { try await fixture.allow(principal, organization: organization) }
            let arn = fixture.layerARN("l:1")
            let use = {
                try await fixture.create(account: Self.other) { $0.layers = [arn] }
            }
            guard !isAllowed else {
                #expect(try await use().layers?.map(\.arn) == [arn])
                #expect(try await fixture.layer(fixture.layerARN("l"), 1, account: Self.other).version == 1)
                return
            }
            let refusal = LambdaFailures.accessDenied(
                "User: arn:aws:iam::222222222222:root is not authorized to perform: lambda:GetLayerVersion on resource: "
                    + "\(arn) because no resource-based policy allows the lambda:GetLayerVersion action")
            await #expect(throws: refusal) { _ = try await use() }
            await #expect(throws: refusal) {
                _ = try await fixture.layer(fixture.layerARN("l"), 1, account: Self.other)
            }
        }
    }

    @Test func othersChangeAndListNothing() async throws {
        try await LambdaFixture.with(.sqlite) { fixture in
            try await fixture.publishLayer()
            try await fixture.allow("*")
            let call = fixture.call("DeleteLayerVersion", account: Self.other)
            await #expect(
                throws: LambdaFailures.notAllowed(call.principal, "DeleteLayerVersion", on: fixture.layerARN("l:1"))
            ) {
                try await fixture.service.deleteLayerVersion(
                    DeleteLayerVersionRequest(layerName: fixture.layerARN("l"), versionNumber: 1), call)
            }
            #expect(try await fixture.layer("l", 1).version == 1)
        }
    }
}
