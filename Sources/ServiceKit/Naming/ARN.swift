/// An Amazon Resource Name: `arn:partition:service:region:account:resource`.
///
/// Parsing is strict about the form and knows nothing of what a service puts into the resource part.
/// See <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>.
public struct ARN: Sendable, Hashable {
    public var partition: String
    public var service: String
    /// Empty for services that are global, such as IAM.
    public var region: String
    /// Twelve digits, `aws` for what AWS owns, or empty, such as for buckets.
    public var account: String
    /// All that follows the fifth colon; it may hold colons and slashes of its own.
    public var resource: String

    /// The longest ARN that is accepted, in bytes.
    public static let maximumLength = 2048

    public init(partition: String = "aws", service: String, region: String = "", account: String = "", resource: String)
    {
        self.partition = partition
        self.service = service
        self.region = region
        self.account = account
        self.resource = resource
    }

    /// Nil if `text` is not an ARN.
    public init?(_ text: some StringProtocol) {
        guard text.utf8.count <= Self.maximumLength else { return nil }
        let parts = text.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0] == "arn",
            Self.isPartition(parts[1]),
            !parts[2].isEmpty, parts[2].utf8.allSatisfy(Self.isNameByte),
            parts[3].utf8.allSatisfy(Self.isNameByte),
            parts[4].isEmpty || parts[4] == "aws" || AccountID.isValid(parts[4]),
            !parts[5].isEmpty, parts[5].unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F })
        else { return nil }
        self.init(
            partition: String(parts[1]), service: String(parts[2]), region: String(parts[3]), account: String(parts[4]),
            resource: String(parts[5]))
    }

    /// The resource's kind and the rest, for resources of the form `role/…` or `function:…`; nil for others.
    public var typed: (type: String, name: String)? {
        guard let index = resource.firstIndex(where: { $0 == "/" || $0 == ":" }) else { return nil }
        return (String(resource[..<index]), String(resource[resource.index(after: index)...]))
    }

    private static func isPartition(_ text: some StringProtocol) -> Bool {
        text == "aws" || (text.hasPrefix("aws-") && text.utf8.count > 4 && text.utf8.allSatisfy(isNameByte))
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): true
        default: false
        }
    }
}

extension ARN: CustomStringConvertible {
    public var description: String { "arn:\(partition):\(service):\(region):\(account):\(resource)" }
}

extension ARN: LosslessStringConvertible {
    public init?(_ description: String) { self.init(description[...]) }
}
