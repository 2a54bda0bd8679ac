/// The ways to name a log group: by its name, or by its ARN, with or without `:*` at its end.
enum LogGroupIdentifier {
    /// The group's name, and account and region if an ARN gave them.
    static func parse(_ text: String) -> (name: String, account: String?, region: String?)? {
        guard text.hasPrefix("arn:") else { return text.contains(":") ? nil : (text, nil, nil) }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 7 || (parts.count == 8 && parts[7] == "*"), parts[2] == "logs", parts[5] == "log-group",
            !parts[6].isEmpty
        else { return nil }
        return (String(parts[6]), String(parts[4]), String(parts[3]))
    }
}

/// ARNs of CloudWatch Logs.
enum LogARN {
    static func partition(_ region: String) -> String {
        if region.hasPrefix("cn-") { return "aws-cn" }
        if region.hasPrefix("us-gov-") { return "aws-us-gov" }
        return "aws"
    }

    static func group(_ name: String, account: String, region: String) -> String {
        "arn:\(partition(region)):logs:\(region):\(account):log-group:\(name)"
    }

    static func stream(_ name: String, group: String, account: String, region: String) -> String {
        "\(self.group(group, account: account, region: region)):log-stream:\(name)"
    }
}
