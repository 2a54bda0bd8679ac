import Foundation

/// Makes a package of a folder: a ZIP archive that is the same bytes whenever the folder holds the same.
struct LocalFolderArchive {
    /// How many entries an archive can have without extensions of the format.
    private static let mostEntries = 65_534
    /// 1980-01-01: times are no part of a package.
    private static let date: UInt32 = 0x0021_0000

    private(set) var bytes: [UInt8] = []
    private var directory: [UInt8] = []
    private var count = 0

    /// Reads everything in the folder. Blocks.
    /// - Throws: ``LocalFolderError``, or AWS's error for more than a function may have.
    init(_ folder: String) throws {
        let root = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard root >= 0 else { throw LocalFolderError.unreadable(code: errno) }
        try add(root, path: "", depth: 0)
        let start = bytes.count
        bytes += directory
        append(0x0605_4b50, as: UInt32.self, to: &bytes)
        append(0, as: UInt32.self, to: &bytes)
        append(count, as: UInt16.self, to: &bytes)
        append(count, as: UInt16.self, to: &bytes)
        append(directory.count, as: UInt32.self, to: &bytes)
        append(start, as: UInt32.self, to: &bytes)
        append(0, as: UInt16.self, to: &bytes)
        directory = []
    }

    /// Takes the descriptor.
    private mutating func add(_ folder: Int32, path: String, depth: Int) throws {
        guard depth <= LocalFolderScan.deepest else {
            close(folder)
            throw LocalFolderError.tooLarge
        }
        guard let stream = fdopendir(folder) else {
            close(folder)
            throw LocalFolderError.unreadable(code: errno)
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                String(validatingCString: UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self))
            }
            // A name that is no text cannot be in a package.
            if let name, name != ".", name != ".." { names.append(name) }
            guard names.count <= Self.mostEntries else { throw LocalFolderError.tooLarge }
        }
        for name in names.sorted() { try add(name, in: folder, path: path + name, depth: depth) }
    }

    private mutating func add(_ name: String, in folder: Int32, path: String, depth: Int) throws {
        var status = stat()
        guard fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return }
        switch status.st_mode & S_IFMT {
        case S_IFDIR:
            if LocalFolderScan.skipped.contains(name) { return }
            let inner = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            guard inner >= 0 else { throw LocalFolderError.unreadable(code: errno) }
            try record(path + "/", mode: status.st_mode, [])
            try add(inner, path: path + "/", depth: depth + 1)
        case S_IFLNK:
            var target = [UInt8](repeating: 0, count: 4096)
            let size = target.withUnsafeMutableBytes { buffer in
                buffer.baseAddress.map {
                    readlinkat(folder, name, $0.assumingMemoryBound(to: CChar.self), buffer.count)
                } ?? -1
            }
            guard size > 0 else { return }
            try record(path, mode: status.st_mode, Array(target.prefix(size)))
        case S_IFREG:
            let file = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
            guard file >= 0 else { throw LocalFolderError.unreadable(code: errno) }
            defer { close(file) }
            try record(path, mode: status.st_mode, try content(file, expected: Int(status.st_size)))
        default: return
        }
    }

    private func content(_ file: Int32, expected: Int) throws -> [UInt8] {
        let limit = Int(LambdaLimits.unzippedPackage) - bytes.count
        guard expected <= limit else { throw LambdaFailures.unzippedTooLarge }
        var content: [UInt8] = []
        content.reserveCapacity(expected)
        var block = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let size = read(file, &block, block.count)
            if size < 0, errno == EINTR { continue }
            guard size >= 0 else { throw LocalFolderError.unreadable(code: errno) }
            guard size > 0 else { return content }
            content += block.prefix(size)
            guard content.count <= limit else { throw LambdaFailures.unzippedTooLarge }
        }
    }

    private mutating func record(_ path: String, mode: mode_t, _ content: [UInt8]) throws {
        count += 1
        guard count <= Self.mostEntries else { throw LocalFolderError.tooLarge }
        let start = bytes.count
        let name = Array(path.utf8)
        let checksum = content.withUnsafeBytes { content.isEmpty ? 0 : Inflater.checksum(0, $0) }
        var common: [UInt8] = []
        append(20, as: UInt16.self, to: &common)
        // Names are UTF-8, contents stored as they are.
        append(0x0800, as: UInt16.self, to: &common)
        append(0, as: UInt16.self, to: &common)
        append(Self.date, as: UInt32.self, to: &common)
        append(checksum, as: UInt32.self, to: &common)
        append(content.count, as: UInt32.self, to: &common)
        append(content.count, as: UInt32.self, to: &common)
        append(name.count, as: UInt16.self, to: &common)
        append(0, as: UInt16.self, to: &common)

        append(0x0403_4b50, as: UInt32.self, to: &bytes)
        bytes += common + name
        bytes += content

        append(0x0201_4b50, as: UInt32.self, to: &directory)
        // Made by Unix: it has modes.
        append(3 << 8 | 20, as: UInt16.self, to: &directory)
        directory += common
        // No comment, the first disk, no internal attributes.
        for _ in 0..<3 { append(0, as: UInt16.self, to: &directory) }
        append(UInt32(mode) << 16, as: UInt32.self, to: &directory)
        append(start, as: UInt32.self, to: &directory)
        directory += name
    }

    private func append<T: FixedWidthInteger>(_ value: some BinaryInteger, as type: T.Type, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: T(truncatingIfNeeded: value).littleEndian) { bytes.append(contentsOf: $0) }
    }
}
