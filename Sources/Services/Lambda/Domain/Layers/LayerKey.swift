import ServiceKit

/// What a layer's rows are keyed by.
struct LayerKey: Sendable, Hashable {
    var account: String
    var region: String
    var name: String

    /// The ARN without a version.
    var arn: String { "arn:aws:lambda:\(region):\(account):layer:\(name)" }

    func arn(_ version: Int64) -> String { "\(arn):\(version)" }
}

/// A layer as a caller named it, with the version if the ARN has one.
struct LayerReference: Sendable, Hashable {
    var key: LayerKey
    var version: Int64?

    /// Reads a layer's or a layer version's ARN.
    /// - Returns: nil for anything else, such as the layers of AWS itself (`awslayer`).
    init?(arn: String) {
        let parts = arn.split(separator: ":", omittingEmptySubsequences: false)
        guard (7...8).contains(parts.count), parts[0] == "arn", parts[2] == "lambda", parts[5] == "layer",
            FunctionReference.isAccount(parts[4]), !parts[3].isEmpty, !parts[6].isEmpty
        else { return nil }
        key = LayerKey(account: String(parts[4]), region: String(parts[3]), name: String(parts[6]))
        guard parts.count == 8 else { return }
        guard let number = Int64(parts[7]) else { return nil }
        version = number
    }

    /// Reads what a caller gave as `LayerName`: a name or a layer's ARN.
    init(name: String, in call: Call) {
        self =
            LayerReference(arn: name)
            ?? LayerReference(
                key: LayerKey(account: call.account, region: call.region, name: name))
    }

    private init(key: LayerKey) { self.key = key }
}
