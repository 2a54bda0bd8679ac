import Foundation

/// Package.swift as SwiftPM reads it, and where the checkout is.
struct PackageManifest: Decodable, Sendable {
    struct Target: Decodable, Sendable {
        var name: String
        var type: String
        var path: String?
        var dependencies: [Dependency]

        /// The folder with its sources, relative to the package.
        var folder: String { path ?? (type == "test" ? "Tests/\(name)" : "Sources/\(name)") }
    }

    /// A dependency is an object of one key, whose value is an array that starts with the name.
    struct Dependency: Decodable, Sendable {
        var name: String

        private enum Item: Decodable {
            case name(String)
            case other

            init(from decoder: any Decoder) throws {
                self = (try? decoder.singleValueContainer().decode(String.self)).map { .name($0) } ?? .other
            }
        }

        init(from decoder: any Decoder) throws {
            let items = try [String: [Item]](from: decoder).values.first?.first
            guard case .name(let name) = items else {
                throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "no name"))
            }
            self.name = name
        }
    }

    var targets: [Target]

    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Asks SwiftPM, with a scratch folder of its own, since a running `swift test` holds the usual one.
    static func load() throws -> PackageManifest {
        let scratch = FileManager.default.temporaryDirectory.appending(path: "martlet-manifest-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: scratch) }
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [
            "swift", "package", "--package-path", root.path, "--scratch-path", scratch.path, "dump-package",
        ]
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let json = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return try JSONDecoder().decode(PackageManifest.self, from: json)
    }

    /// The Swift files of a folder, generated ones last, as paths relative to the package.
    static func swiftFiles(below folder: String) -> [String] {
        let start = root.appending(path: folder)
        let paths = FileManager.default.enumerator(atPath: start.path)?.compactMap { $0 as? String } ?? []
        return paths.filter { $0.hasSuffix(".swift") }.map { "\(folder)/\($0)" }.sorted()
    }

    static func text(of path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }
}
