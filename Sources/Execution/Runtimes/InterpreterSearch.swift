/// Finds the interpreters of a machine by where they usually are, without running anything: a start has no time for that.
public struct InterpreterSearch: Sendable {
    /// Users' home folders, in which version managers keep interpreters.
    public var homes: [String]
    /// The folders of `PATH`.
    public var path: [String]
    /// `PYENV_ROOT`, `NVM_DIR` and the like: any variables of the server's own environment.
    public var environment: [String: String]

    public init(homes: [String], path: [String], environment: [String: String] = [:]) {
        self.homes = homes
        self.path = path
        self.environment = environment
    }

    /// What was found: interpreters, and programs called `node` whose version their installation does not tell.
    public struct Findings: Sendable, Hashable {
        public var interpreters: [Interpreter] = []
        public var unidentified: [String] = []
    }

    /// The minor versions of Python 3 that are looked for.
    private static let pythonMinors = 8...19

    /// Looks for interpreters, those on `PATH` and of the system first.
    public func run(in files: some FileTree) -> Findings {
        var findings = Findings()
        var seen: Set<String> = []
        for folder in binFolders(in: files) {
            for candidate in candidates(in: folder) {
                guard let executable = files.realPath(candidate), seen.insert(executable).inserted,
                    files.isExecutable(executable), isProgram(executable, in: files)
                else { continue }
                if candidate.hasSuffix("/node") {
                    examineNode(executable, foundAs: candidate, in: files, &findings)
                } else {
                    examinePython(executable, in: files, &findings)
                }
            }
        }
        return findings
    }

    // MARK: Where to look

    private func binFolders(in files: some FileTree) -> [String] {
        var folders = path.filter { $0.hasPrefix("/") } + ["/usr/bin", "/usr/local/bin"]
        for (folder, suffix) in versionFolders {
            // Newer versions first, so that of two patches of one version the newer is met first.
            folders += files.names(in: folder).sorted(by: Self.isNewer).map { "\(folder)/\($0)\(suffix)/bin" }
        }
        folders += files.names(in: "/opt").filter { $0.hasPrefix("python") || $0.hasPrefix("node") }.sorted(
            by: Self.isNewer
        )
        .map { "/opt/\($0)/bin" }
        var seen: Set<String> = []
        return folders.filter { seen.insert($0).inserted }
    }

    /// Folders with one entry per installed version, and what follows the entry before `bin`.
    private var versionFolders: [(folder: String, suffix: String)] {
        var folders: [(String, String)] = []
        for (variable, name) in [("PYENV_ROOT", "versions"), ("NVM_DIR", "versions/node"), ("NODENV_ROOT", "versions")]
        {
            if let root = environment[variable], root.hasPrefix("/") {
                folders.append(("\(root)/\(name)", ""))
            }
        }
        for home in homes where home.hasPrefix("/") {
            folders += [
                ("\(home)/.pyenv/versions", ""),
                ("\(home)/.nvm/versions/node", ""),
                ("\(home)/.nodenv/versions", ""),
                ("\(home)/.asdf/installs/python", ""),
                ("\(home)/.asdf/installs/nodejs", ""),
                ("\(home)/.local/share/mise/installs/python", ""),
                ("\(home)/.local/share/mise/installs/node", ""),
                ("\(home)/.local/share/uv/python", ""),
                ("\(home)/.local/share/fnm/node-versions", "/installation"),
                ("\(home)/.volta/tools/image/node", ""),
            ]
        }
        return folders + [
            ("/opt/python", ""),
            ("/opt/hostedtoolcache/Python", "/x64"),
            ("/opt/hostedtoolcache/node", "/x64"),
            ("/usr/local/n/versions/node", ""),
        ]
    }

    private func candidates(in folder: String) -> [String] {
        Self.pythonMinors.map { "\(folder)/python3.\($0)" } + ["\(folder)/node"]
    }

    /// Orders names of versions by the numbers in them, descending.
    private static func isNewer(_ left: String, _ right: String) -> Bool {
        let (leftNumbers, rightNumbers) = (numbers(left), numbers(right))
        if leftNumbers != rightNumbers {
            return rightNumbers.lexicographicallyPrecedes(leftNumbers)
        }
        return left < right
    }

    private static func numbers(_ name: String) -> [Int] {
        name.split(whereSeparator: { !("0"..."9").contains($0) }).prefix(3).compactMap { Int($0) }
    }

    // MARK: What was found

    /// Version managers put scripts on `PATH` that choose a version when they run; those start with `#!`.
    private func isProgram(_ path: String, in files: some FileTree) -> Bool {
        guard let head = files.head(of: path, count: 4), head.count == 4 else { return false }
        return !head.starts(with: Array("#!".utf8))
    }

    private func examinePython(_ executable: String, in files: some FileTree, _ findings: inout Findings) {
        let (folder, name) = Self.split(executable)
        guard name.hasPrefix("python"), let version = LanguageVersion(name.dropFirst("python".count)),
            version.major == 3,
            version.minor != nil, let prefix = Self.parent(ofBin: folder)
        else { return }
        let libraries = ["\(prefix)/lib/\(name)", "\(prefix)/lib64/\(name)"]
        guard libraries.contains(where: { files.realPath("\($0)/os.py") != nil }) else { return }
        var packages = libraries.map { "\($0)/site-packages" }
        if prefix == "/usr" {
            packages = ["/usr/local/lib/\(name)/dist-packages", "/usr/lib/python3/dist-packages"]
        }
        let hasSDK = packages.contains { files.realPath("\($0)/boto3/__init__.py") != nil }
        findings.interpreters.append(
            Interpreter(language: .python, version: version, executable: executable, prefix: prefix, hasSDK: hasSDK))
    }

    private func examineNode(
        _ executable: String, foundAs candidate: String, in files: some FileTree, _ findings: inout Findings
    ) {
        let (folder, name) = Self.split(executable)
        guard name.hasPrefix("node"), let prefix = Self.parent(ofBin: folder) else { return }
        guard let version = nodeVersion(prefix: prefix, in: files) else {
            findings.unidentified.append(executable)
            return
        }
        findings.interpreters.append(Self.node(version, executable: executable, prefix: prefix, in: files))
    }

    static func node(
        _ version: LanguageVersion, executable: String, prefix: String, in files: some FileTree
    ) -> Interpreter {
        let hasSDK = ["lib/node_modules", "share/nodejs"].contains {
            files.names(in: "\(prefix)/\($0)/@aws-sdk").contains { $0.hasPrefix("client-") }
        }
        return Interpreter(language: .nodejs, version: version, executable: executable, prefix: prefix, hasSDK: hasSDK)
    }

    /// From the installation's header, or from a folder named after the version.
    private func nodeVersion(prefix: String, in files: some FileTree) -> LanguageVersion? {
        if let header = files.head(of: "\(prefix)/include/node/node_version.h", count: 4096) {
            var numbers: [String: Int] = [:]
            for line in String(decoding: header, as: UTF8.self).split(separator: "\n") {
                let words = line.split(separator: " ")
                if words.count == 3, words[0] == "#define", let number = Int(words[2]) {
                    numbers[String(words[1])] = number
                }
            }
            if let major = numbers["NODE_MAJOR_VERSION"] {
                return LanguageVersion(
                    major: major, minor: numbers["NODE_MINOR_VERSION"], patch: numbers["NODE_PATCH_VERSION"])
            }
        }
        for component in prefix.split(separator: "/").reversed().prefix(2) {
            if let version = LanguageVersion(component), version.minor != nil {
                return version
            }
        }
        return nil
    }

    private static func split(_ path: String) -> (folder: String, name: String) {
        guard let slash = path.lastIndex(of: "/") else { return ("", path) }
        return (String(path[..<slash]), String(path[path.index(after: slash)...]))
    }

    private static func parent(ofBin folder: String) -> String? {
        let (prefix, name) = split(folder)
        return name == "bin" && !prefix.isEmpty ? prefix : nil
    }
}
