import ServiceKit
import ServiceModel

/// A topic's data protection policy. It is kept and shown, and its form is checked. What it asks for (finding personal data in messages, and
/// denying, masking or reporting them) is not done: a statement that would change what is delivered is taken, as on AWS, and
/// docs/services/sns.md says so.
/// https://docs.aws.amazon.com/sns/latest/dg/sns-message-data-protection-policies.html
enum DataProtectionPolicy {
    static func check(_ text: String) throws(AWSError) {
        func refuse(_ reason: String) -> AWSError { SNSFailures.invalid("DataProtectionPolicy", reason: reason) }
        guard text.utf8.count <= 30_720 else { throw refuse("Policy is too long") }
        guard let policy = JSONValue(parsing: text), policy.members != nil else { throw refuse("Invalid JSON") }
        guard policy["Name"]?.text?.isEmpty == false else { throw refuse("Name is required") }
        guard policy["Version"]?.text == "2021-06-01" else { throw refuse("Version must be 2021-06-01") }
        guard let statements = policy["Statement"]?.elements, !statements.isEmpty else {
            throw refuse("Statement is required")
        }
        for statement in statements {
            guard let direction = statement["DataDirection"]?.text, ["Inbound", "Outbound"].contains(direction) else {
                throw refuse("DataDirection must be Inbound or Outbound")
            }
            guard statement["DataIdentifier"]?.elements?.isEmpty == false else {
                throw refuse("DataIdentifier is required")
            }
            guard let operations = statement["Operation"]?.members, operations.count == 1,
                ["Audit", "Deidentify", "Deny"].contains(operations[0].name)
            else { throw refuse("Operation must be one of Audit, Deidentify and Deny") }
        }
    }
}
