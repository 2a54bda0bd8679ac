import Foundation
import ServiceModel

/// Where an object is, as the client that has made it would ask for it.
enum ObjectLocation {
    /// `endpoint` is the origin under which the client has come, such as `http://localhost:4566`; it may name the bucket:
    /// `http://bucket.s3.localhost:4566`.
    static func url(_ endpoint: String, bucket: String, key: String) -> String {
        let path = PercentCoding.encode(key, keepSlash: true)
        guard let scheme = endpoint.range(of: "://") else { return "\(endpoint)/\(bucket)/\(path)" }
        let host = endpoint[scheme.upperBound...].lowercased()
        let names = host.hasPrefix(bucket + ".s3.") || host.hasPrefix(bucket + ".s3-")
        return names ? "\(endpoint)/\(path)" : "\(endpoint)/\(bucket)/\(path)"
    }
}
