import Foundation
import ServiceKit

/// Where messages go that were received too often.
struct RedrivePolicy: Sendable, Hashable {
    var target: QueueKey
    /// A message that was received this often goes to the target instead of being received once more.
    var maxReceiveCount: Int

    /// - Throws: AWS's errors.
    init(parsing text: String) throws(AWSError) {
        func fail(_ reason: String) -> AWSError { SQSFailures.invalidParameter(text, "RedrivePolicy", reason) }
        guard let members = JSONObject.parse(text) else { throw fail("Redrive policy is not a valid JSON map.") }
        guard let arn = members["deadLetterTargetArn"] as? String else {
            throw fail("Redrive policy does not contain mandatory attribute: deadLetterTargetArn.")
        }
        guard let given = members["maxReceiveCount"] else {
            throw fail("Redrive policy does not contain mandatory attribute: maxReceiveCount.")
        }
        if let name = members.keys.sorted().first(where: { $0 != "deadLetterTargetArn" && $0 != "maxReceiveCount" }) {
            throw fail("Unknown attribute \(name) in the redrive policy.")
        }
        guard let count = JSONObject.integer(given), (1...1000).contains(count) else {
            throw fail("Invalid value for maxReceiveCount: \(given), valid values are from 1 to 1000 both inclusive.")
        }
        guard let target = QueueKey(arn: arn) else { throw fail("Invalid value for deadLetterTargetArn.") }
        self.target = target
        maxReceiveCount = count
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
        guard let members = JSONObject.parse(text) else { throw fail("Redrive allow policy is not a valid JSON map.") }
        let sources = members["sourceQueueArns"]
        switch members["redrivePermission"] as? String {
        case "allowAll" where sources == nil: self = .allowAll
        case "denyAll" where sources == nil: self = .denyAll
        case "byQueue":
            guard let arns = sources as? [String], (1...10).contains(arns.count),
                arns.allSatisfy({ QueueKey(arn: $0) != nil })
            else { throw fail("sourceQueueArns must hold the ARNs of one to ten queues.") }
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

/// JSON objects inside of attributes.
enum JSONObject {
    static func parse(_ text: String) -> [String: Any]? {
        guard text.utf8.count <= 1 << 20, let value = try? JSONSerialization.jsonObject(with: Data(text.utf8)) else {
            return nil
        }
        return value as? [String: Any]
    }

    /// Compact, its keys in order.
    static func text(_ object: [String: Any]) -> String {
        let data = try? JSONSerialization.data(withJSONObject: object, options: [.sortedKeys, .withoutEscapingSlashes])
        return data.map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }

    /// A whole number, also one that is written as text.
    static func integer(_ value: Any) -> Int? {
        if let text = value as? String { return Int(text) }
        // `is Bool` is true of 0 and 1.
        guard let number = value as? NSNumber, !["B", "c"].contains(String(cString: number.objCType)) else {
            return nil
        }
        return Int(exactly: number.doubleValue)
    }
}
