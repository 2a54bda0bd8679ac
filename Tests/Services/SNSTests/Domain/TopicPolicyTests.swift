import ServiceKit
import Testing

@testable import SNS

@Suite struct TopicPolicyTests {
    private static let key = TopicKey(account: "111111111111", region: "us-east-1", name: "t")
    private static let owner = Principal.root(account: "111111111111")
    private static let stranger = Principal.root(account: "222222222222")

    private func topic(_ policy: String?) -> TopicRecord {
        var topic = TopicRecord(key: Self.key, id: 1)
        topic.attributes["Policy"] = policy
        return topic
    }

    private func permits(
        _ policy: String?, _ principal: Principal, _ action: String = "SNS:Publish", isSecure: Bool = true
    ) -> Bool {
        TopicPolicy.permits(
            action, by: principal, on: topic(policy), more: ["aws:securetransport": isSecure ? "true" : "false"])
    }

    private func statement(_ effect: String, _ principal: String, condition: String = "", resource: String? = nil)
        -> String
    {
        """
        {"Version":"2012-10-17","Statement":[{"Effect":"\(effect)","Principal":\(principal),"Action":"sns:Publish",
        "Resource":"\(resource ?? Self.key.arn)"\(condition.isEmpty ? "" : ",\"Condition\":" + condition)}]}
        """
    }

    private func storage(_ source: String) -> Principal {
        .service(name: "s3.amazonaws.com", sourceARN: source, account: "111111111111")
    }

    @Test func theStandardPolicyIsForItsAccount() {
        #expect(permits(nil, Self.owner))
        #expect(!permits(nil, Self.stranger))
        #expect(!permits(nil, storage("arn:aws:s3:::bucket")))
        #expect(!permits(nil, .anonymous))
        #expect(permits(TopicPolicy.standard(Self.key), Self.owner))
        #expect(!permits(TopicPolicy.standard(Self.key), Self.stranger))
        #expect(!permits(TopicPolicy.standard(Self.key), storage("arn:aws:s3:::bucket")))
    }

    @Test func servicesAreLetInByNameAndSource() {
        let policy = statement(
            "Allow", #"{"Service":"s3.amazonaws.com"}"#,
            condition: #"{"ArnLike":{"aws:SourceArn":"arn:aws:s3:::bucket*"}}"#)
        #expect(permits(policy, storage("arn:aws:s3:::bucket-1")))
        #expect(!permits(policy, storage("arn:aws:s3:::other")))
        #expect(!permits(policy, Self.stranger))
        // The form of older documents.
        let old = statement(
            "Allow", #"{"AWS":"*"}"#, condition: #"{"ArnLike":{"aws:SourceArn":"arn:aws:s3:::bucket*"}}"#)
        #expect(permits(old, storage("arn:aws:s3:::bucket-1")))
        #expect(!permits(old, Self.stranger))
    }

    @Test func denialsCountForTheOwnerToo() {
        let policy = statement("Deny", #""*""#, condition: #"{"Bool":{"aws:SecureTransport":"false"}}"#)
        #expect(permits(policy, Self.owner))
        #expect(!permits(policy, Self.owner, isSecure: false))
        #expect(permits(policy, Self.owner, "SNS:Subscribe", isSecure: false))
        #expect(permits(statement("Deny", #""*""#, resource: "arn:aws:sns:us-east-1:111111111111:other"), Self.owner))
    }

    @Test func whatCannotBeDecidedGrantsNothing() {
        #expect(
            !permits(
                statement("Allow", #""*""#, condition: #"{"StringEquals":{"aws:PrincipalTag/team":"a"}}"#),
                Self.stranger))
        #expect(
            !permits(
                statement("Deny", #""*""#, condition: #"{"StringEquals":{"aws:PrincipalTag/team":"a"}}"#),
                Self.owner))
    }

    @Test func permissionsComeAndGo() throws {
        let standard = TopicPolicy.standard(Self.key)
        let more = try TopicPolicy.adding("l", accounts: ["222222222222"], actions: ["Publish"], to: standard, Self.key)
        #expect(permits(more, Self.stranger))
        #expect(!permits(more, Self.stranger, "SNS:Subscribe"))
        #expect(TopicPolicy.removing("l", from: more) == standard)
        #expect(TopicPolicy.removing("other", from: more) == more)
        #expect(throws: SNSFailures.invalid("Statement already exists")) {
            try TopicPolicy.adding("l", accounts: ["222222222222"], actions: ["Publish"], to: more, Self.key)
        }
        #expect(throws: SNSFailures.invalid("Policy statement action out of service scope!")) {
            try TopicPolicy.adding("m", accounts: ["222222222222"], actions: ["Nonsense"], to: more, Self.key)
        }
    }

    @Test(arguments: [
        "", "{", "[]", #"{"Statement":[{"Effect":"Allow"}]}"#,
        #"{"Statement":[{"Effect":"Allow","Principal":"*","Action":"sqs:SendMessage","Resource":"*"}]}"#,
    ])
    func whatIsNoPolicy(text: String) {
        #expect(throws: AWSError.self) { try TopicPolicy.check(text) }
    }
}
