import Foundation
import ServiceKit

/// Unpacks checked archives into folders. Blocks; runs off the cooperative pool.
struct PackageExtractor: Sendable {
    /// How many files are flushed one by one before the whole file system is.
    private static let flushedSingly = 32

    /// Whether what is written is on the disk before the folder appears.
    var isDurable: Bool

    /// Unpacks `bytes` into the folder `destination`, which appears when it is complete, or not at all.
    /// - Returns: the size of what was unpacked, in bytes.
    /// - Throws: ``ZipError`` for a bad archive, `AWSError` if there is no room on the disk.
    @discardableResult
    func extract(_ bytes: [UInt8], to destination: String, limit: Int64 = LambdaLimits.unzippedPackage) throws -> Int64
    {
        let archive = try ZipArchive(bytes, limit: limit)
        let links = try linkTargets(archive, bytes)
        let folder = (destination as NSString).deletingLastPathComponent
        let temporary = "\(folder)/.incoming-\(UUID().uuidString.lowercased())"
        do {
            try makeFolder(temporary, mode: 0o755)
            try write(archive, bytes, links: links, into: temporary)
            if rename(temporary, destination) != 0 {
                // Another extraction of the same package was faster.
                guard errno == EEXIST || errno == ENOTEMPTY else { throw Self.failure("rename", destination) }
                Self.remove(temporary)
            }
            if isDurable { flush(folder) }
        } catch {
            Self.remove(temporary)
            throw error
        }
        return archive.size
    }

    /// Makes a folder of unpacked packages if it is missing, and removes what was left half unpacked.
    /// - Returns: what is there.
    static func prepare(_ folder: String) throws -> Set<String> {
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
        var found: Set<String> = []
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
            if name.hasPrefix(".incoming-") { remove("\(folder)/\(name)") } else { found.insert(name) }
        }
        return found
    }

    /// Removes a folder and what is in it; no error if there is none.
    static func remove(_ path: String) {
        try? FileManager.default.removeItem(atPath: path)
    }

    private func linkTargets(_ archive: ZipArchive, _ bytes: [UInt8]) throws -> [String: String] {
        var targets: [String: String] = [:]
        for entry in archive.entries where entry.kind == .link {
            guard entry.size > 0, entry.size < 4096 else { throw ZipError.broken("a link is damaged") }
            var target: [UInt8] = []
            try unpack(entry, bytes) { target.append(contentsOf: $0) }
            guard !target.contains(0), let text = String(validating: target, as: UTF8.self) else {
                throw ZipError.broken("a link is damaged")
            }
            targets[entry.name] = text
        }
        let resolver = LinkResolver(links: targets)
        for entry in archive.entries where entry.kind == .link && !resolver.staysInside(entry.path) {
            throw ZipError.broken("a link leads out of the package")
        }
        return targets
    }

    private func write(_ archive: ZipArchive, _ bytes: [UInt8], links: [String: String], into root: String) throws {
        var folders: Set<String> = []
        let flushesSingly = archive.entries.count <= Self.flushedSingly
        for entry in archive.entries {
            let parents = entry.kind == .folder ? entry.path : entry.path.dropLast()
            var parent = ""
            for part in parents {
                parent += "/" + part
                if folders.insert(parent).inserted { try makeFolder(root + parent, mode: 0o755) }
            }
            let path = "\(root)/\(entry.name)"
            switch entry.kind {
            case .folder: continue
            case .link:
                guard symlink(links[entry.name] ?? "", path) == 0 else { throw Self.failure("symlink", path) }
            case .file: try writeFile(entry, bytes, to: path, flushes: isDurable && flushesSingly)
            }
        }
        for entry in archive.entries where entry.kind == .folder {
            chmod("\(root)/\(entry.name)", mode_t(entry.mode))
        }
        guard isDurable else { return }
        if flushesSingly {
            for folder in folders { flush(root + folder) }
            flush(root)
        } else {
            // One by one would take seconds for the thousands of files of a package.json's dependencies.
            sync()
        }
    }

    private func writeFile(_ entry: ZipEntry, _ bytes: [UInt8], to path: String, flushes: Bool) throws {
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw Self.failure("open", path) }
        defer { close(file) }
        try unpack(entry, bytes) { piece in
            var rest = piece
            while !rest.isEmpty {
                let count = Foundation.write(file, rest.baseAddress, rest.count)
                if count < 0 {
                    if errno == EINTR { continue }
                    throw Self.failure("write", path)
                }
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            }
        }
        fchmod(file, mode_t(entry.mode))
        if flushes, fsync(file) != 0 { throw Self.failure("fsync", path) }
    }

    /// Unpacks one entry and verifies its checksum.
    private func unpack(_ entry: ZipEntry, _ bytes: [UInt8], write: (UnsafeRawBufferPointer) throws -> Void) throws {
        var checksum: UInt32 = 0
        try bytes.withUnsafeBufferPointer { buffer in
            let content = UnsafeBufferPointer(rebasing: buffer[entry.content])
            if entry.isDeflated {
                try Inflater.inflate(content, size: entry.size) { piece in
                    checksum = Inflater.checksum(checksum, piece)
                    try write(piece)
                }
            } else {
                checksum = Inflater.checksum(checksum, UnsafeRawBufferPointer(content))
                try write(UnsafeRawBufferPointer(content))
            }
        }
        guard checksum == entry.checksum else { throw ZipError.broken("an entry's checksum is wrong") }
    }

    private func makeFolder(_ path: String, mode: mode_t) throws {
        guard mkdir(path, 0o700) == 0 else { throw Self.failure("mkdir", path) }
        chmod(path, mode)
    }

    private func flush(_ path: String) {
        let folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { return }
        defer { close(folder) }
        fsync(folder)
    }

    private static func failure(_ call: String, _ path: String) -> any Error {
        switch errno {
        case ENOSPC, EDQUOT:
            LambdaFailures.service("No space is left on the disk for the function's code.")
        case ENAMETOOLONG, EILSEQ: ZipError.broken("a name is too long")
        default: PackageFailure(call: call, path: path, code: errno)
        }
    }
}

/// A call of the system that failed for a reason that is not the archive's.
struct PackageFailure: Error, Sendable, CustomStringConvertible {
    var call: String
    var path: String
    var code: Int32

    var description: String { "\(call) \(path): \(String(cString: strerror(code)))" }
}
