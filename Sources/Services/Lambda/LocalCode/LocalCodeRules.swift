import Crypto
import Foundation
import ServiceKit
import ServiceModel

/// Which folders of the host may be a function's code, and how answers show one that is.
///
/// A function asks for one in the place of a package in S3: the bucket is ``bucket``, the key is the folder's absolute path.
struct LocalCodeRules: Sendable {
    /// The name that tools for local development have for it.
    static let bucket = "hot-reload"

    /// Canonical paths.
    private let allowed: [String]
    private let dataFolder: String

    init(allowed: [String], dataFolder: String) {
        self.allowed = allowed
        self.dataFolder = Self.canonical(dataFolder) ?? dataFolder
    }

    /// Finds the folder that a path leads to now.
    /// - Returns: its canonical path, which is below an allowed folder.
    /// - Throws: `InvalidParameterValueException` with what is wrong.
    func resolve(_ path: String) throws -> String {
        guard !allowed.isEmpty else {
            throw Self.refusal(
                "A function's code can be the local folder \(path) only if Martlet was started with --allow-local-code "
                    + "and that folder, or one above it.")
        }
        guard path.hasPrefix("/"), !path.utf8.contains(0), path.utf8.count < 1024,
            !path.split(separator: "/").contains(where: { $0 == ".." || $0 == "." })
        else { throw Self.refusal("The local folder \(path) is no absolute path without . and .. in it.") }
        let folder = Self.canonical(path)
        let code = errno
        // Of what is elsewhere nobody learns whether it is there.
        guard allowed.contains(where: { Self.is(folder ?? path, in: $0) }) else {
            throw Self.refusal(
                "The local folder \(path) is not in a folder that Martlet was started with: --allow-local-code names "
                    + "\(allowed.joined(separator: ", ")).")
        }
        guard let folder else {
            throw Self.refusal("The local folder \(path) cannot be opened: \(Self.text(code)).")
        }
        guard !Self.is(folder, in: dataFolder), !Self.is(dataFolder, in: folder) else {
            throw Self.refusal("The local folder \(path) holds Martlet's own data, or is part of it.")
        }
        var status = stat()
        guard stat(folder, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw Self.refusal("The local folder \(path) is no folder.")
        }
        return folder
    }

    /// What stands in the place of a package's digest. It says where the code is, and nothing of what it is: that may change
    /// at any time.
    static func digest(_ path: String) -> String {
        Hexadecimal.encode(SHA256.hash(data: Array("local folder \(path)".utf8)))
    }

    /// What `GetFunction` shows as the code's location.
    static func location(_ path: String) -> String {
        "file://" + (path.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) ?? path)
    }

    static func refusal(_ message: String) -> AWSError { LambdaFailures.invalidParameter(message) }

    static func refusal(_ error: LocalFolderError, _ path: String) -> AWSError {
        switch error {
        case .unreadable(let code): refusal("The local folder \(path) cannot be read: \(text(code)).")
        case .tooLarge: refusal("The local folder \(path) is too deep, or holds too many files.")
        }
    }

    private static func text(_ code: Int32) -> String { String(cString: strerror(code)) }

    private static func `is`(_ path: String, in folder: String) -> Bool {
        path == folder || path.hasPrefix(folder + "/")
    }

    private static func canonical(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}
