import ServiceKit

/// Tags of topics, and how they are refused.
enum SNSTags {
    static func checked(_ tags: [Tag]) throws(AWSError) -> [ResourceTag] {
        let tags = tags.map { ResourceTag(key: $0.key, value: $0.value) }
        do {
            try TagRules.standard.check(tags)
        } catch {
            throw refusal(error)
        }
        return tags
    }

    static func merging(_ added: [ResourceTag], into tags: [ResourceTag]) throws(AWSError) -> [ResourceTag] {
        do {
            return try TagRules.standard.merging(added, into: tags)
        } catch {
            throw refusal(error)
        }
    }

    private static func refusal(_ violation: TagRules.Violation) -> AWSError {
        switch violation {
        case .tooMany(let limit):
            SNSError.tagLimitExceededException(
                "Could not complete request: tag quota of per resource exceeded (\(limit))")
        case .duplicateKey: SNSFailures.invalid("Duplicated keys are not allowed.")
        case .emptyKey:
            SNSFailures.constraint(
                "Value '' at 'tags.1.member.key' failed to satisfy constraint: Member must have length greater than or equal to 1"
            )
        case .keyTooLong(let key):
            SNSFailures.constraint(
                "Value '\(key)' at 'tags.1.member.key' failed to satisfy constraint: Member must have length less than or equal to 128"
            )
        case .valueTooLong:
            SNSFailures.constraint(
                "Value at 'tags.1.member.value' failed to satisfy constraint: Member must have length less than or equal to 256"
            )
        case .reservedKey: SNSFailures.invalid("Tag keys may not start with aws:")
        case .keyCharacters(let key): SNSFailures.invalid("Tag key contains characters that are not allowed: \(key)")
        case .valueCharacters(let key):
            SNSFailures.invalid("Tag value contains characters that are not allowed: \(key)")
        }
    }
}
