import ServiceKit

/// What AWS's SnapStart can be combined with: https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html
///
/// SnapStart makes cold starts short. Here environments begin in stems, which makes them short for every function, so that
/// the setting is kept and shown and changes nothing else.
enum SnapStartRules {
    /// Java from 11, Python from 3.12, .NET from 8.
    static func supports(_ runtime: String) -> Bool {
        let families = [("java", 11), ("python3.", 12), ("dotnet", 8)]
        for (family, first) in families where runtime.hasPrefix(family) {
            return Int(runtime.dropFirst(family.count)).map { $0 >= first } ?? false
        }
        return false
    }

    /// - Throws: AWS's errors for settings that a function with SnapStart can't have.
    static func validate(_ settings: FunctionSettings) throws {
        guard settings.hasSnapStart else { return }
        if !supports(settings.runtime) { throw unsupported(settings.runtime) }
        if !settings.fileSystems.isEmpty { throw unsupported("FileSystemConfigs") }
        if settings.ephemeralStorage > 512 { throw unsupported("EphemeralStorage greater than 512 MB") }
    }

    static func unsupported(_ what: String) -> AWSError {
        LambdaFailures.invalidParameter("\(what) is not supported for SnapStart enabled functions.")
    }
}
