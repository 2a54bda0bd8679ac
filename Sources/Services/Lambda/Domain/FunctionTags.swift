/// The rules for tags on functions.
enum FunctionTags {
    /// - Throws: AWS's errors.
    static func validate(_ tags: [String: String]) throws {
        if tags.count > LambdaLimits.tags {
            throw LambdaFailures.invalidParameter("Number of tags exceeds resource tag limit.")
        }
        for (key, value) in tags {
            guard (1...128).contains(key.count) else {
                throw LambdaFailures.invalidParameter("Tag keys must be between 1 and 128 characters long.")
            }
            guard value.count <= 256 else {
                throw LambdaFailures.invalidParameter("Tag values must be at most 256 characters long.")
            }
            if key.lowercased().hasPrefix("aws:") {
                throw LambdaFailures.invalidParameter(
                    "aws: prefixed tag key names are not allowed for external use.")
            }
        }
    }
}
