/// IAM's limits, at their defaults.
///
/// See <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>.
enum IAMQuotas {
    static let rolesPerAccount = 1000
    static let customerPoliciesPerAccount = 1500
    static let policiesPerRole = 10
    static let versionsPerPolicy = 5
    /// In characters, white space not counted.
    static let trustPolicySize = 2048
    static let managedPolicySize = 6144
    /// All of a role's inline policies together.
    static let inlinePolicySizePerRole = 10240

    /// The characters of a policy that count: all but the white space between JSON's tokens.
    static func size(ofPolicy text: String) -> Int {
        var count = 0
        var isString = false
        var isEscaped = false
        for scalar in text.unicodeScalars {
            if isString {
                count += 1
                if isEscaped {
                    isEscaped = false
                } else if scalar == "\\" {
                    isEscaped = true
                } else if scalar == "\"" {
                    isString = false
                }
            } else if !(scalar == " " || scalar == "\n" || scalar == "\r" || scalar == "\t") {
                count += 1
                isString = scalar == "\""
            }
        }
        return count
    }
}
