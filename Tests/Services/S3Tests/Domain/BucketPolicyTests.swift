import ServiceKit
import ServiceModel
import Testing

@testable import S3

/// Which policies a bucket may have, which of them let everybody in, and whom they admit.
struct BucketPolicyTests {
    private static let owner = "111122223333"
    private static let stranger = "999988887777"
    private static let now = Timestamp(milliseconds: 1_800_000_000_000)

    private static func bucket(_ settings: [String: WireValue] = [:]) -> BucketRecord {
        BucketRecord(
            id: 1, name: "bucket", account: owner, region: "us-east-1", created: now, version: 1, settings: settings)
    }

    private static func statement(
        effect: String = "Allow", _ principal: String = "\"*\"", _ action: String = "\"s3:GetObject\"",
        _ resource: String = "\"arn:aws:s3:::bucket/*\"", condition: String = "{}"
    ) -> String {
        """
        {"Effect":"\(effect)","Principal":\(principal),"Action":\(action),"Resource":\(resource),"Condition":\(condition)}
        """
    }

    private static func policy(_ statements: String...) -> String {
        #"{"Version":"2012-10-17","Statement":["# + statements.joined(separator: ",") + "]}"
    }

    // MARK: Form

    private func refusal(_ text: String) -> String? {
        do {
            _ = try BucketPolicyRules.parse(text, bucket: Self.bucket())
            return nil
        } catch let error as AWSError {
            return error.code == "MalformedPolicy" ? error.message : error.code
        } catch {
            return "\(error)"
        }
    }

    @Test(
        arguments: [
            ("\"arn:aws:s3:::other/*\"", "Policy has invalid resource"),
            ("\"arn:aws:s3:::bucket2\"", "Policy has invalid resource"),
            ("\"bucket/*\"", "Policy has invalid resource"),
            ("\"arn:aws:sqs:::bucket/*\"", "Policy has invalid resource"),
            ("\"arn:aws:s3:::bucket\"", "Action does not apply to any resource(s) in statement"),
            ("\"arn:aws:s3:::bucket/*\"", nil), ("\"*\"", nil), ("\"arn:aws:s3:::buck*\"", nil),
            ("[\"arn:aws:s3:::bucket\",\"arn:aws:s3:::bucket/a\"]", nil),
            ("\"arn:aws:s3:::bucket/${aws:username}/*\"", nil),
            ("\"arn:aws:s3:::b?cket/*\"", nil),
        ] as [(String, String?)])
    func `resources are in the bucket`(resource: String, message: String?) {
        #expect(refusal(Self.policy(Self.statement("\"*\"", "\"s3:GetObject\"", resource))) == message)
    }

    @Test(
        arguments: [
            ("\"s3:Bogus\"", "Policy has invalid action"), ("\"sqs:SendMessage\"", "Policy has invalid action"),
            ("\"s3:ListBucket\"", "Action does not apply to any resource(s) in statement"),
            ("[\"s3:GetObject\",\"s3:ListBucket\"]", "Action does not apply to any resource(s) in statement"),
            ("\"s3:Get*\"", nil), ("\"s3:*\"", nil), ("\"*\"", nil), ("\"S3:getobject\"", nil),
        ] as [(String, String?)])
    func `actions are known and apply`(action: String, message: String?) {
        #expect(refusal(Self.policy(Self.statement("\"*\"", action))) == message)
    }

    @Test(arguments: [
        (#"{"AWS":"nonsense"}"#, false), (#"{"AWS":"arn:aws:iam::1:root"}"#, false),
        (#"{"AWS":"arn:aws:iam::111122223333:group/g"}"#, false),
        (#"{"AWS":"arn:aws:iam::111122223333:user/*"}"#, false),
        (#"{"CanonicalUser":"c0ffee"}"#, false), (#"{"Service":"nonsense"}"#, false), (#"{"AWS":[]}"#, false),
        (#"{"AWS":"*"}"#, true), (#"{"AWS":"111122223333"}"#, true),
        (#"{"AWS":"arn:aws:iam::111122223333:root"}"#, true),
        (#"{"AWS":"arn:aws:iam::111122223333:role/a/b"}"#, true), (#"{"AWS":"AIDAJQABLZS4A3QDU576Q"}"#, true),
        (#"{"AWS":"arn:aws:sts::111122223333:assumed-role/a/b"}"#, true),
        (#"{"Service":"logging.s3.amazonaws.com"}"#, true),
    ])
    func `principals have a form`(principal: String, isGood: Bool) {
        #expect(refusal(Self.policy(Self.statement(principal))) == (isGood ? nil : "Invalid principal in policy"))
    }

    @Test func `keys of conditions are known`() {
        let bad = Self.statement(condition: #"{"StringEquals":{"s3:Bogus":"x"}}"#)
        #expect(refusal(Self.policy(bad)) == "Policy has an invalid condition key")
        let good = Self.statement(condition: #"{"StringEquals":{"s3:ExistingObjectTag/a":"x","aws:SourceVpce":"v"}}"#)
        #expect(refusal(Self.policy(good)) == nil)
        #expect(refusal(Self.policy(Self.statement(condition: #"{"IpAddress":{"aws:SourceIp":"x"}}"#))) != nil)
    }

    // MARK: The meaning of public

    @Test(arguments: [
        ("{}", true), (#"{"StringEquals":{"aws:SourceAccount":"111122223333"}}"#, false),
        (#"{"StringNotEquals":{"aws:PrincipalAccount":"222222222222"}}"#, true),
        (#"{"StringEqualsIfExists":{"aws:PrincipalAccount":"222222222222"}}"#, true),
        (#"{"ForAllValues:StringEquals":{"aws:PrincipalAccount":"222222222222"}}"#, true),
        (#"{"IpAddress":{"aws:SourceIp":"0.0.0.0/0"}}"#, true), (#"{"IpAddress":{"aws:SourceIp":"0.0.0.0/1"}}"#, true),
        (#"{"IpAddress":{"aws:SourceIp":["203.0.113.0/24","0.0.0.0/0"]}}"#, true),
        (#"{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}"#, false), (#"{"IpAddress":{"aws:SourceIp":"::/0"}}"#, true),
        (#"{"NotIpAddress":{"aws:SourceIp":"203.0.113.0/24"}}"#, true),
        (#"{"StringLike":{"aws:PrincipalArn":"*"}}"#, true),
        (#"{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::111122223333:role/r"}}"#, false),
        (#"{"StringEquals":{"aws:PrincipalAccount":"${aws:PrincipalAccount}"}}"#, true),
        (#"{"StringLike":{"s3:DataAccessPointArn":"arn:aws:s3:us-east-1:111122223333:accesspoint/*"}}"#, false),
        (#"{"StringEquals":{"aws:Referer":"http://example.com"}}"#, true),
        (#"{"Null":{"aws:SourceArn":"false"}}"#, true),
    ])
    func `policies that let everybody in`(condition: String, isPublic: Bool) throws {
        for principal in ["\"*\"", #"{"AWS":"*"}"#] {
            let text = Self.policy(Self.statement(principal, condition: condition))
            #expect(PublicPolicy.isPublic(try BucketPolicyRules.parse(text, bucket: Self.bucket())) == isPublic)
        }
    }

    @Test func `policies for somebody are not public`() throws {
        let text = Self.policy(Self.statement(#"{"AWS":"111122223333"}"#), Self.statement(effect: "Deny"))
        #expect(!PublicPolicy.isPublic(try BucketPolicyRules.parse(text, bucket: Self.bucket())))
    }

    // MARK: Access

    private func access(
        _ policy: String?, _ principal: Principal, _ input: [String: WireValue] = [:],
        settings: [String: WireValue] = [:], facts: RequestFacts? = nil
    ) -> BucketAccess {
        var settings = settings
        settings[BucketRecord.Setting.policy] = policy.map(WireValue.string)
        var call = Call(
            service: "s3", operation: "GetObject", input: .structure(input), principal: principal, account: "",
            region: "us-east-1", requestID: "id", endpoint: "http://localhost")
        call.facts = facts
        return BucketAccess(bucket: Self.bucket(settings), call: call, now: Self.now)
    }

    @Test(arguments: [
        (#"{"Bool":{"aws:SecureTransport":"false"}}"#, true), (#"{"Bool":{"aws:SecureTransport":"true"}}"#, false),
        (#"{"DateGreaterThan":{"aws:CurrentTime":"2020-01-01"}}"#, true),
        (#"{"NumericLessThan":{"aws:EpochTime":"1000"}}"#, false),
        (#"{"StringLike":{"aws:UserAgent":"*curl*"}}"#, true), (#"{"StringEquals":{"aws:Referer":"x"}}"#, false),
        (#"{"StringNotEquals":{"aws:SourceVpce":"vpce-1"}}"#, true),
        (#"{"NumericLessThan":{"s3:TlsVersion":"1.2"}}"#, false),
        (#"{"StringEquals":{"s3:authType":"REST-HEADER","s3:signatureversion":"AWS4-HMAC-SHA256"}}"#, true),
        (#"{"NumericLessThanEquals":{"s3:max-keys":"10"}}"#, true), (#"{"StringEquals":{"s3:prefix":"home/"}}"#, true),
        (#"{"StringEquals":{"s3:ResourceAccount":"111122223333"}}"#, true),
        (#"{"StringEquals":{"s3:RequestObjectTag/team":"a"}}"#, true),
        (#"{"ForAllValues:StringLike":{"s3:RequestObjectTagKeys":["team","x"]}}"#, true),
        (#"{"ForAnyValue:StringEquals":{"s3:RequestObjectTagKeys":"y"}}"#, false),
        (#"{"StringNotEquals":{"s3:x-amz-server-side-encryption":"aws:kms"}}"#, true),
        (#"{"Null":{"s3:x-amz-server-side-encryption":"true"}}"#, true),
        (#"{"StringEquals":{"s3:ExistingObjectTag/class":"secret"}}"#, true),
        (#"{"StringEquals":{"s3:ExistingObjectTag/other":"x"}}"#, false),
        (#"{"NumericGreaterThan":{"s3:object-lock-remaining-retention-days":"10"}}"#, false),
        (#"{"StringEquals":{"s3:VersionId":"v1"}}"#, true),
    ])
    func `denials are of what their conditions say`(condition: String, isDenied: Bool) {
        var facts = RequestFacts()
        facts.userAgent = "curl/8"
        facts.proof = .header
        facts.algorithm = "AWS4-HMAC-SHA256"
        let input: [String: WireValue] = ["MaxKeys": 5, "Prefix": "home/", "Tagging": "team=a"]
        var attributes = ObjectAttributes()
        attributes.tags = [ResourceTag(key: "class", value: "secret")]
        let policy = Self.policy(Self.statement(effect: "Deny", condition: condition))
        let access = access(policy, .root(account: Self.owner), input, facts: facts)
        let target = BucketAccess.Target(owner: nil, attributes: attributes)
        #expect(access.permits("s3:GetObject", key: "k", version: "v1", object: target) == !isDenied)
        #expect(access.permits("s3:PutObject", key: "k"))
    }

    @Test func `what a write implies is asked for`() throws {
        let policy = Self.policy(Self.statement(#"{"AWS":"\#(Self.stranger)"}"#, "\"s3:PutObject\""))
        for (member, action) in [
            ("Tagging", "s3:PutObjectTagging"), ("ACL", "s3:PutObjectAcl"), ("GrantRead", "s3:PutObjectAcl"),
            ("ObjectLockMode", "s3:PutObjectRetention"), ("ObjectLockLegalHoldStatus", "s3:PutObjectLegalHold"),
        ] {
            let stranger = Principal.root(account: Self.stranger)
            #expect(throws: AWSError.self) {
                try access(policy, stranger, [member: "x=1"]).requireImplied(key: "k")
            }
            let more = Self.policy(
                Self.statement(#"{"AWS":"\#(Self.stranger)"}"#, "[\"s3:PutObject\",\"\(action)\"]"))
            try access(more, stranger, [member: "x=1"]).requireImplied(key: "k")
            try access(nil, .root(account: Self.owner), [member: "x=1"]).requireImplied(key: "k")
        }
    }

    @Test func `the bucket's owner has no right to what others own`() {
        let writer: [String: WireValue] = [BucketRecord.Setting.ownership: "ObjectWriter"]
        var attributes = ObjectAttributes()
        attributes.acl = .private(owner: CanonicalID.of(Self.stranger))
        let target = BucketAccess.Target(owner: Self.stranger, attributes: attributes)
        let owner = Principal.root(account: Self.owner)
        #expect(!access(nil, owner, settings: writer).permits("s3:GetObject", key: "k", object: target))
        #expect(
            access(nil, .root(account: Self.stranger), settings: writer).permits(
                "s3:GetObject", key: "k", object: target))
        let everything = Self.policy(Self.statement("\"*\"", "\"s3:*\""))
        #expect(!access(everything, owner, settings: writer).permits("s3:GetObject", key: "k", object: target))
        attributes.acl = .canned(
            "bucket-owner-full-control", owner: CanonicalID.of(Self.stranger), bucketOwner: CanonicalID.of(Self.owner),
            isBucket: false)
        let shared = BucketAccess.Target(owner: Self.stranger, attributes: attributes)
        #expect(access(nil, owner, settings: writer).permits("s3:GetObject", key: "k", object: shared))
        let enforced: [String: WireValue] = [BucketRecord.Setting.ownership: "BucketOwnerEnforced"]
        #expect(access(nil, owner, settings: enforced).permits("s3:GetObject", key: "k", object: target))
    }

    @Test func `who does not know that they pay is refused`() {
        let payment: [String: WireValue] = [BucketRecord.Setting.payment: "Requester"]
        let policy = Self.policy(Self.statement("\"*\"", "\"s3:GetObject\""))
        let stranger = Principal.root(account: Self.stranger)
        func reads(_ principal: Principal, _ input: [String: WireValue]) -> Bool {
            (try? access(policy, principal, input, settings: payment).require("s3:GetObject", key: "k")) != nil
        }
        #expect(!reads(stranger, [:]))
        #expect(reads(stranger, ["RequestPayer": "requester"]))
        #expect(!reads(.anonymous, ["RequestPayer": "requester"]))
        #expect(reads(.root(account: Self.owner), [:]))
    }

    @Test func `the names of uploads know their places`() {
        for sequence in [0, 1, 1_800_000_000_000_000] as [Int64] {
            #expect(UploadID.sequence(UploadID.make(sequence: sequence)) == sequence)
        }
        #expect(UploadID.make(sequence: 1) != UploadID.make(sequence: 1))
        #expect(UploadID.sequence("nonsense") == nil)
    }
}
