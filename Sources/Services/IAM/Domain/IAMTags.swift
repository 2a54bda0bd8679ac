import ServiceKit

/// IAM's rules for tags: keys that differ only in case are the same.
enum IAMTags {
    private static let rules = TagRules(ignoresCase: true)

    static func check(_ tags: [Tag]) throws(AWSError) {
        do { try rules.check(tags.map(\.kit)) } catch { throw refusal(error) }
    }

    static func merging(_ added: [Tag], into tags: [Tag]) throws(AWSError) -> [Tag] {
        do { return try rules.merging(added.map(\.kit), into: tags.map(\.kit)).map(Tag.init(kit:)) } catch {
            throw refusal(error)
        }
    }

    static func removing(_ keys: [String], from tags: [Tag]) -> [Tag] {
        rules.removing(keys, from: tags.map(\.kit)).map(Tag.init(kit:))
    }

    private static func refusal(_ violation: TagRules.Violation) -> AWSError {
        switch violation {
        case .tooMany: IAMError.limitExceededException("The number of tags has reached the maximum limit.")
        case .duplicateKey:
            IAMError.invalidInputException("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
        case .reservedKey:
            IAMError.invalidInputException("aws: prefixed tag key names are not allowed for external use.")
        case .emptyKey, .keyTooLong, .keyCharacters:
            AWSError.validationError(
                "The specified value for tag key is invalid. It must be 1 to 128 characters of letters, numbers, spaces and _.:/=+-@"
            )
        case .valueTooLong, .valueCharacters:
            AWSError.validationError(
                "The specified value for tag value is invalid. It must be 0 to 256 characters of letters, numbers, spaces and _.:/=+-@"
            )
        }
    }
}

extension Tag {
    fileprivate var kit: ResourceTag { ResourceTag(key: key, value: value) }
    fileprivate init(kit: ResourceTag) { self.init(key: kit.key, value: kit.value) }
}
