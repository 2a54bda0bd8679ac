import Foundation

/// The rules for a function's environment variables, and how they are written to bytes to be encrypted.
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
        let text = json(variables)
        if text.utf8.count > LambdaLimits.environment {
            throw LambdaFailures.invalidParameter(
                "Lambda was unable to configure your environment variables because the environment variables you have "
                    + "provided exceeded the 4KB limit. String measured: \(text)")
        }
    }

    /// Compact JSON with sorted keys: what AWS measures.
    static func json(_ variables: [String: String]) -> String {
        let members = variables.sorted { $0.key < $1.key }.map { "\(quoted($0.key)):\(quoted($0.value))" }
        return "{\(members.joined(separator: ","))}"
    }

    /// Reads what ``json(_:)`` wrote.
    /// - Returns: nil if it is anything else.
    static func parse(_ bytes: [UInt8]) -> [String: String]? {
        try? JSONSerialization.jsonObject(with: Data(bytes)) as? [String: String]
    }

    private static func quoted(_ text: String) -> String {
        var out = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case "\n": out += "\\n"
            case "\r": out += "\\r"
            case "\t": out += "\\t"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out + "\""
    }
}
