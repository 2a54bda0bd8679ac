import STS
import ServiceKit
import ServiceModel
import Synchronization
import TestSupport
import Testing

/// The service's tag, not Swift Testing's.
private typealias Tag = STS.Tag

@Suite struct STSServiceTests {
    /// One role, whose trust policy the test chooses.
    private final class StubRoles: RoleCatalog {
        let role: RoleDescription
        let uses = Mutex<[String]>([])

        init(trust: String, maxSessionDuration: Int = 3600) {
            role = RoleDescription(
                name: "worker", path: "/app/", id: "AROAEXAMPLE", arn: "arn:aws:iam::123456789012:role/app/worker",
                trustPolicy: trust,
                maxSessionDuration: maxSessionDuration)
        }

        func role(account: String, name: String) async throws -> (id: String, trustPolicy: String)? {
            try await description(account: account, role: name).map { ($0.id, $0.trustPolicy) }
        }
        func description(account: String, role: String) async throws -> RoleDescription? {
            account == "123456789012" && role == "worker" ? self.role : nil
        }
        func noteUse(account: String, role: String, region: String, at time: Timestamp) async throws {
            uses.withLock { $0.append("\(role) \(region)") }
        }
    }

    private static let root = Principal.root(account: "123456789012")
    private static let session = Principal.assumedRole(
        account: "123456789012", role: "r", roleID: "AROAOTHER", session: "s")
    private static let arn = "arn:aws:iam::123456789012:role/app/worker"
    private static let everyone =
        #"{"Statement":[{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"sts:AssumeRole"}]}"#

    private let time = VirtualTime()
    private let master = MasterKey()
    private var sessions: SessionCredentialIssuer { SessionCredentialIssuer(master: master, time: time) }

    private func service(_ roles: StubRoles = StubRoles(trust: everyone)) -> STSService {
        STSService(
            roles: roles, sessions: sessions,
            credentials: CredentialDirectory(
                root: RootKeys(id: "AKIAROOTROOTROOT", secret: "s", account: "000000000000"), sessions: sessions),
            time: time)
    }

    private func call(_ principal: Principal) -> Call {
        Call(
            service: "sts", operation: "Any", input: .structure([:]), principal: principal,
            account: principal.account ?? "",
            region: "eu-west-1", requestID: "r")
    }

    private func refusal(_ body: () async throws -> Void, sourceLocation: SourceLocation = #_sourceLocation)
        async throws -> AWSError
    {
        do {
            try await body()
        } catch let error as AWSError {
            return error
        }
        return try #require(nil as AWSError?, "nothing was refused", sourceLocation: sourceLocation)
    }

    @Test(arguments: [
        (root, "123456789012", "arn:aws:iam::123456789012:root"),
        (
            .user(account: "123456789012", name: "alice", path: "/team/", id: "AIDAEXAMPLE"), "AIDAEXAMPLE",
            "arn:aws:iam::123456789012:user/team/alice"
        ),
        (session, "AROAOTHER:s", "arn:aws:sts::123456789012:assumed-role/r/s"),
    ])
    func theCallerLearnsWhoItIs(principal: Principal, userID: String, arn: String) async throws {
        let answer = try await service().getCallerIdentity(GetCallerIdentityRequest(), call(principal))
        #expect(answer == GetCallerIdentityResponse(userId: userID, account: "123456789012", arn: arn))
    }

    @Test func nobodyHasNoIdentity() async throws {
        let error = try await refusal {
            _ = try await service().getCallerIdentity(GetCallerIdentityRequest(), call(.anonymous))
        }
        #expect(error.code == "MissingAuthenticationToken")
        #expect(error.status == 403)
    }

    @Test func aRoleIsAssumedAsRecorded() async throws {
        let roles = StubRoles(trust: Self.everyone)
        let answer = try await service(roles).assumeRole(
            AssumeRoleRequest(roleArn: Self.arn, roleSessionName: "ci-1"), call(Self.root))
        #expect(
            answer.assumedRoleUser
                == AssumedRoleUser(
                    assumedRoleId: "AROAEXAMPLE:ci-1", arn: "arn:aws:sts::123456789012:assumed-role/worker/ci-1"))
        #expect(answer.packedPolicySize == nil)
        let credentials = try #require(answer.credentials)
        #expect(credentials.expiration == time.now.advanced(by: .seconds(3600)))
        let found = try sessions.resolve(accessKeyID: credentials.accessKeyId, sessionToken: credentials.sessionToken)
        #expect(found.key.secret == credentials.secretAccessKey)
        #expect(
            found.principal
                == .assumedRole(account: "123456789012", role: "worker", roleID: "AROAEXAMPLE", session: "ci-1"))
        #expect(roles.uses.withLock { $0 } == ["worker eu-west-1"])
    }

    @Test(arguments: [
        "arn:aws:iam::123456789012:role/worker", "arn:aws:iam::123456789012:role/app/Worker",
        "arn:aws:iam::123456789012:role/app/none",
        "arn:aws:iam::999999999999:role/app/worker",
    ])
    func anUnknownRoleIsRefused(arn: String) async throws {
        let error = try await refusal {
            _ = try await service().assumeRole(AssumeRoleRequest(roleArn: arn, roleSessionName: "ss"), call(Self.root))
        }
        #expect(
            error
                == AWSError(
                    "AccessDenied", status: 403,
                    message:
                        "User: arn:aws:iam::123456789012:root is not authorized to perform: sts:AssumeRole on resource: \(arn)"
                ))
    }

    @Test(arguments: [
        "arn:aws:iam::123456789012:user/x-x-x", "not an arn, but long", "arn:aws:iam::123456789012:role/",
        "arn:aws:iam::aws:role/worker",
    ])
    func whatIsNoRoleIsRefused(arn: String) async throws {
        let error = try await refusal {
            _ = try await service().assumeRole(AssumeRoleRequest(roleArn: arn, roleSessionName: "ss"), call(Self.root))
        }
        #expect(error == AWSError("ValidationError", message: "\(arn) is invalid"))
    }

    @Test func theTrustPolicyDecides() async throws {
        let other =
            #"{"Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#
        let request = AssumeRoleRequest(roleArn: Self.arn, roleSessionName: "ss")
        let denied = try await refusal {
            _ = try await service(StubRoles(trust: other)).assumeRole(request, call(Self.root))
        }
        #expect(denied.code == "AccessDenied")
        let unclear = #"""
            {"Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o"}}}]}
            """#
        let refused = try await refusal {
            _ = try await service(StubRoles(trust: unclear)).assumeRole(request, call(Self.root))
        }
        #expect(refused.code == "AccessDenied")
        #expect(
            refused.message.hasSuffix(
                "because Martlet does not evaluate the condition key aws:PrincipalOrgID in the role's trust policy"))
    }

    @Test func aSessionLastsAsLongAsItMay() async throws {
        let service = service(StubRoles(trust: Self.everyone, maxSessionDuration: 7200))
        func assume(_ principal: Principal, _ seconds: Int) async throws -> AssumeRoleResponse {
            try await service.assumeRole(
                AssumeRoleRequest(roleArn: Self.arn, roleSessionName: "ss", durationSeconds: seconds), call(principal))
        }
        #expect(try await assume(Self.root, 7200).credentials?.expiration == time.now.advanced(by: .seconds(7200)))
        let long = try await refusal { _ = try await assume(Self.root, 7201) }
        #expect(long.message == "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
        let chained = try await refusal { _ = try await assume(Self.session, 3601) }
        #expect(
            chained.message
                == "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining")
    }

    @Test func tagsAreCheckedAsRecorded() async throws {
        func assume(_ tags: [Tag], transitive: [String]?) async throws {
            _ = try await service().assumeRole(
                AssumeRoleRequest(roleArn: Self.arn, roleSessionName: "ss", tags: tags, transitiveTagKeys: transitive),
                call(Self.root))
        }
        let missing = try await refusal { try await assume([Tag(key: "a", value: "b")], transitive: ["c"]) }
        #expect(
            missing
                == AWSError(
                    "InvalidParameterValue",
                    message: "The specified transitive tag key must be included in the requested tags."))
        let double = try await refusal {
            try await assume([Tag(key: "a", value: "b"), Tag(key: "A", value: "b")], transitive: nil)
        }
        #expect(
            double
                == AWSError(
                    "InvalidParameterValue",
                    message: "Duplicate tag keys found. Please note that Tag keys are case insensitive."))
        let unbuilt = try await refusal { try await assume([Tag(key: "a", value: "b")], transitive: ["a"]) }
        #expect(unbuilt == .notImplemented(service: "sts", operation: "AssumeRole", parameter: "Tags"))
    }

    @Test func aSessionTokenIsTheCallersOwn() async throws {
        let answer = try await service().getSessionToken(
            GetSessionTokenRequest(durationSeconds: 43_200), call(Self.root))
        let credentials = try #require(answer.credentials)
        // Root's sessions last an hour at most.
        #expect(credentials.expiration == time.now.advanced(by: .seconds(3600)))
        let found = try sessions.resolve(accessKeyID: credentials.accessKeyId, sessionToken: credentials.sessionToken)
        #expect(found.principal == Self.root)
        let refused = try await refusal {
            _ = try await service().getSessionToken(GetSessionTokenRequest(), call(Self.session))
        }
        #expect(
            refused
                == AWSError(
                    "AccessDenied", status: 403, message: "Cannot call GetSessionToken with session credentials"))
    }

    @Test func aKeyTellsItsAccount() async throws {
        func account(_ id: String) async throws -> String? {
            try await service().getAccessKeyInfo(GetAccessKeyInfoRequest(accessKeyId: id), call(Self.root)).account
        }
        #expect(try await account("AKIAROOTROOTROOT") == "000000000000")
        let key = try sessions.issue(Self.session, duration: .seconds(900))
        #expect(try await account(key.id) == "123456789012")
        #expect(try await refusal { _ = try await account("AKIAIOSFODNN7EXAMPLE") }.code == "ValidationError")
    }
}
