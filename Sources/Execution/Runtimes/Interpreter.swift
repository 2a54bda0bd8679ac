/// An interpreter on this machine.
public struct Interpreter: Sendable, Hashable {
    public enum Language: String, Sendable, Hashable, CaseIterable {
        case python = "Python"
        case nodejs = "Node.js"
    }

    public var language: Language
    public var version: LanguageVersion
    /// The real path of the program, links resolved.
    public var executable: String
    /// The folder that holds all of the installation, with `bin` and `lib` below it.
    public var prefix: String
    /// AWS's SDK is installed with it: boto3, or version 3 of the SDK for JavaScript.
    public var hasSDK: Bool

    public init(language: Language, version: LanguageVersion, executable: String, prefix: String, hasSDK: Bool = false)
    {
        self.language = language
        self.version = version
        self.executable = executable
        self.prefix = prefix
        self.hasSDK = hasSDK
    }

    /// Whether it belongs to the distribution, whose folders are in every sandbox.
    public var isInSystem: Bool { prefix == "/usr" || prefix.hasPrefix("/usr/") }
}
