import IAM
import Persistence
import ServiceKit
import ServiceModel
import TestSupport
import Testing

/// The service's tag, not Swift Testing's.
typealias Tag = IAM.Tag

/// IAM on a database of its own, as one caller sees it.
struct IAMFixture {
    let service: IAMService
    let time: VirtualTime
    let account: String

    static let trust =
        #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#
    static let identity =
        #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}]}"#

    static func with(_ engine: SQLEngine, account: String = "123456789012", _ body: (IAMFixture) async throws -> Void)
        async throws
    {
        try await TestDatabase.with(engine, IAMMigrations.all) { database in
            let time = VirtualTime()
            try await body(
                IAMFixture(service: IAMService(database: database, time: time), time: time, account: account))
        }
    }

    func of(account: String) -> IAMFixture { IAMFixture(service: service, time: time, account: account) }

    /// A call that tells nothing but who makes it.
    func call(_ operation: String = "Any") -> Call {
        Call(
            service: "iam", operation: operation, input: .structure([:]), principal: .root(account: account),
            account: account,
            region: "us-east-1", requestID: "r")
    }

    @discardableResult
    func createRole(_ name: String, path: String? = nil) async throws -> Role {
        try await service.createRole(
            CreateRoleRequest(roleName: name, assumeRolePolicyDocument: Self.trust, path: path), call()
        ).role
    }

    @discardableResult
    func createPolicy(_ name: String, path: String? = nil) async throws -> String {
        let answer = try await service.createPolicy(
            CreatePolicyRequest(policyName: name, policyDocument: Self.identity, path: path), call())
        return try #require(answer.policy?.arn)
    }

    func attach(_ arn: String, to role: String = "r") async throws {
        try await service.attachRolePolicy(AttachRolePolicyRequest(roleName: role, policyArn: arn), call())
    }

    func detach(_ arn: String, from role: String = "r") async throws {
        try await service.detachRolePolicy(DetachRolePolicyRequest(roleName: role, policyArn: arn), call())
    }

    func policyARN(_ name: String) -> String { "arn:aws:iam::\(account):policy/\(name)" }
}

/// The error that an expression throws, as AWS would show it.
func refusal(_ body: () async throws -> Void, sourceLocation: SourceLocation = #_sourceLocation) async throws
    -> AWSError
{
    do {
        try await body()
    } catch let error as AWSError {
        return error
    }
    return try #require(nil as AWSError?, "nothing was refused", sourceLocation: sourceLocation)
}
