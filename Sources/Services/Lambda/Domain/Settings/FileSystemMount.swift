/// A file system that a function sees at a path below `/mnt`. There are none here yet: the settings are kept, and shown.
struct FileSystemMount: Sendable, Hashable, Codable {
    /// Of the access point.
    var arn: String
    var path: String

    /// `before` is the function's network before the request; nil if it has none, or is new.
    /// - Throws: AWS's errors for file systems of a function that has no network to reach them.
    static func validate(_ mounts: [FileSystemMount], vpc: VPCSettings?, before: VPCSettings?) throws {
        guard let mount = mounts.first, vpc?.isConnected != true else { return }
        throw LambdaFailures.invalidParameter(
            before?.isConnected == true
                ? "Function VPC configuration cannot be removed with access point \(mount.arn) referenced."
                : "Function must be configured to execute in a VPC to reference access point \(mount.arn)")
    }
}
