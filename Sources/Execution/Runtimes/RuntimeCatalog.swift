/// The interpreters of this machine, and which of them runs which runtime.
public struct RuntimeCatalog: Sendable {
    /// What was found, the preferred one of equal versions first.
    public private(set) var interpreters: [Interpreter]
    /// Programs called `node` whose version is not known yet; see ``identifying(with:in:)``.
    public private(set) var unidentified: [String]
    /// The folder of the bootstraps, with `python` and `nodejs` below it; nil if it is missing.
    public var bootstraps: String?
    /// Refuses to run a function with another version than it asks for.
    public var isStrict: Bool

    public init(findings: InterpreterSearch.Findings, bootstraps: String?, isStrict: Bool = false) {
        interpreters = findings.interpreters
        unidentified = findings.unidentified
        self.bootstraps = bootstraps
        self.isStrict = isStrict
    }

    /// Why a runtime has nothing to run on.
    public enum Unavailable: Error, Sendable, Hashable, CustomStringConvertible {
        case noInterpreter(RuntimeIdentifier)
        /// `isStrict`, and only another version is here.
        case otherVersion(RuntimeIdentifier, found: LanguageVersion)
        case noBootstraps

        public var description: String {
            switch self {
            case .noInterpreter(let runtime):
                "No interpreter for \(runtime) was found on this machine. `martlet runtimes` shows what was found."
            case .otherVersion(let runtime, let found):
                "The interpreter for \(runtime) is not on this machine, and --strict-runtimes forbids to use \(found) instead."
            case .noBootstraps:
                "Martlet's own files are incomplete: the folder Runtimes was not found. MARTLET_RUNTIMES can name it."
            }
        }
    }

    /// The catalog with the versions of ``unidentified`` programs asked for.
    /// - Parameters:
    ///   - files: the file system.
    ///   - version: runs `program --version` and gives its answer, such as `v20.1.0`; nil if that failed.
    /// - Returns: a catalog in which none is unidentified; those that gave no version are left out.
    public func identifying(in files: some FileTree, with version: (_ program: String) -> String?) -> RuntimeCatalog {
        var catalog = self
        catalog.unidentified = []
        for program in unidentified {
            let answer = version(program)?.prefix(while: { !$0.isWhitespace })
            guard let answer, let found = LanguageVersion(answer), program.hasSuffix("/bin/node") else { continue }
            let prefix = String(program.dropLast("/bin/node".count))
            catalog.interpreters.append(InterpreterSearch.node(found, executable: program, prefix: prefix, in: files))
        }
        return catalog
    }

    /// The folders of this machine that resolved runtimes bind into sandboxes, in order of preference, without repetition.
    public var boundFolders: [String] {
        var seen: Set<String> = []
        let prefixes = interpreters.filter { !$0.isInSystem }.map(\.prefix)
        return ([bootstraps].compactMap(\.self) + prefixes).filter { seen.insert($0).inserted }
    }

    /// The interpreter for a runtime: of its version, else of the nearest.
    ///
    /// Among those of one version one with AWS's SDK is preferred, as it is there on AWS; then the one found first.
    /// - Returns: nil if there is none, and for `provided`.
    public func interpreter(for runtime: RuntimeIdentifier) -> Interpreter? {
        guard let wanted = runtime.version else { return nil }
        let language: Interpreter.Language = runtime.family == .python ? .python : .nodejs
        func distance(_ interpreter: Interpreter) -> (Int, Int, Int) {
            let step = Self.release(interpreter.version) - Self.release(wanted)
            // A newer language usually still runs what was written for an older one.
            return (abs(step), step < 0 ? 1 : 0, interpreter.hasSDK ? 0 : 1)
        }
        let candidates = interpreters.filter { $0.language == language && $0.version.major >= 3 }
        // `min` gives the first of equals.
        return candidates.min { distance($0) < distance($1) }
    }

    /// Everything needed to start a function of this runtime.
    public func resolve(_ runtime: RuntimeIdentifier) throws(Unavailable) -> ResolvedRuntime {
        guard runtime.family != .provided, let wanted = runtime.version else {
            return ResolvedRuntime(runtime: runtime, interpreter: nil, bootstraps: nil)
        }
        guard let interpreter = interpreter(for: runtime) else { throw .noInterpreter(runtime) }
        guard let bootstraps else { throw .noBootstraps }
        guard Self.release(interpreter.version) != Self.release(wanted) else {
            return ResolvedRuntime(runtime: runtime, interpreter: interpreter, bootstraps: bootstraps)
        }
        guard !isStrict else { throw .otherVersion(runtime, found: interpreter.version) }
        return ResolvedRuntime(
            runtime: runtime, interpreter: interpreter, bootstraps: bootstraps,
            warning: "\(runtime) is not installed on this machine; the function runs with "
                + "\(interpreter.language.rawValue) \(interpreter.version) (\(interpreter.executable)), which may behave differently."
        )
    }

    /// What one runtime of a language follows another by: Python's minor version, the major version of Node.js.
    private static func release(_ version: LanguageVersion) -> Int {
        version.major == 3 ? version.minor ?? 0 : version.major
    }
}
