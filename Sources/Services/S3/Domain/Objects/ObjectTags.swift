import ServiceKit
import ServiceModel

/// The tags of objects and buckets. See
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html>.
enum ObjectTags {
    /// As the header `x-amz-tagging` has them: a query.
    static func header(_ text: String) throws -> [ResourceTag] {
        func refused() -> AWSError {
            .invalidArgument(
                "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.",
                name: "x-amz-tagging", value: text)
        }
        var tags: [ResourceTag] = []
        for pair in text.split(separator: "&", omittingEmptySubsequences: true) {
            let parts = pair.split(separator: "=", omittingEmptySubsequences: false)
            guard parts.count <= 2, let key = PercentCoding.decodeForm(parts[0].utf8),
                let value = parts.count == 2 ? PercentCoding.decodeForm(parts[1].utf8) : "",
                !key.isEmpty, !tags.contains(where: { $0.key == key })
            else { throw refused() }
            tags.append(ResourceTag(key: key, value: value))
        }
        try check(tags, limit: 10)
        return tags.sorted { $0.key < $1.key }
    }

    /// As a `Tagging` document has them.
    static func document(_ value: WireValue?, limit: Int) throws -> [ResourceTag] {
        guard let list = value?["TagSet"]?.listValue else { throw AWSError.malformedXML }
        let tags = try list.map { element in
            guard let key = element["Key"]?.stringValue, let text = element["Value"]?.stringValue else {
                throw AWSError.malformedXML
            }
            return ResourceTag(key: key, value: text)
        }
        var seen: Set<String> = []
        for tag in tags where !seen.insert(tag.key).inserted {
            throw AWSError.s3(
                "InvalidTag", 400, "Cannot provide multiple Tags with the same key", ["TagKey": tag.key])
        }
        try check(tags, limit: limit)
        return tags
    }

    private static func check(_ tags: [ResourceTag], limit: Int) throws {
        guard tags.count <= limit else {
            if limit == 10 { throw AWSError.s3("BadRequest", 400, "Object tags cannot be greater than 10") }
            throw AWSError.s3("BadRequest", 400, "Bucket tag count cannot be greater than \(limit)")
        }
        do throws(TagRules.Violation) {
            try TagRules(limit: limit).check(tags)
        } catch {
            switch error {
            case .reservedKey(let key):
                throw AWSError.s3(
                    "InvalidTag", 400, "System tags cannot be added/updated by requester", ["TagKey": key])
            case .keyTooLong(let key), .keyCharacters(let key):
                throw AWSError.s3("InvalidTag", 400, "The TagKey you have provided is invalid", ["TagKey": key])
            case .emptyKey:
                throw AWSError.s3("InvalidTag", 400, "The TagKey you have provided is invalid", ["TagKey": ""])
            case .valueTooLong(let key), .valueCharacters(let key):
                throw AWSError.s3("InvalidTag", 400, "The TagValue you have provided is invalid", ["TagKey": key])
            case .tooMany, .duplicateKey: throw AWSError.malformedXML
            }
        }
    }

    static func wire(_ tags: [ResourceTag]) -> [Tag] { tags.map { Tag(key: $0.key, value: $0.value) } }
    static func stored(_ tags: [ResourceTag]) -> WireValue {
        .list(tags.map { .structure(["Key": .string($0.key), "Value": .string($0.value)]) })
    }
    static func tags(_ stored: WireValue?) -> [ResourceTag] {
        stored?.listValue?.compactMap { element in
            element["Key"]?.stringValue.map { ResourceTag(key: $0, value: element["Value"]?.stringValue ?? "") }
        } ?? []
    }
}
