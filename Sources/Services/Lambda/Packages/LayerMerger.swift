import Foundation

/// Lays unpacked layers over each other in one folder, as `/opt` shows them. Blocks; runs off the cooperative pool.
///
/// Files are hard links to the layers' own: merging costs no room, and whatever functions have a layer share its pages in
/// memory.
enum LayerMerger {
    /// Merges the folders into the folder `destination`, which appears when it is complete, or not at all. What a later
    /// folder has replaces what an earlier one has.
    static func merge(_ folders: [String], into destination: String) throws {
        let parent = (destination as NSString).deletingLastPathComponent
        let temporary = "\(parent)/.incoming-\(UUID().uuidString.lowercased())"
        do {
            try call("mkdir", temporary, mkdir(temporary, 0o755))
            for folder in folders { try add(folder, to: temporary) }
            if rename(temporary, destination) != 0 {
                // Another merge of the same layers was faster.
                guard errno == EEXIST || errno == ENOTEMPTY else { throw failure("rename", destination) }
                PackageExtractor.remove(temporary)
            }
        } catch {
            PackageExtractor.remove(temporary)
            throw error
        }
    }

    private static func add(_ source: String, to target: String) throws {
        for name in try FileManager.default.contentsOfDirectory(atPath: source) {
            let (from, to) = ("\(source)/\(name)", "\(target)/\(name)")
            guard let status = status(from) else { throw failure("lstat", from) }
            let there = self.status(to)
            switch status.st_mode & S_IFMT {
            case S_IFDIR:
                if let there, there.st_mode & S_IFMT != S_IFDIR { try call("unlink", to, unlink(to)) }
                if there.map({ $0.st_mode & S_IFMT != S_IFDIR }) ?? true { try call("mkdir", to, mkdir(to, 0o755)) }
                try add(from, to: to)
                chmod(to, status.st_mode & 0o777)
            case S_IFLNK:
                if there != nil { PackageExtractor.remove(to) }
                let link = try FileManager.default.destinationOfSymbolicLink(atPath: from)
                try call("symlink", to, symlink(link, to))
            default:
                if there != nil { PackageExtractor.remove(to) }
                if link(from, to) == 0 { continue }
                // A file has as many links as it may have, or the file system knows none.
                guard [EMLINK, EPERM, EXDEV, EOPNOTSUPP].contains(errno) else { throw failure("link", to) }
                try FileManager.default.copyItem(atPath: from, toPath: to)
            }
        }
    }

    private static func status(_ path: String) -> stat? {
        var status = stat()
        return lstat(path, &status) == 0 ? status : nil
    }

    private static func call(_ name: String, _ path: String, _ result: Int32) throws {
        if result != 0 { throw failure(name, path) }
    }

    private static func failure(_ call: String, _ path: String) -> any Error {
        errno == ENOSPC || errno == EDQUOT
            ? LambdaFailures.service("No space is left on the disk for the function's layers.")
            : PackageFailure(call: call, path: path, code: errno)
    }
}
