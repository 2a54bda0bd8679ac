import Execution
import Testing

struct RuntimeCatalogTests {
    private func catalog(_ files: MemoryFileTree, isStrict: Bool = false) -> RuntimeCatalog {
        let search = InterpreterSearch(homes: ["/home/ada"], path: ["/usr/local/bin", "/usr/bin", "relative", ""])
        return RuntimeCatalog(findings: search.run(in: files), bootstraps: "/share/Runtimes", isStrict: isStrict)
    }

    private func runtime(_ name: String) throws -> RuntimeIdentifier {
        try #require(RuntimeIdentifier(name))
    }

    @Test func `interpreters are found where they usually are`() {
        var files = MemoryFileTree()
        files.addPython("3.11", prefix: "/usr")
        files.addPython("3.12", prefix: "/home/ada/.pyenv/versions/3.12.1")
        files.addPython("3.13", prefix: "/home/ada/.local/share/uv/python/cpython-3.13.1-linux-x86_64-gnu")
        files.addPython("3.14", prefix: "/opt/python3.14")
        files.addPython("3.9", prefix: "/opt/hostedtoolcache/Python/3.9.1/x64")
        files.addNode(prefix: "/usr", header: (20, 20, 2))
        files.addNode(prefix: "/home/ada/.nvm/versions/node/v22.3.0")
        files.addNode(prefix: "/home/ada/.local/share/fnm/node-versions/v18.4.0/installation")
        let found = catalog(files).interpreters.map { "\($0.language.rawValue) \($0.version) \($0.prefix)" }
        #expect(
            Set(found) == [
                "Python 3.11 /usr", "Python 3.12 /home/ada/.pyenv/versions/3.12.1",
                "Python 3.13 /home/ada/.local/share/uv/python/cpython-3.13.1-linux-x86_64-gnu",
                "Python 3.14 /opt/python3.14",
                "Python 3.9 /opt/hostedtoolcache/Python/3.9.1/x64", "Node.js 20.20.2 /usr",
                "Node.js 22.3.0 /home/ada/.nvm/versions/node/v22.3.0",
                "Node.js 18.4.0 /home/ada/.local/share/fnm/node-versions/v18.4.0/installation",
            ])
    }

    @Test func `links are followed, and one program is listed once`() {
        var files = MemoryFileTree()
        files.addPython("3.12", prefix: "/opt/python/3.12.1")
        files.links["/usr/local/bin/python3.12"] = "/opt/python/3.12.1/bin/python3.12"
        files.links["/opt/python/3.12"] = "/opt/python/3.12.1"
        #expect(catalog(files).interpreters.map(\.executable) == ["/opt/python/3.12.1/bin/python3.12"])
    }

    @Test func `scripts that choose a version, other implementations and broken installations are none`() {
        var files = MemoryFileTree()
        files.files["/usr/bin/python3.12"] = "#!/bin/sh"
        files.files["/usr/bin/node"] = "#!/bin/sh"
        files.files["/usr/local/bin/python3.11"] = "\u{7F}ELF"
        files.files["/home/ada/.pyenv/versions/pypy3.9/bin/pypy3.9"] = "\u{7F}ELF"
        files.links["/home/ada/.pyenv/versions/pypy3.9/bin/python3.9"] = "/home/ada/.pyenv/versions/pypy3.9/bin/pypy3.9"
        let catalog = catalog(files)
        #expect(catalog.interpreters.isEmpty)
        #expect(catalog.unidentified.isEmpty)
    }

    @Test func `a node of unknown version is asked, later`() throws {
        var files = MemoryFileTree()
        files.addNode(prefix: "/usr")
        let catalog = catalog(files)
        #expect(catalog.interpreters.isEmpty)
        #expect(catalog.unidentified == ["/usr/bin/node"])
        let complete = catalog.identifying(in: files) { $0 == "/usr/bin/node" ? "v18.19.0\n" : nil }
        #expect(complete.unidentified.isEmpty)
        #expect(try complete.resolve(runtime("nodejs18.x")).interpreter?.version.description == "18.19.0")
        #expect(catalog.identifying(in: files) { _ in nil }.interpreters.isEmpty)
        #expect(catalog.identifying(in: files) { _ in "rubbish" }.interpreters.isEmpty)
    }

    @Test(arguments: [
        ("python3.11", "3.11", false), ("python3.8", "3.9", true), ("python3.14", "3.13", true),
        ("python3.10", "3.11", true),
        ("python3.12", "3.13", true), ("nodejs18.x", "20.1.0", true), ("nodejs20.x", "20.1.0", false),
        ("nodejs24.x", "22.1.0", true),
        ("nodejs22.x", "22.1.0", false),
    ])
    func `the nearest version runs it, a newer one if two are as near`(name: String, version: String, warns: Bool)
        throws
    {
        var files = MemoryFileTree()
        for minor in [9, 11, 13] {
            files.addPython("3.\(minor)", prefix: "/home/ada/.pyenv/versions/3.\(minor).0")
        }
        files.addNode(prefix: "/home/ada/.nvm/versions/node/v20.1.0")
        files.addNode(prefix: "/home/ada/.nvm/versions/node/v22.1.0")
        let resolved = try catalog(files).resolve(runtime(name))
        #expect(resolved.interpreter?.version.description == version)
        #expect((resolved.warning != nil) == warns)
        if warns {
            #expect(
                resolved.warning?.hasPrefix("\(name) is not installed on this machine; the function runs with ") == true
            )
            let strict = catalog(files, isStrict: true)
            #expect(throws: RuntimeCatalog.Unavailable.self) { try strict.resolve(runtime(name)) }
        }
    }

    @Test func `of equal versions the one with the SDK is preferred, then the newest patch`() throws {
        var files = MemoryFileTree()
        files.addPython("3.12", prefix: "/usr")
        files.addPython("3.12", prefix: "/home/ada/.pyenv/versions/3.12.9", boto3: true)
        files.addPython("3.12", prefix: "/home/ada/.pyenv/versions/3.12.10", boto3: true)
        let preferred = try catalog(files).resolve(runtime("python3.12"))
        #expect(preferred.interpreter?.prefix == "/home/ada/.pyenv/versions/3.12.10")
    }

    @Test func `a language that is not there is said so`() throws {
        let catalog = catalog(MemoryFileTree())
        let python = try runtime("python3.12")
        #expect(throws: RuntimeCatalog.Unavailable.noInterpreter(python)) { try catalog.resolve(python) }
        #expect(try catalog.resolve(runtime("provided.al2023")).command(memory: 128) == ["/var/task/bootstrap"])
    }

    @Test func `an installation elsewhere appears at var lang`() throws {
        var files = MemoryFileTree()
        files.addPython("3.12", prefix: "/root/.pyenv/versions/3.12.1")
        let search = InterpreterSearch(homes: [], path: [], environment: ["PYENV_ROOT": "/root/.pyenv"])
        let catalog = RuntimeCatalog(findings: search.run(in: files), bootstraps: "/share/Runtimes")
        #expect(catalog.boundFolders == ["/share/Runtimes", "/root/.pyenv/versions/3.12.1"])
        let resolved = try catalog.resolve(runtime("python3.12"))
        #expect(resolved.binds.map(\.host) == ["/root/.pyenv/versions/3.12.1", "/share/Runtimes/python"])
        #expect(resolved.binds.map(\.inside) == ["/var/lang", "/var/runtime"])
        #expect(resolved.command(memory: 128) == ["/var/lang/bin/python3.12", "-S", "/var/runtime/bootstrap.py"])
        #expect(resolved.environment["PYTHONPATH"] == "/var/runtime")
    }

    @Test func `the system's own is where it is`() throws {
        var files = MemoryFileTree()
        files.addNode(prefix: "/usr", header: (20, 1, 0))
        files.files["/usr/lib/node_modules/@aws-sdk/client-s3/package.json"] = ""
        let resolved = try catalog(files).resolve(runtime("nodejs20.x"))
        #expect(resolved.binds.map(\.inside) == ["/var/runtime"])
        #expect(resolved.command(memory: 128).first == "/usr/bin/node")
        #expect(resolved.command(memory: 1000).contains("--max-old-space-size=900"))
        #expect(
            resolved.environment["NODE_PATH"]
                == "/opt/nodejs/node20/node_modules:/opt/nodejs/node_modules:/var/runtime/node_modules:/var/runtime:/var/task"
                + ":/usr/lib/node_modules:/usr/share/nodejs")
    }

    @Test func `bootstraps are found beside an installation and in a checkout`() {
        var files = MemoryFileTree()
        for root in ["/opt/martlet/share/martlet/Runtimes", "/src/martlet/Runtimes", "/given"] {
            files.files["\(root)/python/bootstrap.py"] = ""
            files.files["\(root)/nodejs/bootstrap.cjs"] = ""
        }
        files.files["/opt/martlet/bin/martlet"] = ""
        files.links["/usr/bin/martlet"] = "/opt/martlet/bin/martlet"
        func find(_ executable: String, _ environment: [String: String] = [:]) -> String? {
            BootstrapFolder.find(executable: executable, environment: environment, in: files)
        }
        #expect(find("/usr/bin/martlet") == "/opt/martlet/share/martlet/Runtimes")
        #expect(find("/src/martlet/.build/x86_64-unknown-linux-gnu/debug/martlet") == "/src/martlet/Runtimes")
        #expect(find("/usr/bin/martlet", ["MARTLET_RUNTIMES": "/given"]) == "/given")
        #expect(find("/usr/bin/martlet", ["MARTLET_RUNTIMES": "/wrong"]) == nil)
        #expect(find("/elsewhere/martlet") == nil)
        #expect(find("martlet") == nil)
    }

    @Test func `this machine can be searched`() {
        let search = InterpreterSearch(homes: ["/root"], path: ["/usr/local/bin", "/usr/bin", "/bin"])
        for interpreter in search.run(in: HostFileTree()).interpreters {
            #expect(interpreter.executable.hasPrefix(interpreter.prefix + "/bin/"))
        }
    }
}
