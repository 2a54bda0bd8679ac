/// Lambda's quotas: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
enum LambdaLimits {
    /// A package as uploaded, in bytes.
    static let zippedPackage = 52_428_800
    /// A package with its layers, unpacked, in bytes. It must be smaller than this.
    static let unzippedPackage: Int64 = 262_144_000
    /// All packages of an account in a region, in bytes: 75 GB.
    static let codeStorage: Int64 = 80_530_636_800
    /// In seconds.
    static let timeout = 900
    /// In MB.
    static let memory = 10_240
    /// All environment variables, written as JSON, in bytes.
    static let environment = 4_096
    /// The event of a synchronous invocation, in bytes.
    static let synchronousPayload = 6_291_456
    /// The event of an asynchronous invocation, in bytes.
    static let asynchronousPayload = 1_048_576
    /// In bytes, encoded as base64.
    static let clientContext = 3_583
    static let tags = 50
    static let functionName = 64
    /// A layer version's policy, in bytes.
    static let policy = 20_480
    /// The longest page of a list.
    static let page = 50
    /// The longest page of event source mappings.
    static let mappings = 100
}
