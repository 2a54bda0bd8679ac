import Execution
import Foundation
import NIOCore
import RuntimeAPI
import Sandbox
import ServiceKit
import ServiceModel
import Synchronization

/// Starts execution environments: a sandbox, its sockets, its log.
struct EnvironmentStarter: Sendable {
    let services: EnvironmentServices
    let configuration: DataPlaneConfiguration
    let group: any EventLoopGroup
    /// nil: every environment starts from nothing.
    let stems: StemNursery?
    private let roleIDs = RoleIDs()

    init(
        services: EnvironmentServices, configuration: DataPlaneConfiguration, group: any EventLoopGroup,
        stems: StemNursery?
    ) {
        self.services = services
        self.configuration = configuration
        self.group = group
        self.stems = stems
    }

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
                    functionName: function.name, functionVersion: function.version,
                    type: function.initializationType))
            for warning in warnings { if let warning { log.platform(.warning(warning)) } }
        }
        let variables = EnvironmentVariables.make(
            function, logStream: log.address.stream, credentials: key, managed: runtime.managed,
            runtime: runtime.environment, endpoint: endpointURL, telemetryDescriptor: runtime.managed ? 1 : nil)
        let principal = Principal.assumedRole(
            account: function.account, role: roleName, roleID: roleID, session: function.name)
        if let environment = try await fromStem(
            function, runtime: runtime, variables: variables, principal: principal, log: log, extensions: extensions,
            on: loop)
        {
            return environment
        }
        var configuration = SandboxConfiguration(
            id: RandomHex.text(digits: 24), command: runtime.command, environment: variables,
            code: function.codeFolder, binds: runtime.binds + Self.layers(of: function), memory: function.memory,
            temporaryStorage: function.ephemeralStorage, listeningPorts: listeningPorts,
            network: self.configuration.network)
        if Self.hasExtensions(function) {
            configuration.runsExtensions = true
            configuration.listeningPorts.append(Self.supervisorPort)
        }
        let sandbox = try await services.sandboxes.start(configuration)
        let environment = ExecutionEnvironment(
            function, sandbox: sandbox, log: log, loop: loop, born: .now, extensions: extensions)
        do {
            try await connect(environment, principal: principal)
        } catch {
            await sandbox.kill()
            loop.execute { environment.abandon() }
            throw error
        }
        watch(environment)
        return environment
    }

    /// One folder, whatever the number of layers.
    private static func layers(of function: FunctionVersion) -> [SandboxConfiguration.Bind] {
        function.layersFolder.map { [SandboxConfiguration.Bind(host: $0, inside: "/opt")] } ?? []
    }

    /// Not a port that anybody else uses: from here telemetry is sent, and there the supervisor of extensions reports.
    private static let telemetryPort = 65_534
    private static let supervisorPort = 65_533

    /// Whether programs are to run beside the runtime.
    private static func hasExtensions(_ function: FunctionVersion) -> Bool {
        guard let layers = function.layersFolder else { return false }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "\(layers)/extensions")) ?? []
        return !names.isEmpty
    }

    /// An environment that begins in a stem; nil: there is none, or it was of no use.
    private func fromStem(
        _ function: FunctionVersion, runtime: LocatedRuntime, variables: [String], principal: Principal,
        log: EnvironmentLog, extensions: EnvironmentExtensions, on loop: any EventLoop
    ) async throws -> ExecutionEnvironment? {
        guard let stems, let kind = stemKind(function, runtime, forks: await services.sandboxes.forksStems) else {
            return nil
        }
        let stem = stems.take(kind)?.sandbox
        // What prevents a stem is no reason to start nothing.
        let made = stem == nil ? try? await forked(kind) : nil
        guard let sandbox = stem ?? made else { return nil }
        let environment = ExecutionEnvironment(
            function, sandbox: sandbox, log: log, loop: loop, born: .now, extensions: extensions)
        let orders = SandboxSpecialisation(
            command: kind.command.isEmpty ? runtime.command : [], environment: variables, code: function.codeFolder,
            binds: Self.layers(of: function), memory: function.memory)
        do {
            // The runtime has connected already, or will: its connection waits in the socket.
            async let specialised: Void = sandbox.specialise(orders)
            try await connect(environment, principal: principal)
            try await specialised
        } catch {
            await sandbox.kill()
            loop.execute { environment.abandon() }
            // What the function itself is to blame for would not be otherwise from nothing.
            if case SandboxError.invalidEntrypoint = error { throw error }
            return nil
        }
        watch(environment)
        return environment
    }

    /// A stem that is made for one function, where that is faster than starting its program; nil: it is not.
    private func forked(_ kind: StemKind) async throws -> (any Sandbox)? {
        guard kind.forks else { return nil }
        return try await services.sandboxes.start(
            kind.configuration(ports: listeningPorts, network: configuration.network))
    }

    /// Which stems the function may begin in; nil: none, as it sets what a process reads only at its start.
    private func stemKind(_ function: FunctionVersion, _ runtime: LocatedRuntime, forks: Bool) -> StemKind? {
        guard StemEnvironment.fits(function.environment), !Self.hasExtensions(function),
            !LibraryFolders.areByProcessor(function)
        else { return nil }
        guard runtime.managed else {
            return StemKind(
                name: "provided", command: [], environment: [], binds: runtime.binds, storage: function.ephemeralStorage
            )
        }
        return StemKind(
            name: function.runtime, command: runtime.command,
            environment: StemEnvironment.variables(
                runtime: function.runtime, needs: runtime.environment, endpoint: endpointURL,
                descriptor: Self.stemDescriptor),
            binds: runtime.binds, storage: function.ephemeralStorage,
            forks: forks && function.runtime.hasPrefix("python"))
    }

    private func watch(_ environment: ExecutionEnvironment) {
        Task {
            let exit = await environment.sandbox.exit()
            environment.loop.execute { environment.sandboxEnded(exit) }
        }
    }

    private static let runtimeAPIPort = 9001
    /// Where a stem's program finds its socket.
    private static let stemDescriptor = 63
    private var endpointURL: String { "http://127.0.0.1:\(services.endpoint.ports.first ?? 4566)" }
    private var listeningPorts: [Int] { Self.listeningPorts(endpoint: services.endpoint.ports) }

    /// The ports that every sandbox has.
    static func listeningPorts(endpoint: [Int]) -> [Int] { [runtimeAPIPort, telemetryPort] + endpoint }

    private static func architectureWarning(managed: Bool) -> String? {
        managed ? "The function's architecture is arm64; it runs on this machine's own architecture." : nil
    }

    /// Serves the sandbox's sockets and reads its output.
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
        try await loop.flatSubmit {
            RuntimeAPIServer.start(socket: api, on: loop, session: environment).flatMap { server in
                environment.attach { server.close(promise: nil) }
                return OutputReader.start(pipe: pipe, log: environment.log, on: loop)
            }.map { environment.attach(output: $0) }
        }.get()
        let close = services.endpoint.serve(
            listeningSockets: services.endpoint.ports.compactMap(sandbox.takeListener),
            account: environment.function.account, region: environment.function.region, principal: principal)
        loop.execute { environment.attach(close) }
    }

    /// The role's name and id. A role that IAM does not know (only possible with `--auth open`) gets an id of its own name.
    private func role(of function: FunctionVersion) async -> (name: String, id: String) {
        let path = function.role.split(separator: ":", omittingEmptySubsequences: false).last ?? ""
        let name = String(path.split(separator: "/").last ?? "role")
        let id = await roleIDs.id(account: function.account, name: name) { [services] in
            try? await services.roles.role(account: function.account, name: name)?.id
        }
        return (name, id ?? "AROAUNKNOWN\(function.account)")
    }
}

/// Random hexadecimal text.
enum RandomHex {
    static func text(digits: Int) -> String {
        var text = ""
        while text.utf8.count < digits {
            text += Hexadecimal.text(UInt64.random(in: .min ... .max), digits: 16)
        }
        return String(text.prefix(digits))
    }
}
