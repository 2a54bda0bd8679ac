/// How the environments of a function are started: the program, what must be bound into the sandbox, and variables.
public struct ResolvedRuntime: Sendable, Hashable {
    /// A folder of the host that appears, read-only, at another place in the sandbox.
    public struct Bind: Sendable, Hashable {
        public var host: String
        public var inside: String
    }

    public var runtime: RuntimeIdentifier
    /// nil for `provided`.
    public var interpreter: Interpreter?
    public var binds: [Bind]
    /// A sentence for the function's log and `martlet doctor`, if another version is used than asked for.
    public var warning: String?

    init(runtime: RuntimeIdentifier, interpreter: Interpreter?, bootstraps: String?, warning: String? = nil) {
        self.runtime = runtime
        self.interpreter = interpreter
        self.warning = warning
        binds = []
        guard let interpreter, let bootstraps else { return }
        if !interpreter.isInSystem {
            // Both languages find their libraries relative to the program, so an installation may move.
            binds.append(Bind(host: interpreter.prefix, inside: "/var/lang"))
        }
        let folder = interpreter.language == .python ? "python" : "nodejs"
        binds.append(Bind(host: "\(bootstraps)/\(folder)", inside: "/var/runtime"))
    }

    /// Where a program of a `provided` function may be, in the order in which AWS looks.
    public static let customBootstraps = ["/var/runtime/bootstrap", "/var/task/bootstrap", "/opt/bootstrap"]

    /// The interpreter's path in the sandbox.
    public var executable: String? {
        guard let interpreter else { return nil }
        guard !interpreter.isInSystem else { return interpreter.executable }
        return "/var/lang" + interpreter.executable.dropFirst(interpreter.prefix.count)
    }

    /// The program and its arguments. A function with `AWS_LAMBDA_EXEC_WRAPPER` has the wrapper in front of them.
    /// - Parameter memory: of the function, in MiB.
    /// - Returns: the paths as they are in the sandbox.
    public func command(memory: Int) -> [String] {
        guard let interpreter, let executable else { return [Self.customBootstraps[1]] }
        switch interpreter.language {
        case .python:
            // The bootstrap does what `site` does, except for the host's .pth files.
            return [executable, "-S", "/var/runtime/bootstrap.py"]
        case .nodejs:
            return [
                executable, "--expose-gc", "--max-http-header-size=81920",
                "--max-semi-space-size=\(max(1, memory * 5 / 100))",
                "--max-old-space-size=\(max(1, memory * 90 / 100))",
                "/var/runtime/bootstrap.cjs",
            ]
        }
    }

    /// The variables that this interpreter needs beside those of every function. The function may set them otherwise.
    public var environment: [String: String] {
        switch interpreter?.language {
        case .python: ["PYTHONPATH": "/var/runtime"]
        case .nodejs: ["NODE_PATH": nodePath]
        case nil: [:]
        }
    }

    private var nodePath: String {
        let major = runtime.version?.major ?? 0
        var folders = [
            "/opt/nodejs/node\(major)/node_modules", "/opt/nodejs/node_modules", "/var/runtime/node_modules",
            "/var/runtime",
            "/var/task",
        ]
        // AWS has its SDK in /var/runtime/node_modules; here it is where the host's npm put it.
        if let interpreter, interpreter.hasSDK {
            folders.append(
                interpreter.isInSystem ? "\(interpreter.prefix)/lib/node_modules" : "/var/lang/lib/node_modules")
            if interpreter.prefix == "/usr" {
                folders.append("/usr/share/nodejs")
            }
        }
        return folders.joined(separator: ":")
    }
}
