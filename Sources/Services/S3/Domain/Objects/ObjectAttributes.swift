import ServiceKit
import ServiceModel

/// What is kept of an object beside what listings show: its headers and metadata, tags, checksum, parts, permissions.
struct ObjectAttributes: Sendable, Hashable {
    struct Retention: Sendable, Hashable {
        /// GOVERNANCE or COMPLIANCE.
        var mode: String
        var until: Timestamp
    }

    /// By the model's member, such as `ContentType`.
    var headers: [String: String] = [:]
    /// The header as the request had it.
    var expires: String?
    /// By name in lower case, as the request had them.
    var metadata: [String: String] = [:]
    var tags: [ResourceTag] = []
    var checksum: StoredChecksum?
    var parts = PartList()
    /// Nil: all for the owner, nothing for anybody else.
    var acl: AccessControlList?
    /// Base64; with a key of the customer's.
    var customerKeyMD5: String?
    var retention: Retention?
    var hasLegalHold = false
    /// Whether a legal hold was ever put or lifted.
    var wasHeld = false
    /// Of an archived object: its restored copy, if there is one or will be.
    var restoration: Restoration.State?

    static let headerNames = [
        "ContentType", "CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage",
        "WebsiteRedirectLocation",
    ]

    private enum Tag {
        static let expires: UInt8 = 10
        static let metadata: UInt8 = 11
        static let tag: UInt8 = 12
        static let checksum: UInt8 = 13
        static let parts: UInt8 = 14
        static let acl: UInt8 = 15
        static let customerKey: UInt8 = 16
        static let retention: UInt8 = 17
        static let legalHold: UInt8 = 18
        static let restored: UInt8 = 19
        static let held: UInt8 = 20
        static let expiresText: UInt8 = 21
        static let restoring: UInt8 = 22
    }

    var encoded: [UInt8] {
        var writer = RecordWriter()
        for (index, name) in Self.headerNames.enumerated() { writer.append(UInt8(index), headers[name]) }
        writer.append(Tag.expiresText, expires)
        for (name, value) in metadata.sorted(by: { $0.key < $1.key }) {
            writer.append(Tag.metadata) { inner in
                inner.append(0, name)
                inner.append(1, value)
            }
        }
        for tag in tags {
            writer.append(Tag.tag) { inner in
                inner.append(0, tag.key)
                inner.append(1, tag.value)
            }
        }
        if let checksum { writer.append(Tag.checksum, [UInt8(checksum.summary)] + Array(checksum.text.utf8)) }
        if !parts.isEmpty { writer.append(Tag.parts, parts.bytes) }
        if let acl { writer.append(Tag.acl, WireCoding.encode(acl.wire)) }
        writer.append(Tag.customerKey, customerKeyMD5)
        if let retention {
            writer.append(Tag.retention) { inner in
                inner.append(0, retention.mode)
                inner.append(1, retention.until.milliseconds)
            }
        }
        if hasLegalHold { writer.append(Tag.legalHold, []) }
        if wasHeld { writer.append(Tag.held, []) }
        switch restoration {
        case nil: break
        case .ongoing(let days)?: writer.append(Tag.restoring, Int64(days))
        case .until(let time)?: writer.append(Tag.restored, time.milliseconds)
        }
        return writer.bytes
    }

    init() {}

    init(_ bytes: [UInt8]) {
        var reader = RecordReader(bytes)
        while let field = reader.next() {
            if Int(field.tag) < Self.headerNames.count {
                headers[Self.headerNames[Int(field.tag)]] = field.text
                continue
            }
            switch field.tag {
            // As it was kept before it was kept as it is.
            case Tag.expires: expires = HTTPDateText.text(Timestamp(milliseconds: field.number))
            case Tag.expiresText: expires = field.text
            case Tag.metadata:
                let (name, value) = Self.pair(field)
                metadata[name] = value
            case Tag.tag:
                let (key, value) = Self.pair(field)
                tags.append(ResourceTag(key: key, value: value))
            case Tag.checksum:
                guard let summary = field.bytes.first,
                    let (algorithm, type) = StoredChecksum.split(summary: Int(summary))
                else { continue }
                let text = String(decoding: field.bytes.dropFirst(), as: UTF8.self)
                checksum = StoredChecksum(algorithm: algorithm, type: type, text: text)
            case Tag.parts: parts = PartList(field.bytes)
            case Tag.acl: acl = WireCoding.decode(Array(field.bytes)).flatMap(AccessControlList.init(stored:))
            case Tag.customerKey: customerKeyMD5 = field.text
            case Tag.retention:
                var inner = field.reader
                guard let mode = inner.next(), let until = inner.next() else { continue }
                retention = Retention(mode: mode.text, until: Timestamp(milliseconds: until.number))
            case Tag.legalHold: hasLegalHold = true
            case Tag.held: wasHeld = true
            case Tag.restored: restoration = .until(Timestamp(milliseconds: field.number))
            case Tag.restoring: restoration = .ongoing(days: Int(field.number))
            default: continue
            }
        }
    }

    private static func pair(_ field: RecordReader.Field) -> (String, String) {
        var inner = field.reader
        let first = inner.next()?.text ?? ""
        return (first, inner.next()?.text ?? "")
    }
}
