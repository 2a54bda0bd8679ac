import ServiceKit

/// The runtime identifiers that AWS knows, and what becomes of them here.
enum Runtimes {
    /// Those that AWS lets functions be created with, in the order of its message.
    static let supported = [
        "nodejs20.x", "python3.14", "provided.al2023", "python3.12", "python3.13", "nodejs24.x", "nodejs22.x", "java25",
        "python3.10", "python3.11", "java21", "ruby3.3", "ruby3.4", "ruby3.2", "python3.8", "python3.9", "java17",
        "nodejs16.x", "dotnet10", "dotnet8", "java11", "dotnet6", "nodejs18.x", "provided.al2", "java8.al2",
    ]

    /// Those that AWS once had.
    static let deprecated: Set<String> = [
        "nodejs", "nodejs4.3", "nodejs4.3-edge", "nodejs6.10", "nodejs8.10", "nodejs10.x", "nodejs12.x", "nodejs14.x",
        "python2.7", "python3.6", "python3.7", "java8", "go1.x", "ruby2.5", "ruby2.7", "dotnetcore1.0", "dotnetcore2.0",
        "dotnetcore2.1", "dotnetcore3.1", "provided",
    ]

    /// Those among them that this version still runs.
    private static let kept: Set<String> = ["provided"]

    /// The families that this version runs.
    private static let families = ["python", "nodejs", "provided"]

    /// Checks a runtime for a new or changed function.
    /// Those that AWS has retired and this version still runs may be used if `acceptsDeprecated` says so.
    /// - Throws: AWS's errors; `NotImplemented` for a runtime that AWS has and this version does not run.
    static func validate(_ runtime: String, operation: String, acceptsDeprecated: Bool) throws {
        if deprecated.contains(runtime) {
            if !acceptsDeprecated || !kept.contains(runtime) {
                throw LambdaFailures.invalidParameter(
                    "The runtime parameter of \(runtime) is no longer supported for creating or updating AWS Lambda "
                        + "functions. We recommend you use a supported runtime while creating or updating functions.")
            }
        } else if !supported.contains(runtime) {
            throw LambdaFailures.invalidParameter(
                "Value \(runtime) at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: "
                    + "[\(supported.joined(separator: ", "))] or be a valid ARN")
        }
        guard families.contains(where: runtime.hasPrefix) else {
            throw AWSError.notImplemented(service: "lambda", operation: operation, parameter: "Runtime=\(runtime)")
        }
    }
}
