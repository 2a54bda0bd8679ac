public import ServiceKit

/// The environment variables of a function's processes.
///
/// Follows https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html.
public enum EnvironmentVariables {
    /// What the platform sets and a function's configuration may not change.
    public static let reserved: Set<String> = [
        "_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT",
        "LAMBDA_RUNTIME_DIR",
    ]

    /// The variables of one environment, as `NAME=value`, sorted.
    ///
    /// `managed` says whether AWS provides the runtime (not `provided…`), `runtime` what the found interpreter needs, such as
    /// `PATH` (the function's own variables win over it), `endpoint` where the platform's APIs are inside the sandbox, and
    /// `telemetryDescriptor` where runtimes may write framed log records.
    public static func make(
        _ function: FunctionVersion, logStream: String, credentials: AccessKey, managed: Bool,
        runtime: [String: String],
        endpoint: String, telemetryDescriptor: Int? = nil
    ) -> [String] {
        var variables = common(managed: managed, runtime: runtime, endpoint: endpoint)
        variables.merge(function.environment) { $1 }
        variables.merge(fixed) { $1 }
        variables.merge([
            "_HANDLER": function.handler,
            "AWS_REGION": function.region,
            "AWS_DEFAULT_REGION": function.region,
            "AWS_LAMBDA_FUNCTION_NAME": function.name,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": String(function.memory),
            "AWS_LAMBDA_FUNCTION_VERSION": function.version,
            "AWS_LAMBDA_INITIALIZATION_TYPE": function.initializationType.rawValue,
            "AWS_LAMBDA_LOG_GROUP_NAME": function.logGroup,
            "AWS_LAMBDA_LOG_STREAM_NAME": logStream,
            "AWS_ACCESS_KEY_ID": credentials.id,
            "AWS_SECRET_ACCESS_KEY": credentials.secret,
        ]) { $1 }
        variables["AWS_SESSION_TOKEN"] = credentials.sessionToken
        if managed { variables["AWS_EXECUTION_ENV"] = executionEnvironment(function.runtime) }
        // Of plain text AWS says nothing.
        if function.logFormat == .json {
            variables["AWS_LAMBDA_LOG_FORMAT"] = function.logFormat.rawValue
            variables["AWS_LAMBDA_LOG_LEVEL"] = function.applicationLogLevel ?? "INFO"
        }
        if let telemetryDescriptor { variables["_LAMBDA_TELEMETRY_LOG_FD"] = String(telemetryDescriptor) }
        return variables.map { "\($0.key)=\($0.value)" }.sorted()
    }

    static func executionEnvironment(_ runtime: String) -> String { "AWS_Lambda_\(runtime)" }

    /// What is the same for every function, and cannot be changed.
    static let fixed = [
        "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9001",
        "LAMBDA_TASK_ROOT": "/var/task",
        "LAMBDA_RUNTIME_DIR": "/var/runtime",
    ]

    /// What is the same for every function of a runtime, unless it sets it otherwise.
    static func common(managed: Bool, runtime: [String: String], endpoint: String) -> [String: String] {
        var variables = [
            "LANG": "en_US.UTF-8",
            "TZ": ":UTC",
            "PATH": "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin",
            "LD_LIBRARY_PATH":
                "/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib",
            "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
            "AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1:2000",
            "_AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1",
            "_AWS_XRAY_DAEMON_PORT": "2000",
            "AWS_ENDPOINT_URL": endpoint,
        ]
        if managed {
            variables["PWD"] = "/var/task"
            variables["SHLVL"] = "0"
        }
        return variables.merging(runtime) { $1 }
    }
}
