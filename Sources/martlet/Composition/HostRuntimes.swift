import DataPlane
import Execution
import Foundation
import Sandbox
import Synchronization

/// The interpreters of this machine, for the data plane.
final class HostRuntimes: RuntimeLocator, Sendable {
    private let catalog: Mutex<RuntimeCatalog>

    private let trust: SandboxTrust

    init(_ catalog: RuntimeCatalog, trust: SandboxTrust) {
        self.catalog = Mutex(catalog)
        self.trust = trust
    }

    /// Looks for interpreters without running any.
    static func discover(strict: Bool) -> RuntimeCatalog {
        let files = HostFileTree()
        let environment = ProcessInfo.processInfo.environment
        return RuntimeCatalog(
            findings: InterpreterSearch(
                homes: [environment["HOME"] ?? NSHomeDirectory()],
                path: (environment["PATH"] ?? "").split(separator: ":").map(String.init),
                environment: environment
            ).run(in: files),
            bootstraps: BootstrapFolder.find(executable: executable, environment: environment, in: files),
            isStrict: strict)
    }

    /// This program's file.
    static var executable: String {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    }

    func locate(_ function: FunctionVersion) async throws -> LocatedRuntime {
        guard let identifier = RuntimeIdentifier(function.runtime) else {
            throw RuntimeMissing("The runtime \(function.runtime) is not supported by Martlet.")
        }
        let bootstrap = identifier.family == .provided ? try bootstrap(of: function) : nil
        if identifier.family == .nodejs { await identifyAll() }
        let resolved: ResolvedRuntime
        do throws(RuntimeCatalog.Unavailable) {
            resolved = try catalog.withLock { catalog throws(RuntimeCatalog.Unavailable) in
                try catalog.resolve(identifier)
            }
        } catch {
            throw RuntimeMissing(error.description)
        }
        return LocatedRuntime(
            command: bootstrap.map { [$0] } ?? (wrapper(of: function) + resolved.command(memory: function.memory)),
            binds: resolved.binds.map { SandboxConfiguration.Bind(host: $0.host, inside: $0.inside) },
            environment: resolved.environment.merging(
                TrustVariables.make(identifier.family, hasHostBundle: trust.hasHostBundle)
            ) { $1 },
            managed: identifier.family != .provided,
            version: resolved.interpreter.map { "\($0.language.rawValue.lowercased()):\($0.version)" }
                ?? function.runtime,
            warning: resolved.warning)
    }

    /// Asks the programs whose version their path does not tell. Costs some milliseconds, once, and no event loop's.
    private func identifyAll() async {
        let known = catalog.withLock { $0 }
        guard !known.unidentified.isEmpty else { return }
        let identified = await Task.detached { Self.identified(known) }.value
        catalog.withLock { $0 = identified }
    }

    static func identified(_ catalog: RuntimeCatalog) -> RuntimeCatalog {
        catalog.identifying(in: HostFileTree()) { program in
            let process = Process()
            let pipe = Pipe()
            process.executableURL = URL(fileURLWithPath: program)
            process.arguments = ["--version"]
            process.standardOutput = pipe
            guard (try? process.run()) != nil else { return nil }
            let answer = pipe.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            return process.terminationStatus == 0 ? String(decoding: answer, as: UTF8.self) : nil
        }
    }

    /// The program of a `provided` function, as the sandbox sees it: its own, or a layer's.
    private func bootstrap(of function: FunctionVersion) throws -> String {
        let places = [("/var/task/bootstrap", function.codeFolder), ("/opt/bootstrap", function.layersFolder)]
        for case (let inside, let folder?) in places where Self.isThere("\(folder)/bootstrap") { return inside }
        throw SandboxError.invalidEntrypoint("Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]")
    }

    /// Without following a link: it leads to what it leads to inside. (Foundation would look up its owner's name, too.)
    private static func isThere(_ path: String) -> Bool {
        faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0
    }

    /// The function's wrapper script, often a layer's: it is started in the place of the runtime, with the runtime's command as
    /// its arguments. https://docs.aws.amazon.com/lambda/latest/dg/runtimes-modify.html
    private func wrapper(of function: FunctionVersion) -> [String] {
        guard let wrapper = function.environment["AWS_LAMBDA_EXEC_WRAPPER"], wrapper.hasPrefix("/") else { return [] }
        return [wrapper]
    }
}
