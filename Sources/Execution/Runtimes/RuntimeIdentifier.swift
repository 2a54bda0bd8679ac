/// The name of a runtime, such as `python3.12`, `nodejs20.x` or `provided.al2023`, taken apart.
///
/// https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
public struct RuntimeIdentifier: Sendable, Hashable, CustomStringConvertible {
    public enum Family: Sendable, Hashable {
        case python
        case nodejs
        /// The function brings its own program: `bootstrap`.
        case provided
    }

    /// As AWS writes it.
    public var name: String
    public var family: Family
    /// Which language version it asks for; nil for `provided`.
    public var version: LanguageVersion?

    /// Takes apart a name.
    /// - Returns: nil if the name is of no runtime that Martlet runs.
    public init?(_ name: String) {
        self.name = name
        switch name {
        case "provided", "provided.al2", "provided.al2023":
            family = .provided
        case _ where name.hasPrefix("python"):
            guard let version = LanguageVersion(name.dropFirst("python".count)), version.minor != nil else {
                return nil
            }
            family = .python
            self.version = version
        case _ where name.hasPrefix("nodejs") && name.hasSuffix(".x"):
            guard let version = LanguageVersion(name.dropFirst("nodejs".count).dropLast(".x".count)),
                version.minor == nil
            else { return nil }
            family = .nodejs
            self.version = version
        default:
            return nil
        }
        guard Self.knownNames.contains(name) else { return nil }
    }

    public var description: String { name }

    /// Whether AWS has ended its support. Martlet runs it all the same.
    public var isDeprecated: Bool { Self.deprecatedNames.contains(name) }

    /// All runtimes that Martlet runs, the newest of each family first.
    public static let known: [RuntimeIdentifier] = knownNames.compactMap { RuntimeIdentifier($0) }

    private static let knownNames = [
        "python3.14", "python3.13", "python3.12", "python3.11", "python3.10", "python3.9", "python3.8",
        "nodejs24.x", "nodejs22.x", "nodejs20.x", "nodejs18.x", "nodejs16.x",
        "provided.al2023", "provided.al2", "provided",
    ]

    private static let deprecatedNames: Set = [
        "python3.8", "python3.9", "nodejs16.x", "nodejs18.x", "nodejs20.x", "provided",
    ]
}
