/// What AWS demands of tags, in the form that most services share. Services word the errors differently, so a violation
/// is a value. See <https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html>.
public struct TagRules: Sendable {
    /// How many tags a resource may carry. Tags of AWS's own (`aws:`) do not count.
    public var limit: Int
    /// In Unicode scalars.
    public var maximumKeyLength: Int
    public var maximumValueLength: Int
    /// Whether keys that differ only in case are the same, as in IAM and STS.
    public var ignoresCase: Bool

    public static let standard = TagRules()

    public init(limit: Int = 50, maximumKeyLength: Int = 128, maximumValueLength: Int = 256, ignoresCase: Bool = false)
    {
        self.limit = limit
        self.maximumKeyLength = maximumKeyLength
        self.maximumValueLength = maximumValueLength
        self.ignoresCase = ignoresCase
    }

    /// Why tags are refused.
    public enum Violation: Error, Sendable, Hashable {
        case tooMany(limit: Int)
        case emptyKey
        case keyTooLong(String)
        case valueTooLong(key: String)
        /// The key begins with `aws:`, in any case.
        case reservedKey(String)
        case keyCharacters(String)
        case valueCharacters(key: String)
        /// A request names a key twice.
        case duplicateKey(String)
    }

    /// Checks the tags of one request.
    public func check(_ tags: [ResourceTag]) throws(Violation) {
        var seen: Set<String> = []
        for tag in tags {
            try check(key: tag.key)
            if tag.value.unicodeScalars.count > maximumValueLength { throw .valueTooLong(key: tag.key) }
            if !tag.value.unicodeScalars.allSatisfy(Self.isAllowed) { throw .valueCharacters(key: tag.key) }
            if !seen.insert(identity(tag.key)).inserted { throw .duplicateKey(tag.key) }
        }
        if tags.count > limit { throw .tooMany(limit: limit) }
    }

    /// Checks one key, as of a request to remove tags.
    public func check(key: String) throws(Violation) {
        if key.isEmpty { throw .emptyKey }
        if key.unicodeScalars.count > maximumKeyLength { throw .keyTooLong(key) }
        if key.prefix(4).lowercased() == "aws:" { throw .reservedKey(key) }
        if !key.unicodeScalars.allSatisfy(Self.isAllowed) { throw .keyCharacters(key) }
    }

    /// The tags of a resource after a request to add some: values of keys that are there are replaced.
    public func merging(_ added: [ResourceTag], into tags: [ResourceTag]) throws(Violation) -> [ResourceTag] {
        try check(added)
        var merged = tags
        var places = Dictionary(tags.enumerated().map { (identity($1.key), $0) }, uniquingKeysWith: { $1 })
        for tag in added {
            if let place = places[identity(tag.key)] {
                merged[place] = tag
            } else {
                places[identity(tag.key)] = merged.count
                merged.append(tag)
            }
        }
        if merged.count > limit { throw .tooMany(limit: limit) }
        return merged
    }

    /// The tags of a resource after a request to remove keys; keys that are not there are no error.
    public func removing(_ keys: [String], from tags: [ResourceTag]) -> [ResourceTag] {
        let removed = Set(keys.map(identity))
        return tags.filter { !removed.contains(identity($0.key)) }
    }

    private func identity(_ key: String) -> String { ignoresCase ? key.lowercased() : key }

    /// `[\p{L}\p{Z}\p{N}_.:/=+\-@]`
    static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", " ", "_", ".", ":", "/", "=", "+", "-", "@": true
        default:
            switch scalar.properties.generalCategory {
            case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
                .spaceSeparator, .lineSeparator, .paragraphSeparator, .decimalNumber, .letterNumber, .otherNumber:
                true
            default: false
            }
        }
    }
}
