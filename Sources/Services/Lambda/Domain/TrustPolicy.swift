import Foundation

/// What Lambda asks of a role's trust policy: that the service may assume the role.
enum TrustPolicy {
    /// Whether some statement allows `service` to call `sts:AssumeRole`, and none denies it. Conditions are not
    /// weighed.
    static func allows(_ document: String, service: String) -> Bool {
        guard let policy = try? JSONSerialization.jsonObject(with: Data(document.utf8)) as? [String: Any] else {
            return false
        }
        let statements = policy["Statement"] as? [Any] ?? policy["Statement"].map { [$0] } ?? []
        var allowed = false
        for case let statement as [String: Any] in statements {
            guard names(statement["Principal"], service), acts(statement["Action"]) else { continue }
            if statement["Effect"] as? String == "Deny" { return false }
            if statement["Effect"] as? String == "Allow" { allowed = true }
        }
        return allowed
    }

    private static func names(_ principal: Any?, _ service: String) -> Bool {
        if let text = principal as? String { return text == "*" }
        guard let principals = principal as? [String: Any] else { return false }
        return strings(principals["Service"]).contains(service)
    }

    private static func acts(_ action: Any?) -> Bool {
        strings(action).contains { ["sts:assumerole", "sts:*", "*"].contains($0.lowercased()) }
    }

    private static func strings(_ value: Any?) -> [String] {
        if let text = value as? String { return [text] }
        return (value as? [Any])?.compactMap { $0 as? String } ?? []
    }
}
