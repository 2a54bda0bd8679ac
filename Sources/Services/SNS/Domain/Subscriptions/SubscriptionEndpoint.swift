import Foundation
import ServiceKit

/// Whether an endpoint is one that its protocol can reach.
enum SubscriptionEndpoint {
    /// - Returns: the account that the endpoint belongs to, if it belongs to one.
    static func check(_ endpoint: String, _ transport: SubscriptionProtocol, topic: TopicKey) throws(AWSError)
        -> String?
    {
        guard !endpoint.isEmpty, endpoint.utf8.count <= 2048, endpoint.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
        else { throw SNSFailures.invalid("Endpoint") }
        switch transport {
        case .http, .https:
            guard endpoint.hasPrefix("\(transport.rawValue)://") else {
                throw SNSFailures.invalid("Endpoint must match the specified protocol")
            }
            guard isURL(endpoint) else { throw SNSFailures.invalid("Endpoint") }
        case .email, .emailJSON:
            guard isAddress(endpoint) else { throw SNSFailures.invalid("Email address") }
        case .sms:
            guard PhoneNumber.isEndpoint(endpoint) else {
                throw SNSError.invalidParameterException("Invalid SMS endpoint: \(endpoint)")
            }
        case .sqs:
            guard let arn = ARN(endpoint), arn.service == "sqs", AccountID.isValid(arn.account), !arn.region.isEmpty
            else {
                throw SNSFailures.invalid("SQS endpoint ARN")
            }
            if endpoint.hasSuffix(".fifo"), !topic.isFIFO {
                throw SNSFailures.invalid(
                    "Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics")
            }
            return arn.account
        case .lambda:
            guard let arn = ARN(endpoint), arn.service == "lambda", AccountID.isValid(arn.account),
                arn.resource.hasPrefix("function:"), !arn.region.isEmpty
            else { throw SNSFailures.invalid("Lambda endpoint ARN") }
            return arn.account
        case .firehose:
            guard let arn = ARN(endpoint), arn.service == "firehose", AccountID.isValid(arn.account),
                arn.resource.hasPrefix("deliverystream/")
            else { throw SNSFailures.invalid("Firehose endpoint ARN") }
            return arn.account
        case .application:
            guard let arn = ARN(endpoint), arn.service == "sns", arn.resource.hasPrefix("endpoint/") else {
                throw SNSFailures.invalid("Application endpoint arn invalid:\(endpoint)")
            }
            return arn.account
        }
        return nil
    }

    /// A URL with a host, a port if need be, and no control characters.
    private static func isURL(_ text: String) -> Bool {
        guard let start = text.range(of: "://") else { return false }
        let rest = text[start.upperBound...]
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        let place = authority.split(separator: "@", omittingEmptySubsequences: false).last ?? ""
        guard !place.isEmpty, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") }) else {
            return false
        }
        if place.hasPrefix("[") { return place.contains("]") }
        let parts = place.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 2, !parts[0].isEmpty else { return false }
        return parts.count == 1 || Int(parts[1]).map { (1...65_535).contains($0) } == true
    }

    /// Something, an at sign, and a domain: no more can be said without sending something.
    private static func isAddress(_ text: String) -> Bool {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        return parts.count == 2 && !parts[0].isEmpty && !parts[1].isEmpty && text.utf8.count <= 320
            && text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "<") && $0 != UInt8(ascii: ">") }
    }
}

/// Numbers of telephones.
enum PhoneNumber {
    /// E.164: a plus sign and up to fifteen digits.
    static func isE164(_ text: String) -> Bool {
        let digits = text.utf8.dropFirst(text.hasPrefix("+") ? 1 : 0)
        return text.hasPrefix("+") && (5...15).contains(digits.count)
            && digits.allSatisfy { (0x30...0x39).contains($0) }
    }

    /// As subscriptions take them: with single dashes, dots, spaces and brackets between digits.
    static func isEndpoint(_ text: String) -> Bool {
        var previousIsMark = true
        var digits = 0
        for (index, byte) in text.utf8.enumerated() {
            switch byte {
            case UInt8(ascii: "+") where index == 0: continue
            case 0x30...0x39:
                digits += 1
                previousIsMark = false
            case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "/"), UInt8(ascii: " "):
                if previousIsMark { return false }
                previousIsMark = true
            default: return false
            }
        }
        return !previousIsMark && (5...15).contains(digits)
    }

    /// The number without what is between its digits.
    static func plain(_ text: String) -> String {
        (text.hasPrefix("+") ? "+" : "")
            + String(decoding: text.utf8.filter { (0x30...0x39).contains($0) }, as: UTF8.self)
    }
}
