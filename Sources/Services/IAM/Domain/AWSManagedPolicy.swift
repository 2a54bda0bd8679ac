import Crypto
import ServiceModel

/// A policy that AWS owns and every account may attach.
struct AWSManagedPolicy: Sendable, Hashable {
    var name: String
    /// `/`, `/service-role/`, `/job-function/` or `/aws-service-role/`.
    var path: String
    /// The default version: its number, its document, and when it was made; nil for policies that are known by name
    /// alone.
    var content: Content?

    struct Content: Sendable, Hashable {
        var version: Int
        var document: String
        var updated: Timestamp
    }

    var arn: String { "arn:aws:iam::aws:policy\(path)\(name)" }
    var defaultVersionID: String { "v\(content?.version ?? 1)" }
    /// Policies of service-linked roles can't be attached to other roles.
    var isAttachable: Bool { path != "/aws-service-role/" }

    /// ANPA…, the same everywhere; not the id that AWS gave.
    var id: String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
        return "ANPA" + String(SHA256.hash(data: Array(arn.utf8)).prefix(17).map { alphabet[Int($0 & 31)] })
    }
}
