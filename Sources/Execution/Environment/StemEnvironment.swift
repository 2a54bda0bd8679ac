/// Which functions can begin in a stem: a process that was started before it was known for whom.
public enum StemEnvironment {
    private static let names: Set<String> = [
        "AWS_LAMBDA_EXEC_WRAPPER", "HOME", "LANG", "LANGUAGE", "LOCPATH", "MALLOC_ARENA_MAX", "MARTLET_STEM", "NLSPATH",
        "OPENSSL_CONF", "OPENSSL_MODULES", "RES_OPTIONS", "LOCALDOMAIN", "SSL_CERT_DIR", "SSL_CERT_FILE", "TMPDIR",
        "TZ",
        "TZDIR", "JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "JDK_JAVA_OPTIONS",
    ]
    private static let prefixes = [
        "PYTHON", "NODE_", "LD_", "LC_", "MALLOC_", "GLIBC_", "GCONV_", "ICU_", "UV_", "RUBY", "GEM_", "DOTNET_",
        "COMPlus_",
        "CORECLR_",
    ]

    /// Whether a process may read the variable only at its start: a function that sets it gets a process of its own from
    /// the beginning.
    public static func isReadAtStart(_ name: String) -> Bool {
        names.contains(name) || prefixes.contains { name.hasPrefix($0) }
    }

    /// Whether a function with these variables of its own may begin in a stem.
    public static func fits(_ variables: [String: String]) -> Bool {
        !variables.keys.contains(where: isReadAtStart)
    }

    /// Room that a stem keeps so that `/proc/self/environ` can show its function's variables, in bytes.
    public static let room = 12 * 1024
    /// Made once: a string that repeats another is put together character by character, which takes half a millisecond here.
    private static let padding = String(decoding: [UInt8](repeating: UInt8(ascii: " "), count: room), as: UTF8.self)

    /// The environment of a stem that runs: what is the same for every function of its runtime, and the variable that tells
    /// the bootstrap where its socket is.
    public static func variables(
        runtime: String, needs: [String: String], endpoint: String, descriptor: Int
    ) -> [String] {
        var variables = EnvironmentVariables.common(managed: true, runtime: needs, endpoint: endpoint)
        variables.merge(EnvironmentVariables.fixed) { $1 }
        variables["AWS_EXECUTION_ENV"] = EnvironmentVariables.executionEnvironment(runtime)
        variables["MARTLET_STEM"] = "\(descriptor):" + padding
        return variables.map { "\($0.key)=\($0.value)" }.sorted()
    }
}
