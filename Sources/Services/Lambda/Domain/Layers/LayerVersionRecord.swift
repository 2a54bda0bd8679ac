import Foundation
import ServiceModel

/// One version of a layer as it is stored. Nothing of it changes but its policy.
struct LayerVersionRecord: Sendable, Hashable {
    var key: LayerKey
    /// 1, 2, 3 …; a number is given once, even if its version is deleted.
    var version: Int64
    var description: String
    var license: String?
    /// Nil if none were given, which answers show.
    var runtimes: [String]?
    /// Nil if none were given, which answers show.
    var architectures: [String]?
    /// The package's SHA-256, in lower-case hexadecimal.
    var codeDigest: String
    /// The package's size as uploaded, in bytes.
    var codeSize: Int64
    var created: Timestamp
    var policy = LayerPolicy()

    var arn: String { key.arn(version) }

    /// What a function keeps of it: the layer's package stays as long as a function has it.
    var attachment: LayerAttachment { LayerAttachment(arn: arn, codeDigest: codeDigest, codeSize: codeSize) }
}

/// A layer version as a function's configuration holds it. It works even if the layer version is deleted.
struct LayerAttachment: Sendable, Hashable {
    var arn: String
    var codeDigest: String
    /// In bytes, as uploaded.
    var codeSize: Int64
}
