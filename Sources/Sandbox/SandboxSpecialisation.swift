/// What makes a stem the sandbox of a function.
public struct SandboxSpecialisation: Sendable {
    /// The program and its arguments, for a stem that waits before its exec; else empty.
    public var command: [String]
    /// The whole environment, `NAME=value`.
    public var environment: [String]
    /// The function's code, bound read-only at `/var/task`: a folder below the data folder.
    public var code: String
    /// Further folders below the data folder, for places that every sandbox has, such as `/opt`.
    public var binds: [SandboxConfiguration.Bind]
    /// The memory limit in MiB.
    public var memory: Int

    public init(
        command: [String], environment: [String], code: String, binds: [SandboxConfiguration.Bind] = [], memory: Int
    ) {
        self.command = command
        self.environment = environment
        self.code = code
        self.binds = binds
        self.memory = memory
    }
}
