import ServiceModel

/// Reads objects of S3 for a service whose caller names one, as that caller.
public protocol ObjectReader: Sendable {
    /// Whether there is an S3 to read from.
    var isAvailable: Bool { get }
    /// An object's bytes. A version is one of a bucket that keeps versions; nil: the latest. The region is the bucket's.
    /// - Throws: ``AWSError``, as S3 answers `GetObject`.
    func object(
        bucket: String, key: String, version: String?, as principal: Principal, account: String, region: String
    ) async throws -> [UInt8]
}

/// No objects at all.
public struct NoObjects: ObjectReader {
    public init() {}
    public var isAvailable: Bool { false }

    public func object(
        bucket: String, key: String, version: String?, as principal: Principal, account: String, region: String
    ) async throws -> [UInt8] {
        throw AWSError.notImplemented(service: "s3", operation: "GetObject")
    }
}

/// Reads objects by calls of S3 in process.
public struct CalledObjectReader: ObjectReader {
    private let calls: InProcessCaller

    public init(_ calls: InProcessCaller) { self.calls = calls }

    public var isAvailable: Bool { calls.implements("s3", "GetObject") }

    public func object(
        bucket: String, key: String, version: String?, as principal: Principal, account: String, region: String
    ) async throws -> [UInt8] {
        var input: [String: WireValue] = ["Bucket": .string(bucket), "Key": .string(key)]
        if let version { input["VersionId"] = .string(version) }
        let output = try await calls.call(
            "s3", "GetObject", .structure(input), as: principal, account: account, region: region)
        guard case .structure(let members) = output, case .blob(let bytes)? = members["Body"] else { return [] }
        return bytes
    }
}
