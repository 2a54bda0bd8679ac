import ServiceKit
import ServiceModel

/// Where a copy comes from, as the header `x-amz-copy-source` names it: encoded, with or without a slash at its beginning, or by an access point's ARN
/// (which is refused).
struct CopySource: Sendable, Hashable {
    var bucket: String
    var key: String
    var version: String?

    init(_ text: String) throws {
        func refused() -> AWSError {
            .invalidArgument("Invalid copy source object key", name: "x-amz-copy-source", value: "x-amz-copy-source")
        }
        var rest = text[...]
        if rest.hasPrefix("arn:") {
            throw AWSError.notImplemented(service: "s3", operation: "CopyObject", parameter: "CopySource")
        }
        if let mark = rest.range(ofLast: "?versionId=") {
            version = String(rest[mark.upperBound...])
            rest = rest[..<mark.lowerBound]
        }
        guard let decoded = PercentCoding.decode(rest) else { throw refused() }
        let path = decoded.hasPrefix("/") ? decoded.dropFirst() : decoded[...]
        guard let slash = path.firstIndex(of: "/"), slash != path.startIndex else { throw refused() }
        bucket = String(path[..<slash])
        key = String(path[path.index(after: slash)...])
        if key.isEmpty { throw refused() }
    }

    /// The conditions that a request puts to the source.
    static func check(_ input: WireValue, _ record: ObjectRecord, now: Timestamp) throws {
        let conditions = ReadConditions(
            ifMatch: input["CopySourceIfMatch"]?.stringValue, ifNoneMatch: input["CopySourceIfNoneMatch"]?.stringValue,
            ifModifiedSince: input["CopySourceIfModifiedSince"]?.timestampValue,
            ifUnmodifiedSince: input["CopySourceIfUnmodifiedSince"]?.timestampValue)
        if conditions.isEmpty { return }
        switch conditions.outcome(etag: record.etag, modified: record.modified, now: now) {
        case .met: return
        case .failed(let header): throw AWSError.preconditionFailed("x-amz-copy-source-" + header)
        case .notModified:
            let name = conditions.ifNoneMatch == nil ? "If-Modified-Since" : "If-None-Match"
            throw AWSError.preconditionFailed("x-amz-copy-source-" + name)
        }
    }
}

extension Substring {
    /// Where a text is found last.
    fileprivate func range(ofLast sought: String) -> Range<Substring.Index>? {
        var index = endIndex
        while index > startIndex {
            index = self.index(before: index)
            if self[index...].hasPrefix(sought) { return index..<self.index(index, offsetBy: sought.count) }
        }
        return nil
    }
}
