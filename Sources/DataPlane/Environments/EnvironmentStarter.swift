import Execution
import Foundation
import NIOCore
import RuntimeAPI
import Sandbox
import ServiceKit
import ServiceModel

/// Starts execution environments: a sandbox, its sockets, its log.
struct EnvironmentStarter: Sendable {
    let services: EnvironmentServices
    let configuration: DataPlaneConfiguration
    let group: any EventLoopGroup

    /// How long a role's credentials work. Environments are ended well before.
    static let credentialLife: Duration = .seconds(12 * 3600)

    /// The log that an environment writes to, also if it has to be started twice.
    func makeLog(_ function: FunctionVersion, on loop: any EventLoop) -> EnvironmentLog {
        let (year, month, day) = Timestamp.civil(daysSinceEpoch: services.time.now.milliseconds / 86_400_000)
        let date = "\(year)/\(month < 10 ? "0" : "")\(month)/\(day < 10 ? "0" : "")\(day)"
        let stream = "\(date)/[\(function.version)]\(RandomHex.text(digits: 32))"
        let address = LogStreamAddress(
            account: function.account, region: function.region, group: function.logGroup, stream: stream)
        return EnvironmentLog(
            function, address: address, writer: services.logs.writer(address), time: services.time, loop: loop)
    }

    /// Starts the processes; the runtime has not asked for an event yet.
    /// - Throws: ``SandboxError``, ``RuntimeMissing``.
    func start(_ function: FunctionVersion, log: EnvironmentLog, on loop: any EventLoop) async throws
        -> ExecutionEnvironment
    {
        let runtime = try await services.runtimes.locate(function)
        let (roleName, roleID) = await role(of: function)
        let key = try services.credentials.issue(
            account: function.account, role: roleName, roleID: roleID, session: function.name,
            duration: Self.credentialLife)
        let warnings = [
            runtime.warning,
            function.architecture == "arm64" ? Self.architectureWarning(managed: runtime.managed) : nil,
        ]
        let hub = TelemetryHub(on: loop) { [time = services.time] in time.now }
        let extensions = EnvironmentExtensions(function, telemetry: hub)
        loop.execute {
            log.telemetry = hub
            log.platform(
                .initStart(
                    runtime: runtime.version,
                    runtimeVersionARN: RuntimeVersionARN.make(function.runtime, region: function.region),
                    functionName: function.name, functionVersion: function.version))
            for warning in warnings { if let warning { log.platform(.warning(warning)) } }
        }
        var configuration = SandboxConfiguration(
            id: RandomHex.text(digits: 24), command: runtime.command,
            environment: EnvironmentVariables.make(
                function, logStream: log.address.stream, credentials: key, managed: runtime.managed,
                runtime: runtime.environment, endpoint: "http://127.0.0.1:\(services.endpoint.port)",
                telemetryDescriptor: runtime.managed ? 1 : nil),
            code: function.codeFolder, binds: runtime.binds + Self.layers(of: function), memory: function.memory,
            temporaryStorage: function.ephemeralStorage,
            listeningPorts: [Self.runtimeAPIPort, services.endpoint.port, Self.telemetryPort],
            network: self.configuration.network)
        if Self.hasExtensions(function) {
            configuration.runsExtensions = true
            configuration.listeningPorts.append(Self.supervisorPort)
        }
        let sandbox = try await services.sandboxes.start(configuration)
        let environment = ExecutionEnvironment(
            function, sandbox: sandbox, log: log, loop: loop, born: .now, extensions: extensions)
        do {
            try await connect(
                environment,
                principal: .assumedRole(
                    account: function.account, role: roleName, roleID: roleID, session: function.name))
        } catch {
            await sandbox.kill()
            throw error
        }
        Task {
            let exit = await sandbox.exit()
            loop.execute { environment.sandboxEnded(exit) }
        }
        return environment
    }

    /// One folder, whatever the number of layers.
    private static func layers(of function: FunctionVersion) -> [SandboxConfiguration.Bind] {
        function.layersFolder.map { [SandboxConfiguration.Bind(host: $0, inside: "/opt")] } ?? []
    }

    private static let runtimeAPIPort = 9001
    /// Not a port that anybody else uses: from here telemetry is sent, and there the supervisor of extensions reports.
    private static let telemetryPort = 65_534
    private static let supervisorPort = 65_533

    /// Whether programs are to run beside the runtime.
    private static func hasExtensions(_ function: FunctionVersion) -> Bool {
        guard let layers = function.layersFolder else { return false }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "\(layers)/extensions")) ?? []
        return !names.isEmpty
    }

    private static func architectureWarning(managed: Bool) -> String? {
        managed ? "The function's architecture is arm64; it runs on this machine's own architecture." : nil
    }

    private func connect(_ environment: ExecutionEnvironment, principal: Principal) async throws {
        let sandbox = environment.sandbox
        let loop = environment.loop
        guard let api = sandbox.takeListener(port: Self.runtimeAPIPort), let pipe = sandbox.takeOutput() else {
            throw SandboxError.failed("the sandbox gave no sockets")
        }
        let telemetry = sandbox.takeListener(port: Self.telemetryPort)
        if let host = environment.extensionHost {
            let supervisor = sandbox.takeListener(port: Self.supervisorPort)
            try await loop.flatSubmit {
                host.telemetry.connect(telemetry.flatMap { TelemetrySender(listeningSocket: $0, on: loop) })
                return supervisor.map { host.supervise($0, on: loop) } ?? loop.makeSucceededVoidFuture()
            }.get()
        }
        let server = try await RuntimeAPIServer.start(socket: api, on: loop, session: environment).get()
        var endpoints: [@Sendable () -> Void] = [{ server.close(promise: nil) }]
        if let listener = sandbox.takeListener(port: services.endpoint.port) {
            endpoints.append(
                try await services.endpoint.serve(
                    listeningSocket: listener, account: environment.function.account,
                    region: environment.function.region,
                    principal: principal))
        }
        let closers = endpoints
        try await loop.flatSubmit {
            OutputReader.start(pipe: pipe, log: environment.log, on: loop).map { reader in
                environment.attach(output: reader, endpoints: closers)
            }
        }.get()
    }

    /// The role's name and id. A role that IAM does not know (only possible with `--auth open`) gets an id of its own name.
    private func role(of function: FunctionVersion) async -> (name: String, id: String) {
        let path = function.role.split(separator: ":", omittingEmptySubsequences: false).last ?? ""
        let name = String(path.split(separator: "/").last ?? "role")
        let known = try? await services.roles.role(account: function.account, name: name)
        return (name, known?.id ?? "AROAUNKNOWN\(function.account)")
    }
}

/// Random hexadecimal text.
enum RandomHex {
    static func text(digits: Int) -> String {
        var text = ""
        while text.utf8.count < digits {
            let part = String(UInt64.random(in: .min ... .max), radix: 16)
            text += String(repeating: "0", count: 16 - part.utf8.count) + part
        }
        return String(text.prefix(digits))
    }
}
