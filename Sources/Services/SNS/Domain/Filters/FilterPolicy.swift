import ServiceKit
import ServiceModel

/// Which messages a subscription wants. https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html
struct FilterPolicy: Sendable, Hashable {
    /// Of the policy's text, in bytes.
    static let maximumSize = 262_144
    static let maximumKeys = 5
    static let maximumCombinations = 150

    let isBody: Bool
    private let pattern: EventPattern?

    /// What cannot be read, which nothing was stored that could, matches nothing.
    init(_ text: String, isBody: Bool) {
        self.isBody = isBody
        pattern = try? EventPattern(text, dialect: isBody ? .messageBody : .messageAttributes)
    }

    /// Refuses what is no filter policy.
    /// The prefix is what stands before the reason, when the subscription is made.
    static func check(_ text: String, isBody: Bool, prefix: String) throws(AWSError) {
        func refuse(_ reason: String) -> AWSError { SNSFailures.invalid("\(prefix)FilterPolicy: \(reason)") }
        guard text.utf8.count <= maximumSize else { throw refuse("Filter policy is too long") }
        try JSONSyntax.check(text, "\(prefix)FilterPolicy")
        if JSONValue(parsing: text)?.members?.isEmpty == true { return }
        let pattern: EventPattern
        do throws(EventPatternError) {
            pattern = try EventPattern(text, dialect: isBody ? .messageBody : .messageAttributes)
        } catch {
            guard let place = error.place(in: text) else { throw refuse(error.reason) }
            let source = "\n at [Source: (String)\"\(text)\"; line: \(place.line), column: \(place.column)]"
            throw refuse(error.reason + source)
        }
        if !isBody, pattern.isNested {
            throw SNSFailures.invalid(
                "\(prefix)Filter policy scope MessageAttributes does not support nested filter policy")
        }
        guard pattern.leaves <= maximumKeys else {
            throw refuse("Filter policy can not have more than \(maximumKeys) keys")
        }
        guard pattern.combinations <= maximumCombinations else { throw refuse("Filter policy is too complex") }
    }

    /// Whether a message passes. What is not a JSON object has no body to look into.
    func passes(_ message: FilteredMessage) -> Bool {
        guard let pattern else { return false }
        return isBody ? message.body.map(pattern.matches) ?? false : pattern.matches(message.attributes)
    }
}

/// What filter policies see of a message; made once for all subscriptions, as far as it is asked for.
final class FilteredMessage {
    private let message: PublishedMessage

    init(_ message: PublishedMessage) { self.message = message }

    private(set) lazy var body: EventDocument? = try? EventDocument(message.text(for: nil))

    private(set) lazy var attributes = EventDocument(
        attributes: message.attributes.compactMap { attribute in
            switch attribute.base {
            case .string where attribute.type == "String.Array": (attribute.name, .array(attribute.text))
            case .string: (attribute.name, .string(attribute.text))
            case .number: Double(attribute.text).map { (attribute.name, .number($0)) }
            case .binary: nil
            }
        })
}
