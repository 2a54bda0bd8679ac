import ServiceKit
import ServiceModel
import TestSupport
import Testing

@Suite struct SessionCredentialTests {
    private let master = MasterKey()
    private let time = VirtualTime()
    private var issuer: SessionCredentialIssuer { SessionCredentialIssuer(master: master, time: time) }

    @Test(arguments: [
        Principal.root(account: "123456789012"),
        .user(account: "123456789012", name: "alice", path: "/team/", id: "AIDAQAAAAAAAMR5XK5CGV"),
        .assumedRole(
            account: "123456789012", role: "worker", roleID: "AROAQAAAAAAAMR5XK5CGV", session: "s@example.com"),
    ])
    func aSessionIsKnownAgain(principal: Principal) throws {
        let key = try issuer.issue(principal, duration: .seconds(900))
        #expect(key.id.hasPrefix("ASIA"))
        #expect(key.secret.count == 40)
        #expect(key.expiration == time.now.advanced(by: .seconds(900)))
        #expect(UniqueID.account(of: key.id) == "123456789012")
        let token = try #require(key.sessionToken)
        let found = try issuer.resolve(accessKeyID: key.id, sessionToken: token)
        #expect(found.key == key)
        #expect(found.principal == principal)
    }

    @Test func aSessionEnds() throws {
        let key = try issuer.issue(.root(account: "123456789012"), duration: .seconds(900))
        let token = try #require(key.sessionToken)
        time.advance(by: .milliseconds(899_999))
        _ = try issuer.resolve(accessKeyID: key.id, sessionToken: token)
        time.advance(by: .milliseconds(1))
        #expect(throws: AWSError.expiredToken) { try issuer.resolve(accessKeyID: key.id, sessionToken: token) }
    }

    @Test func anotherNodeKnowsTheSession() throws {
        let key = try issuer.issue(.root(account: "123456789012"), duration: .seconds(900))
        let other = SessionCredentialIssuer(master: master, time: time)
        #expect(try other.resolve(accessKeyID: key.id, sessionToken: try #require(key.sessionToken)).key == key)
    }

    @Test func forgedTokensAreRefused() throws {
        let key = try issuer.issue(.root(account: "123456789012"), duration: .seconds(900))
        let token = try #require(key.sessionToken)
        let other = try issuer.issue(.root(account: "000000000000"), duration: .seconds(900))
        #expect(throws: AWSError.invalidClientToken) { try issuer.resolve(accessKeyID: other.id, sessionToken: token) }
        let stranger = SessionCredentialIssuer(master: MasterKey(), time: time)
        #expect(throws: AWSError.invalidClientToken) { try stranger.resolve(accessKeyID: key.id, sessionToken: token) }
        for text in ["", "x", "é", String(repeating: "A", count: 100_000), token + "A", String(token.dropLast())] {
            #expect(throws: AWSError.invalidClientToken) { try issuer.resolve(accessKeyID: key.id, sessionToken: text) }
        }
        for (index, character) in token.enumerated() {
            let changed =
                String(token.prefix(index)) + (character == "A" ? "B" : "A") + String(token.dropFirst(index + 1))
            #expect(throws: AWSError.invalidClientToken) {
                try issuer.resolve(accessKeyID: key.id, sessionToken: changed)
            }
        }
    }

    @Test func servicesHaveNoSessions() {
        #expect(throws: AWSError.internalFailure) {
            try issuer.issue(
                .service(name: "lambda.amazonaws.com", sourceARN: nil, account: "1"), duration: .seconds(900))
        }
    }

    private struct Users: CredentialResolver {
        func resolve(accessKeyID: String, sessionToken: String?) async throws -> (key: AccessKey, principal: Principal)?
        {
            guard accessKeyID == "AKIAUSER" else { return nil }
            return (AccessKey(id: accessKeyID, secret: "s"), .user(account: "1", name: "u", path: "/", id: "AIDA"))
        }
    }

    @Test func theDirectoryKnowsAllKinds() async throws {
        let directory = CredentialDirectory(
            root: RootKeys(id: "AKIAROOT", secret: "secret", account: "000000000000"), sessions: issuer, users: Users())
        let root = try #require(try await directory.resolve(accessKeyID: "AKIAROOT", sessionToken: nil))
        #expect(root.key == AccessKey(id: "AKIAROOT", secret: "secret"))
        #expect(root.principal == .root(account: "000000000000"))
        #expect(try await directory.resolve(accessKeyID: "AKIAROOT", sessionToken: "")?.principal == root.principal)
        #expect(try await directory.resolve(accessKeyID: "AKIAUSER", sessionToken: nil)?.principal.userID == "AIDA")
        #expect(try await directory.resolve(accessKeyID: "AKIAOTHER", sessionToken: nil) == nil)
        let session = try issuer.issue(root.principal, duration: .seconds(900))
        #expect(
            try await directory.resolve(accessKeyID: session.id, sessionToken: session.sessionToken)?.key == session)
        #expect(try await directory.resolve(accessKeyID: session.id, sessionToken: nil) == nil)
        await #expect(throws: AWSError.invalidClientToken) {
            try await directory.resolve(accessKeyID: "AKIAROOT", sessionToken: "token")
        }
    }
}
