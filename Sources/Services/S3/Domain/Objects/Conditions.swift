import ServiceKit
import ServiceModel

/// The conditions of a request that reads. See
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-reads.html>.
struct ReadConditions: Sendable, Hashable {
    enum Outcome: Sendable, Hashable {
        case met
        case notModified
        /// By the header that failed.
        case failed(String)
    }

    var ifMatch: String?
    var ifNoneMatch: String?
    var ifModifiedSince: Timestamp?
    var ifUnmodifiedSince: Timestamp?

    var isEmpty: Bool { ifMatch == nil && ifNoneMatch == nil && ifModifiedSince == nil && ifUnmodifiedSince == nil }

    func outcome(etag: String, modified: Timestamp, now: Timestamp) -> Outcome {
        // Headers have whole seconds.
        let modified = modified.milliseconds / 1000
        if let ifMatch {
            if !ETagText.matches(ifMatch, etag) { return .failed("If-Match") }
        } else if let ifUnmodifiedSince, modified > ifUnmodifiedSince.milliseconds / 1000 {
            return .failed("If-Unmodified-Since")
        }
        if let ifNoneMatch {
            if ETagText.matches(ifNoneMatch, etag) { return .notModified }
        } else if let ifModifiedSince, ifModifiedSince <= now, modified <= ifModifiedSince.milliseconds / 1000 {
            return .notModified
        }
        return .met
    }
}

/// ETags as headers have them: with or without quotes, several, or a star.
enum ETagText {
    static func matches(_ header: String, _ etag: String) -> Bool {
        header.split(separator: ",").contains { candidate in
            let text = plain(String(candidate))
            return text == "*" || text == etag
        }
    }

    /// Without quotes and space.
    static func plain(_ text: String) -> String {
        var text = text.drop { $0 == " " }
        while text.last == " " { text = text.dropLast() }
        if text.hasPrefix("W/") { text = text.dropFirst(2) }
        if text.count >= 2, text.first == "\"", text.last == "\"" { text = text.dropFirst().dropLast() }
        return String(text)
    }
}

/// The condition of a request that writes. See
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html>.
enum WriteCondition: Sendable, Hashable {
    /// There is no such object.
    case absent
    /// The object's ETag is this one.
    case matches(String)

    init?(_ input: WireValue) throws {
        let match = input["IfMatch"]?.stringValue
        let noneMatch = input["IfNoneMatch"]?.stringValue
        func refused(_ header: String) -> AWSError {
            .unsupportedHeader(header, "We don't accept the provided value of \(header) header for this API")
        }
        switch (match, noneMatch) {
        case (nil, nil): return nil
        case (_?, _?):
            throw AWSError.unsupportedHeader(
                "If-Match,If-None-Match", "Multiple conditional request headers present in the request")
        case (let match?, nil):
            guard match != "*" else { throw refused("If-Match") }
            self = .matches(ETagText.plain(match))
        case (nil, let noneMatch?):
            guard noneMatch == "*" else { throw refused("If-None-Match") }
            self = .absent
        }
    }

    /// `current`: the latest version, which may be a delete marker; nil: there is none.
    func check(_ current: ObjectRecord?, key: String) throws {
        let etag = current.flatMap { $0.isMarker ? nil : $0.etag }
        switch self {
        case .absent: if etag != nil { throw AWSError.preconditionFailed("If-None-Match") }
        case .matches(let wanted):
            guard let etag else { throw AWSError.noSuchKey(key) }
            if etag != wanted { throw AWSError.preconditionFailed("If-Match") }
        }
    }
}
