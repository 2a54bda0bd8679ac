import Execution
import Testing

@Suite struct StemEnvironmentTests {
    @Test(arguments: [
        "AWS_LAMBDA_EXEC_WRAPPER", "NODE_OPTIONS", "NODE_EXTRA_CA_CERTS", "LD_PRELOAD", "LD_LIBRARY_PATH",
        "JAVA_TOOL_OPTIONS",
        "PYTHONPATH", "PYTHONHASHSEED", "PYTHONSTARTUP", "TZ", "LANG", "LC_ALL", "OPENSSL_CONF", "SSL_CERT_FILE",
        "UV_THREADPOOL_SIZE", "GLIBC_TUNABLES", "MALLOC_ARENA_MAX", "MARTLET_STEM",
    ]) func readAtTheStart(name: String) {
        #expect(!StemEnvironment.fits([name: "x"]))
    }

    @Test(arguments: [
        "TABLE", "PATH", "AWS_ENDPOINT_URL", "SECRET_KEY", "LDAP_URL", "POWERTOOLS_LOG_LEVEL", "NODEJS_MODE",
    ])
    func readWhenItIsUsed(name: String) {
        #expect(StemEnvironment.fits([name: "x"]))
    }

    @Test func aStemBeginsWithWhatIsTheSameForAll() throws {
        let variables = StemEnvironment.variables(
            runtime: "python3.12", needs: ["PYTHONPATH": "/var/runtime"], endpoint: "http://127.0.0.1:4566",
            descriptor: 63)
        let names = variables.compactMap { $0.split(separator: "=").first.map(String.init) }
        for name in ["TZ", "LANG", "PATH", "PYTHONPATH", "AWS_EXECUTION_ENV", "LAMBDA_TASK_ROOT", "AWS_ENDPOINT_URL"] {
            #expect(names.contains(name))
        }
        for name in [
            "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "_HANDLER", "AWS_LAMBDA_FUNCTION_NAME",
        ] {
            #expect(!names.contains(name))
        }
        let stem = try #require(variables.first { $0.hasPrefix("MARTLET_STEM=63:") })
        #expect(stem.utf8.count > StemEnvironment.room)
    }
}
