/// What a host name says about a request.
struct HostRoute: Sendable, Hashable {
    /// The service's endpoint name, such as `lambda`, `s3` or `sqs`; nil if the name does not say.
    var service: String?
    /// The region in the name.
    var region: String?
    /// The bucket of a virtual-host request.
    var bucket: String?
    /// The id of a function URL.
    var functionURL: String?
    /// What stands before the service's name because its model has a host prefix, such as `streaming`; without the dot.
    var prefix: String?

    /// The endpoint names that can be recognised.
    static let services: Set<String> = [
        "lambda", "logs", "sts", "iam", "sqs", "sns", "s3", "dynamodb", "monitoring", "events", "kinesis", "kms",
        "secretsmanager",
        "ssm", "ses", "email", "states", "scheduler", "streams.dynamodb", "execute-api", "apigateway", "cloudformation",
        "ecr", "api.ecr",
        "elasticfilesystem", "elasticloadbalancing", "backup", "xray", "cloudwatch", "stepfunctions",
    ]

    init() {}

    /// Reads what stands before `suffix`, the part of the name that ``HostRules`` knows.
    init(name: String, suffix: String) {
        guard name != suffix, name.hasSuffix("." + suffix) else { return }
        var labels = name.dropLast(suffix.utf8.count + 1).split(separator: ".").map(String.init)
        if let url = labels.firstIndex(of: "lambda-url"), url == 1 {
            functionURL = labels[0]
            service = "lambda"
            region = labels.count > 2 ? labels[2] : nil
            return
        }
        // SQS's names of old: `queue`, `us-west-2.queue`.
        if labels.last == "queue", labels.count == 1 || labels.count == 2 && Self.isRegion(labels[0]) {
            service = "sqs"
            region = labels.count == 2 ? labels[0] : "us-east-1"
            return
        }
        if let last = labels.last, Self.isRegion(last) {
            region = last
            labels.removeLast()
        }
        // `bucket.s3.dualstack.region`, `s3.dualstack.region`
        if labels.last == "dualstack" { labels.removeLast() }
        guard let last = labels.last else { return }
        if last.hasPrefix("s3-"), region == nil, Self.isRegion(String(last.dropFirst(3))) {
            // The old form: `s3-us-west-2.amazonaws.com`.
            region = String(last.dropFirst(3))
            service = "s3"
            labels.removeLast()
            bucket = labels.isEmpty ? nil : labels.joined(separator: ".")
            return
        }
        if labels.count >= 2, Self.services.contains(labels.suffix(2).joined(separator: ".")) {
            service = labels.suffix(2).joined(separator: ".")
            labels.removeLast(2)
        } else if Self.services.contains(last) {
            service = last
            labels.removeLast()
        } else if let dash = last.firstIndex(of: "-"), Self.services.contains(String(last[last.index(after: dash)...]))
        {
            // `stream-logs.us-east-1.…`: a host prefix without a dot.
            prefix = String(last[..<dash])
            service = String(last[last.index(after: dash)...])
            labels.removeLast()
        }
        guard service != nil, !labels.isEmpty else { return }
        let rest = labels.joined(separator: ".")
        if service == "s3" { bucket = rest } else { prefix = rest }
    }

    /// `us-east-1`, `us-gov-west-1`, `cn-north-1`: letters and dashes, then a number.
    static func isRegion(_ text: String) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard (3...4).contains(parts.count), let last = parts.last, last.utf8.count <= 2, Int(last) != nil,
            let first = parts.first, first.utf8.count >= 2, first.utf8.count <= 5
        else { return false }
        return parts.dropLast().allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy { (0x61...0x7A).contains($0) } }
    }
}
