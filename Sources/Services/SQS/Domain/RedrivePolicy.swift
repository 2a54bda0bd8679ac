import ServiceKit
import ServiceModel

/// Where messages go that were received too often.
struct RedrivePolicy: Sendable, Hashable {
    var target: QueueKey
    /// A message that was received this often goes to the target instead of being received once more.
    var maxReceiveCount: Int

    /// - Throws: AWS's errors.
    init(parsing text: String) throws(AWSError) {
        func fail(_ reason: String) -> AWSError { SQSFailures.invalidParameter(text, "RedrivePolicy", reason) }
        guard let policy = JSONValue(parsing: text), let members = policy.members else {
            throw fail("Redrive policy is not a valid JSON map.")
        }
        guard let arn = policy["deadLetterTargetArn"]?.text else {
            throw fail("Redrive policy does not contain mandatory attribute: deadLetterTargetArn.")
        }
        guard let given = policy["maxReceiveCount"] else {
            throw fail("Redrive policy does not contain mandatory attribute: maxReceiveCount.")
        }
        let others = members.map(\.name).filter { $0 != "deadLetterTargetArn" && $0 != "maxReceiveCount" }
        if let name = others.min() {
            throw fail("Unknown attribute \(name) in the redrive policy.")
        }
        guard let count = Self.count(given), (1...1000).contains(count) else {
            throw fail(
                "Invalid value for maxReceiveCount: \(given.text ?? given.compact), "
                    + "valid values are from 1 to 1000 both inclusive.")
        }
        guard let target = QueueKey(arn: arn) else { throw fail("Invalid value for deadLetterTargetArn.") }
        self.target = target
        maxReceiveCount = count
    }

    /// A whole number, also one that is written as text.
    private static func count(_ value: JSONValue) -> Int? {
        value.integer ?? value.text.flatMap { Int($0) } ?? value.double.flatMap { Int(exactly: $0) }
    }

    var text: String { #"{"deadLetterTargetArn":"\#(target.arn)","maxReceiveCount":\#(maxReceiveCount)}"# }
}

/// Which queues may name a queue as their dead-letter queue.
enum RedriveAllowPolicy: Sendable, Hashable {
    case allowAll, denyAll
    case byQueue([String])

    /// - Throws: AWS's errors.
    init(parsing text: String) throws(AWSError) {
        func fail(_ reason: String) -> AWSError { SQSFailures.invalidParameter(text, "RedriveAllowPolicy", reason) }
        guard let policy = JSONValue(parsing: text), policy.members != nil else {
            throw fail("Redrive allow policy is not a valid JSON map.")
        }
        let sources = policy["sourceQueueArns"]
        switch policy["redrivePermission"]?.text {
        case "allowAll" where sources == nil: self = .allowAll
        case "denyAll" where sources == nil: self = .denyAll
        case "byQueue":
            let elements = sources?.elements ?? []
            let arns = elements.compactMap(\.text).filter { QueueKey(arn: $0) != nil }
            guard (1...10).contains(elements.count), arns.count == elements.count else {
                throw fail("sourceQueueArns must hold the ARNs of one to ten queues.")
            }
            self = .byQueue(arns)
        case "allowAll", "denyAll": throw fail("sourceQueueArns can be given only with redrivePermission byQueue.")
        default:
            throw fail("redrivePermission must be one of allowAll, denyAll and byQueue.")
        }
    }

    func allows(_ source: QueueKey) -> Bool {
        switch self {
        case .allowAll: true
        case .denyAll: false
        case .byQueue(let arns): arns.contains(source.arn)
        }
    }

    var text: String {
        switch self {
        case .allowAll: #"{"redrivePermission":"allowAll"}"#
        case .denyAll: #"{"redrivePermission":"denyAll"}"#
        case .byQueue(let arns):
            #"{"redrivePermission":"byQueue","sourceQueueArns":[\#(arns.map { "\"\($0)\"" }.joined(separator: ","))]}"#
        }
    }
}
