import ServiceModel

/// A customer managed policy as it is stored.
struct PolicyRecord: Sendable, Hashable {
    var account: String
    var name: String
    /// Begins and ends with a slash.
    var path: String
    /// ANPA….
    var id: String
    var description: String?
    var defaultVersion: Int
    /// The number of the newest version there ever was; numbers are not used again.
    var lastVersion: Int
    var created: Timestamp
    /// When its newest version was made, or its default changed.
    var updated: Timestamp

    var arn: String { "arn:aws:iam::\(account):policy\(path)\(name)" }
}

/// One version of a customer managed policy.
struct PolicyVersionRecord: Sendable, Hashable {
    var number: Int
    var document: String
    var created: Timestamp

    /// The number in a version id such as `v3`; nil if it is none.
    static func number(_ id: String) -> Int? { id.hasPrefix("v") ? Int(id.dropFirst()) : nil }
}
