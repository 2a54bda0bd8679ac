import ServiceModel

/// One version of an object as its row has it.
struct ObjectRecord: Sendable, Hashable {
    var id: Int64 = 0
    var bucket: Int64
    var key: String
    var position: Int64 = 0
    /// Nil: the null version.
    var version: String?
    var isMarker = false
    var size: Int64 = 0
    /// Without quotes.
    var etag = ""
    var modified: Timestamp
    var sequence: Int64 = 0
    /// Nil: STANDARD.
    var storage: String?
    /// See ``StoredChecksum/summary``; 0: none.
    var checksum = 0
    /// The account that owns the object; nil: the bucket's.
    var owner: String?
    var attributes: [UInt8] = []
    var manifest: [UInt8]?
    /// Sealed; empty or nil if the bytes are elsewhere.
    var body: [UInt8]?

    var quotedETag: String { "\"\(etag)\"" }
    var versionName: String { version ?? VersionID.null }
    var storageClass: String { storage ?? "STANDARD" }
    /// What a sealed body belongs to.
    static func context(bucket: Int64, key: String) -> String { "object/\(bucket)/\(key)" }
}
