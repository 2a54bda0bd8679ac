import ServiceKit
import ServiceModel
import TestSupport
import Testing

@testable import S3

/// Rules of lifecycles, notifications and policies.
struct RuleTests {
    private static let day: Int64 = 86_400_000
    private static let noon = Timestamp(milliseconds: 20_000 * day + day / 2)

    private static func rule(_ members: [String: WireValue]) -> LifecycleTerm {
        LifecycleTerm(.structure(members.merging(["ID": "rule", "Status": "Enabled"]) { $1 }))
    }

    private static func bucket(_ settings: [String: WireValue] = [:]) -> BucketRecord {
        BucketRecord(
            id: 1, name: "bucket", account: "111122223333", region: "us-east-1", created: noon, version: 1,
            settings: settings)
    }

    private static func record(_ key: String = "key", size: Int64 = 1 << 20, modified: Timestamp = noon) -> ObjectRecord
    {
        ObjectRecord(bucket: 1, key: key, version: "v", size: size, modified: modified)
    }

    private static func action(
        _ rule: LifecycleTerm, _ record: ObjectRecord, after days: Double, isLatest: Bool = true, isOnly: Bool = true,
        newer: Int = 0
    ) -> LifecycleAction? {
        LifecycleAction(
            [rule], record, .init(isLatest: isLatest, isOnly: isOnly, since: noon, newer: newer), bucket: bucket(),
            now: Timestamp(milliseconds: noon.milliseconds + Int64(days * Double(day))))
    }

    @Test func `objects expire at midnight after their days`() {
        let rule = Self.rule(["Expiration": .structure(["Days": 2])])
        #expect(Self.action(rule, Self.record(), after: 2) == nil)
        #expect(Self.action(rule, Self.record(), after: 2.5) == .expire)
        #expect(Self.action(rule, Self.record(), after: 9, isLatest: false) == nil)
    }

    @Test func `filters choose by prefix, tags and size`() {
        let filter = WireValue.structure([
            "And": .structure([
                "Prefix": "logs/", "ObjectSizeGreaterThan": 10,
                "Tags": .list([.structure(["Key": "a", "Value": "1"])]),
            ])
        ])
        let rule = Self.rule(["Expiration": .structure(["Days": 1]), "Filter": filter])
        let tags = [ResourceTag(key: "a", value: "1"), ResourceTag(key: "b", value: "2")]
        #expect(rule.filter.matches(key: "logs/x", size: 11, tags: tags))
        #expect(!rule.filter.matches(key: "log", size: 11, tags: tags))
        #expect(!rule.filter.matches(key: "logs/x", size: 10, tags: tags))
        #expect(!rule.filter.matches(key: "logs/x", size: 11, tags: []))
    }

    @Test func `noncurrent versions go by the time they were replaced, and some are kept`() {
        let rule = Self.rule([
            "NoncurrentVersionExpiration": .structure(["NoncurrentDays": 1, "NewerNoncurrentVersions": 2])
        ])
        #expect(Self.action(rule, Self.record(), after: 5, isLatest: false, newer: 1) == nil)
        #expect(Self.action(rule, Self.record(), after: 5, isLatest: false, newer: 2) == .remove)
        #expect(Self.action(rule, Self.record(), after: 1, isLatest: false, newer: 2) == nil)
    }

    @Test func `a delete marker goes when it hides nothing`() {
        let rule = Self.rule(["Expiration": .structure(["ExpiredObjectDeleteMarker": true])])
        var marker = Self.record()
        marker.isMarker = true
        #expect(Self.action(rule, marker, after: 1) == .remove)
        #expect(Self.action(rule, marker, after: 1, isOnly: false) == nil)
    }

    @Test func `transitions go down, and small objects stay`() {
        let rule = Self.rule([
            "Transitions": .list([
                .structure(["Days": 1, "StorageClass": "STANDARD_IA"]),
                .structure(["Days": 30, "StorageClass": "GLACIER"]),
            ])
        ])
        #expect(Self.action(rule, Self.record(), after: 2) == .transition("STANDARD_IA"))
        #expect(Self.action(rule, Self.record(), after: 40) == .transition("GLACIER"))
        #expect(Self.action(rule, Self.record(size: 100), after: 40) == nil)
        var cold = Self.record()
        cold.storage = "DEEP_ARCHIVE"
        #expect(Self.action(rule, cold, after: 40) == nil)
    }

    @Test func `only a rule's own sizes lift the floor of transitions`() {
        let transition: [String: WireValue] = [
            "Transitions": .list([.structure(["Days": 1, "StorageClass": "STANDARD_IA"])])
        ]
        func action(_ stored: [[String: WireValue]]) -> LifecycleAction? {
            let values = stored.map { WireValue.structure($0.merging(["ID": "r"]) { $1 }) }
            let bucket = Self.bucket(["lifecycle": .structure(["Rules": .list(values)])])
            return LifecycleAction(
                bucket.lifecycle.filter(\.isEnabled), Self.record(size: 1000),
                .init(isLatest: true, isOnly: true, since: Self.noon, newer: 0), bucket: bucket,
                now: Timestamp(milliseconds: Self.noon.milliseconds + 9 * Self.day))
        }
        let sized: [String: WireValue] = ["Filter": .structure(["ObjectSizeGreaterThan": 10])]
        let enabled: [String: WireValue] = ["Status": "Enabled"]
        let plain = transition.merging(enabled) { $1 }
        #expect(action([plain]) == nil)
        #expect(action([plain.merging(sized) { $1 }]) == .transition("STANDARD_IA"))
        // Others' sizes say nothing, whether they are enabled or not.
        let other = sized.merging(["Expiration": .structure(["Days": 900])]) { $1 }
        #expect(action([plain, other.merging(["Status": "Disabled"]) { $1 }]) == nil)
        #expect(action([plain, other.merging(enabled) { $1 }]) == nil)
    }

    @Test func `the history of a key tells when versions were replaced`() {
        var history = VersionHistory()
        let times = [30, 20, 10].map { Timestamp(milliseconds: $0) }
        let steps = times.enumerated().map { history.next(Self.record(modified: $1), isOnly: $0 == 2) }
        #expect(steps.map(\.isLatest) == [true, false, false])
        #expect(steps.map(\.newer) == [0, 0, 1])
        #expect(steps[1].since == times[0])
        #expect(steps[2].since == times[1])
        #expect(history.next(Self.record("other"), isOnly: true).isOnly)
    }

    @Test(
        arguments: [
            ["Status": "Enabled"], ["Status": "Enabled", "Filter": .structure([:])],
            [
                "Status": "Enabled", "Filter": .structure(["Prefix": "a"]), "Prefix": "a",
                "Expiration": .structure(["Days": 1]),
            ],
            [
                "Status": "Enabled", "Filter": .structure([:]),
                "Expiration": .structure(["Days": 1, "ExpiredObjectDeleteMarker": true]),
            ],
            ["Status": "Enabled", "Filter": .structure([:]), "Expiration": .structure(["Days": 0])],
            ["Status": "Enabled", "Filter": .structure([:]), "NoncurrentVersionExpiration": .structure([:])],
            ["Status": "On", "Filter": .structure([:]), "Expiration": .structure(["Days": 1])],
            [
                "Status": "Enabled", "Filter": .structure(["And": .structure(["Prefix": "a"])]),
                "Expiration": .structure(["Days": 1]),
            ],
            ["Status": "Enabled", "Filter": .structure([:]), "Transitions": transitions(("STANDARD_IA", 29))],
            ["Status": "Enabled", "Filter": .structure([:]), "Transitions": transitions(("ONEZONE_IA", 0))],
            [
                "Status": "Enabled", "Filter": .structure([:]),
                "Transitions": transitions(("STANDARD_IA", 30), ("GLACIER", 59)),
            ],
            [
                "Status": "Enabled", "Filter": .structure([:]), "Transitions": transitions(("GLACIER", 5)),
                "Expiration": .structure(["Days": 5]),
            ],
            [
                "Status": "Enabled", "Filter": .structure([:]), "Transitions": transitions(("GLACIER", 5)),
                "Expiration": .structure(["Date": .timestamp(Timestamp(milliseconds: 0))]),
            ],
            [
                "Status": "Enabled", "Filter": .structure(["Tag": .structure(["Key": "a", "Value": "b"])]),
                "Expiration": .structure(["ExpiredObjectDeleteMarker": true]),
            ],
            [
                "Status": "Enabled", "Filter": .structure([:]),
                "NoncurrentVersionExpiration": .structure(["NoncurrentDays": 1, "NewerNoncurrentVersions": 0]),
            ],
            [
                "Status": "Enabled", "Filter": .structure([:]),
                "NoncurrentVersionExpiration": .structure(["NoncurrentDays": 1, "NewerNoncurrentVersions": 101]),
            ],
            [
                "Status": "Enabled", "Expiration": .structure(["Days": 1]),
                "Filter": .structure([
                    "And": .structure(["ObjectSizeGreaterThan": 10, "ObjectSizeLessThan": 10])
                ]),
            ],
        ] as [[String: WireValue]])
    func `lifecycles that AWS refuses`(rule: [String: WireValue]) {
        #expect(throws: AWSError.self) {
            _ = try LifecycleCheck.checked(.structure(["Rules": .list([.structure(rule)])]))
        }
    }

    private static func transitions(_ steps: (String, Int64)...) -> WireValue {
        .list(steps.map { .structure(["StorageClass": .string($0.0), "Days": .integer($0.1)]) })
    }

    @Test func `a lifecycle whose actions follow one another is taken`() throws {
        let rule: [String: WireValue] = [
            "Status": "Enabled", "Filter": .structure([:]),
            "Transitions": Self.transitions(("STANDARD_IA", 30), ("GLACIER", 60)),
            "Expiration": .structure(["Days": 61]),
            "NoncurrentVersionExpiration": .structure(["NoncurrentDays": 1, "NewerNoncurrentVersions": 100]),
        ]
        _ = try LifecycleCheck.checked(.structure(["Rules": .list([.structure(rule)])]))
    }

    // MARK: Notifications

    private static func queue(_ events: [String], _ prefix: String = "", _ suffix: String = "", id: String = "")
        -> WireValue
    {
        var rules: [WireValue] = []
        if !prefix.isEmpty { rules.append(.structure(["Name": "prefix", "Value": .string(prefix)])) }
        if !suffix.isEmpty { rules.append(.structure(["Name": "Suffix", "Value": .string(suffix)])) }
        return .structure([
            "QueueArn": "arn:aws:sqs:us-east-1:111122223333:q", "Events": .list(events.map(WireValue.string)),
            "Id": .string(id), "Filter": .structure(["Key": .structure(["FilterRules": .list(rules)])]),
        ])
    }

    private static func checked(_ rules: WireValue...) throws -> NotificationRules {
        NotificationRules(
            try NotificationCheck.checked(.structure(["QueueConfigurations": .list(rules)]), region: "us-east-1"))
    }

    @Test func `rules match by event, prefix and suffix`() throws {
        let rules = try Self.checked(Self.queue(["s3:ObjectCreated:*"], "images/", ".jpg"))
        let rule = try #require(rules.rules.first)
        #expect(rule.matches(.put, key: "images/a.jpg"))
        #expect(rule.matches(.complete, key: "images/.jpg"))
        #expect(!rule.matches(.delete, key: "images/a.jpg"))
        #expect(!rule.matches(.put, key: "images/a.png"))
        #expect(!rule.matches(.put, key: "a.jpg"))
        #expect(!rule.id.isEmpty)
    }

    @Test func `rules that one event could mean are refused`() throws {
        #expect(throws: AWSError.self) {
            try Self.checked(Self.queue(["s3:ObjectCreated:*"], "a"), Self.queue(["s3:ObjectCreated:Put"], "ab"))
        }
        #expect(throws: AWSError.self) {
            try Self.checked(
                Self.queue(["s3:ObjectCreated:*"], "", ".jpg"), Self.queue(["s3:ObjectCreated:*"], "images/"))
        }
        #expect(
            try Self.checked(Self.queue(["s3:ObjectCreated:*"], "a"), Self.queue(["s3:ObjectCreated:*"], "b")).rules
                .count == 2)
        #expect(
            try Self.checked(Self.queue(["s3:ObjectCreated:*"]), Self.queue(["s3:ObjectRemoved:*"])).rules.count == 2)
    }

    @Test func `unknown events, filters and targets are refused`() {
        var fifo = Self.queue(["s3:ObjectCreated:*"]).structureValue ?? [:]
        fifo["QueueArn"] = "arn:aws:sqs:us-east-1:111122223333:q.fifo"
        var topic = Self.queue(["s3:ObjectCreated:*"]).structureValue ?? [:]
        topic["QueueArn"] = "arn:aws:sns:us-east-1:111122223333:t"
        for rule in [Self.queue(["s3:Nothing"]), Self.queue([]), .structure(fifo), .structure(topic)] {
            #expect(throws: AWSError.self) { try Self.checked(rule) }
        }
    }

    @Test func `records are as AWS writes them`() {
        let event = S3Event(
            name: .put, time: Timestamp(milliseconds: 0), key: "a b/é\"", size: 3, etag: "e", version: nil,
            sequence: 255,
            principalID: "AWS:x", requester: "1", requestID: "r")
        let text = event.records(Self.bucket(), configuration: "c")
        #expect(
            text.hasPrefix(
                "{\"Records\":[{\"eventVersion\":\"2.1\",\"eventSource\":\"aws:s3\",\"awsRegion\":\"us-east-1\""))
        #expect(
            text.contains("\"object\":{\"key\":\"a+b/%C3%A9%22\",\"size\":3,\"eTag\":\"e\",\"sequencer\":\"00FF\"}"))
    }

    @Test func `records and details tell where a request came from`() {
        var event = S3Event(
            name: .put, time: Timestamp(milliseconds: 0), key: "k", version: nil, sequence: 1, principalID: "AWS:x",
            requester: "1", requestID: "r", sourceAddress: "192.0.2.7")
        #expect(
            event.records(Self.bucket(), configuration: "c").contains(
                "\"requestParameters\":{\"sourceIPAddress\":\"192.0.2.7\"}"))
        #expect(event.eventBridge(Self.bucket()).detail.contains(",\"source-ip-address\":\"192.0.2.7\""))
        // What a lifecycle does.
        event.name = .expired
        event.sourceAddress = nil
        #expect(
            event.records(Self.bucket(), configuration: "c").contains("{\"sourceIPAddress\":\"s3.amazonaws.com\"}"))
        #expect(!event.eventBridge(Self.bucket()).detail.contains("source-ip-address"))
    }
}
