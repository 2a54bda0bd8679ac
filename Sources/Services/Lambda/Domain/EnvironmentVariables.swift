import ServiceModel

/// The rules for a function's environment variables.
enum EnvironmentVariables {
    /// Names that the execution environment sets itself:
    /// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
    static let reserved: Set<String> = [
        "_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_LAMBDA_RUNTIME_API",
        "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR",
    ]

    /// - Throws: AWS's errors for reserved names and for more than 4 KB.
    static func validate(_ variables: [String: String]) throws {
        let refused = variables.keys.filter(reserved.contains).sorted()
        if !refused.isEmpty {
            throw LambdaFailures.invalidParameter(
                "Lambda was unable to configure your environment variables because the environment variables you have "
                    + "provided contains reserved keys that are currently not supported for modification. "
                    + "Reserved keys used in this request: \(refused.joined(separator: ", "))")
        }
        // What AWS measures.
        let text = TextMap.text(variables)
        if text.utf8.count > LambdaLimits.environment {
            throw LambdaFailures.invalidParameter(
                "Lambda was unable to configure your environment variables because the environment variables you have "
                    + "provided exceeded the 4KB limit. String measured: \(text)")
        }
    }
}
