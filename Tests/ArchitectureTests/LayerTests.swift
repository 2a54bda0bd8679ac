import Foundation
import Testing

/// The imports of the sources against Package.swift, and Package.swift against the layers of docs/design.md.
struct LayerTests {
    /// Modules that come with the toolchain or the system.
    private static let toolchain: Set = [
        "Darwin", "Dispatch", "Foundation", "FoundationEssentials", "Glibc", "Musl", "Swift", "Synchronization",
        "Testing",
    ]

    /// Products that have several modules or another module name.
    private static let modules: [String: Set<String>] = [
        "Collections": ["Collections", "DequeModule", "OrderedCollections", "HashTreeCollections", "HeapModule"]
    ]

    /// What a layer may stand on, of our own targets. A target that is not here may use anything but the executable.
    private static let layers: [String: Set<String>] = [
        "CServiceModels": [],
        "ServiceModel": ["CServiceModels"],
        "WireProtocols": ["ServiceKit", "ServiceModel"],
        "CChecksums": [],
        "ServiceKit": ["CChecksums", "ServiceModel"],
        "Persistence": ["ServiceKit", "ServiceModel", "CPostgres"],
        "Execution": ["ServiceKit", "ServiceModel"],
        "HTTPScanner": [],
        "RuntimeAPI": ["Execution", "HTTPScanner", "ServiceKit", "ServiceModel"],
        "Sandbox": ["ServiceKit", "ServiceModel"],
        "SandboxLinux": ["Sandbox", "ServiceKit", "ServiceModel", "CLauncherProtocol"],
        "DataPlane": ["Execution", "RuntimeAPI", "Sandbox", "ServiceKit", "ServiceModel"],
        "Outbound": ["ServiceKit", "ServiceModel"],
        "CEpoll": [],
        "FrontDoor": ["CEpoll", "HTTPScanner", "WireProtocols", "ServiceKit", "ServiceModel"],
        "CNameServer": [],
        "zygote": ["CLauncherProtocol"],
        "launcher": ["CLauncherProtocol", "CNameServer"],
    ]

    /// What services are written against; never each other.
    private static let underServices: Set = ["ServiceKit", "ServiceModel", "Persistence", "Execution", "CZlib"]

    /// External products that only some layers may use.
    private static let confined: [String: Set<String>] = [
        "GRDB": ["Persistence"],
        "NIOPosix": ["FrontDoor", "RuntimeAPI", "DataPlane", "Outbound", "martlet", "TestSupport"],
        "NIOHTTP1": ["FrontDoor", "RuntimeAPI", "Outbound", "martlet"],
        "NIOCore": ["ServiceKit", "S3", "FrontDoor", "RuntimeAPI", "DataPlane", "Outbound", "martlet", "TestSupport"],
        "AsyncHTTPClient": ["Outbound"],
        "ArgumentParser": ["martlet"],
        "CPostgres": ["Persistence"],
        "CZlib": ["Lambda"],
    ]

    @Test func `files import what their target declares, and nothing else`() throws {
        for target in try PackageManifest.load().targets {
            var allowed = Self.toolchain.union([target.name])
            for dependency in target.dependencies {
                allowed.formUnion(Self.modules[dependency.name] ?? [dependency.name])
            }
            for path in PackageManifest.swiftFiles(below: target.folder) {
                for module in try Self.imports(in: PackageManifest.text(of: path)) {
                    #expect(
                        allowed.contains(module), "\(path) imports \(module), which \(target.name) does not declare")
                }
            }
        }
    }

    @Test func `targets stand on the layers below them`() throws {
        let targets = try PackageManifest.load().targets.filter { $0.type != "test" }
        let own = Set(targets.map(\.name))
        for target in targets where target.name != "martlet" {
            let isService = target.folder.hasPrefix("Sources/Services/")
            let allowed = isService ? Self.underServices : Self.layers[target.name] ?? own.subtracting(["martlet"])
            for dependency in target.dependencies.map(\.name) where own.contains(dependency) {
                #expect(allowed.contains(dependency), "\(target.name) may not use \(dependency)")
            }
        }
        for target in targets {
            for dependency in target.dependencies.map(\.name) {
                if let users = Self.confined[dependency] {
                    #expect(users.contains(target.name), "\(target.name) may not use \(dependency)")
                }
            }
        }
    }

    @Test func `every layer is there, and every folder is a target`() throws {
        let targets = try PackageManifest.load().targets
        let names = Set(targets.map(\.name))
        #expect(names.isSuperset(of: Self.layers.keys))
        let folders = Set(targets.map(\.folder))
        for parent in ["Sources", "Sources/Services", "Tests/Services"] {
            let entries = try FileManager.default.contentsOfDirectory(
                atPath: PackageManifest.root.appending(path: parent).path)
            for entry in entries where entry != "Services" && !entry.hasPrefix(".") {
                #expect(folders.contains("\(parent)/\(entry)"), "\(parent)/\(entry) is no target")
            }
        }
    }

    /// The modules that a file imports, in any form: `public import X`, `@testable import X`, `import struct X.Y`.
    static func imports(in text: String) -> [String] {
        var found: [String] = []
        for line in text.split(separator: "\n") where line.first != " " {
            var words = line.split(separator: " ")[...]
            while let word = words.first,
                word.hasPrefix("@") || ["public", "package", "internal", "private", "fileprivate"].contains(word)
            {
                words = words.dropFirst()
            }
            guard words.first == "import", var module = words.dropFirst().first else { continue }
            if ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias"].contains(module) {
                guard let next = words.dropFirst(2).first else { continue }
                module = next
            }
            found.append(String(module.prefix(while: { $0 != "." && $0 != ";" })))
        }
        return found
    }

    @Test func `imports are recognised in every form`() {
        let text = """
            import A
            public import B
            @testable import C
            @preconcurrency internal import struct D.Inner
            // import E
                import F
            let text = "import G"
            """
        #expect(Self.imports(in: text) == ["A", "B", "C", "D"])
    }
}
