import HTTPScanner

/// The head of a plain `Invoke` (API version 2015-03-31) that asks for nothing special, and where its parts are in the bytes.
struct InvocationHead {
    let plain: PlainHead
    private(set) var name = 0..<0
    private(set) var qualifier: Range<Int>?
    private(set) var host = 0..<0
    /// Whose key it is signed with, and for which region; nil: it is not signed.
    private(set) var credential: Credential?
    private(set) var trace: Range<Int>?
    private(set) var wantsLogTail = false
    /// `InvocationType=Event`.
    private(set) var isEvent = false

    struct Credential {
        var accessKeyID: Range<Int>
        var region: Range<Int>
    }

    /// - Returns: nil if the chain has to look at the request: it is no invocation, or says something that is not taken here.
    init?(_ bytes: UnsafeRawBufferPointer, plain: PlainHead, fields: Fields) {
        guard plain.method == .post, !fields.hasOthers, fields.host.count > 0 else { return nil }
        self.plain = plain
        host = fields.host
        trace = fields.trace
        wantsLogTail = fields.wantsLogTail
        isEvent = fields.isEvent
        guard readTarget(bytes) else { return nil }
        if let authorization = fields.authorization {
            credential = Self.credential(bytes, authorization)
            if credential == nil { return nil }
        }
    }

    private static let prefix: StaticString = "/2015-03-31/functions/"
    private static let suffix: StaticString = "/invocations"
    private static let query: StaticString = "?Qualifier="

    private mutating func readTarget(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var at = plain.target.lowerBound
        let end = plain.target.upperBound
        guard bytes.has(Self.prefix, at, end) else { return false }
        at += Self.prefix.utf8CodeUnitCount
        let begin = at
        while at < end, Self.isWord(bytes[at]) { at += 1 }
        name = begin..<at
        guard !name.isEmpty, name.count <= 64, bytes.has(Self.suffix, at, end) else { return false }
        at += Self.suffix.utf8CodeUnitCount
        if at == end { return true }
        guard bytes.has(Self.query, at, end) else { return false }
        at += Self.query.utf8CodeUnitCount
        guard at < end, end - at <= 128, bytes[at..<end].allSatisfy(Self.isWord) else { return false }
        qualifier = at..<end
        return true
    }

    private static let algorithm: StaticString = "AWS4-HMAC-SHA256 Credential="
    private static let scope: StaticString = "/lambda/aws4_request"

    /// `AWS4-HMAC-SHA256 Credential=key/date/region/lambda/aws4_request, …`
    private static func credential(_ bytes: UnsafeRawBufferPointer, _ value: Range<Int>) -> Credential? {
        var at = value.lowerBound
        let end = value.upperBound
        guard bytes.has(Self.algorithm, at, end) else { return nil }
        at += Self.algorithm.utf8CodeUnitCount
        let key = at
        while at < end, Self.isWord(bytes[at]) { at += 1 }
        let accessKeyID = key..<at
        guard !accessKeyID.isEmpty, accessKeyID.count <= 128, end - at > 10, bytes[at] == UInt8(ascii: "/"),
            bytes[at + 9] == UInt8(ascii: "/")
        else { return nil }
        at += 10
        let begin = at
        while at < end, Self.isWord(bytes[at]) { at += 1 }
        let region = begin..<at
        guard !region.isEmpty, region.count <= 32, bytes.has(Self.scope, at, end) else { return nil }
        at += Self.scope.utf8CodeUnitCount
        guard at < end, bytes[at] == UInt8(ascii: ",") || bytes[at] == 0x20 else { return nil }
        return Credential(accessKeyID: accessKeyID, region: region)
    }

    /// Letters, digits, `-` and `_`.
    private static func isWord(_ byte: UInt8) -> Bool {
        byte &- 0x30 < 10 || (byte | 0x20) &- 0x61 < 26 || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
    }

    /// What the header fields say, as they are shown one after the other.
    struct Fields {
        var host = 0..<0
        var authorization: Range<Int>?
        var trace: Range<Int>?
        var wantsLogTail = false
        var isEvent = false
        /// A field changes what the request means, and is not known here.
        var hasOthers = false

        mutating func take(_ bytes: UnsafeRawBufferPointer, _ name: Range<Int>, _ value: Range<Int>) {
            let at = name.lowerBound
            switch name.count {
            case 4 where PlainHead.isName("host", bytes, at): host = value
            case 13 where PlainHead.isName("authorization", bytes, at):
                if authorization != nil { hasOthers = true }
                authorization = value
            case 6 where PlainHead.isName("origin", bytes, at),
                14 where PlainHead.isName("sec-fetch-site", bytes, at),
                16 where PlainHead.isName("content-encoding", bytes, at):
                hasOthers = true
            case 12 where PlainHead.isName("content-type", bytes, at):
                hasOthers = hasOthers || bytes.has("application/x-www-form", value.lowerBound, value.upperBound)
            case 15 where PlainHead.isName("x-amzn-trace-id", bytes, at):
                trace = value
                // One of a chain may have to be refused.
                if bytes.contains("Lineage=", value) { hasOthers = true }
            default:
                guard name.count > 6, PlainHead.isName("x-amz-", bytes, at) else { return }
                takeAmazon(bytes, name, value)
            }
        }

        private mutating func takeAmazon(_ bytes: UnsafeRawBufferPointer, _ name: Range<Int>, _ value: Range<Int>) {
            let at = name.lowerBound
            switch name.count {
            case 10 where PlainHead.isName("x-amz-date", bytes, at): break
            case 16 where PlainHead.isName("x-amz-user-agent", bytes, at): break
            case 20 where PlainHead.isName("x-amz-content-sha256", bytes, at):
                // Not `STREAMING-…`: such bodies have a framing of their own.
                if bytes.has("STREAMING-", value.lowerBound, value.upperBound) { hasOthers = true }
            case 14 where PlainHead.isName("x-amz-log-type", bytes, at):
                if bytes.is("Tail", value) { wantsLogTail = true } else if !bytes.is("None", value) { hasOthers = true }
            case 21 where PlainHead.isName("x-amz-invocation-type", bytes, at):
                if bytes.is("Event", value) {
                    isEvent = true
                } else if !bytes.is("RequestResponse", value) {
                    hasOthers = true
                }
            default: hasOthers = true
            }
        }
    }
}

extension UnsafeRawBufferPointer {
    /// Whether `text` stands at `at`, before `end`.
    fileprivate func has(_ text: StaticString, _ at: Int, _ end: Int) -> Bool {
        guard end - at >= text.utf8CodeUnitCount else { return false }
        for index in 0..<text.utf8CodeUnitCount where self[at + index] != text.utf8Start[index] { return false }
        return true
    }

    /// Whether `text` stands somewhere in `range`.
    fileprivate func contains(_ text: StaticString, _ range: Range<Int>) -> Bool {
        range.contains { self[$0] == text.utf8Start[0] && has(text, $0, range.upperBound) }
    }

    /// Whether `range` is `text`.
    fileprivate func `is`(_ text: StaticString, _ range: Range<Int>) -> Bool {
        range.count == text.utf8CodeUnitCount && has(text, range.lowerBound, range.upperBound)
    }
}
