import ServiceKit

/// A topic's place: what its ARN says.
struct TopicKey: Sendable, Hashable {
    var account: String
    var region: String
    var name: String

    var arn: String { "arn:aws:sns:\(region):\(account):\(name)" }

    var isFIFO: Bool { name.hasSuffix(".fifo") }

    /// Reads a parameter that names a topic of the caller's region. Its name is for the refusal.
    init(parsing text: String?, parameter: String = "TopicArn", region: String) throws(AWSError) {
        let parts = try SNSARN.elements(text, parameter: parameter)
        guard parts.count == 6, parts[2] == "sns", parts[3] == region, AccountID.isValid(parts[4]), !parts[5].isEmpty
        else { throw SNSFailures.invalid(parameter) }
        self.init(account: parts[4], region: parts[3], name: parts[5])
    }

    init(account: String, region: String, name: String) {
        self.account = account
        self.region = region
        self.name = name
    }

    /// As the name of a lane of jobs, and back.
    var lane: String { "\(account)/\(region)/\(name)" }

    init?(lane: String) {
        let parts = lane.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count >= 3 else { return nil }
        self.init(account: parts[0], region: parts[1], name: parts[2])
    }
}

/// The service's ARNs, taken apart as leniently as AWS does.
enum SNSARN {
    /// What is between the colons.
    static func elements(_ text: String?, parameter: String) throws(AWSError) -> [String] {
        guard let text, !text.isEmpty else { throw SNSFailures.missing(parameter) }
        guard text.utf8.count <= ARN.maximumLength else { throw SNSFailures.invalid(parameter) }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count >= 6 else {
            throw SNSFailures.invalid(
                parameter, reason: "An ARN must have at least 6 elements, not \(text.isEmpty ? 0 : parts.count)")
        }
        guard parts[0] == "arn" else { throw SNSFailures.invalid(parameter) }
        return parts
    }
}

/// A subscription's place: a topic and the id in it.
struct SubscriptionKey: Sendable, Hashable {
    var topic: TopicKey
    var id: String

    var arn: String { "\(topic.arn):\(id)" }

    init(topic: TopicKey, id: String) {
        self.topic = topic
        self.id = id
    }

    init(parsing text: String?, parameter: String = "SubscriptionArn", region: String?) throws(AWSError) {
        let parts = try SNSARN.elements(text, parameter: parameter)
        guard parts[2] == "sns", AccountID.isValid(parts[4]) else { throw SNSFailures.invalid(parameter) }
        guard parts.count == 7, Self.isID(parts[6]) else { throw SNSFailures.invalid("SubscriptionId") }
        if let region, parts[3] != region { throw SNSFailures.invalid(parameter) }
        self.init(topic: TopicKey(account: parts[4], region: parts[3], name: parts[5]), id: parts[6])
    }

    /// A UUID, in the form in which they are made.
    private static func isID(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        return parts.map(\.count) == [8, 4, 4, 4, 12]
            && parts.allSatisfy { $0.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) } }
    }
}
