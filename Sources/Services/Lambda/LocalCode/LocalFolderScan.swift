import Foundation

/// What a folder holds, as far as can be told without reading its files.
struct LocalFolderScan: Sendable, Hashable {
    /// Other contents, another number: of names, sizes, permissions, inodes and times, whatever their order on the disk.
    var fingerprint: UInt64
    /// Which folder it is.
    var identity: LocalFolderIdentity
    /// How many files and folders there are.
    var entries: Int
    /// One of those that other users cannot read, relative to the folder: functions run as another user.
    var unreadable: String?

    /// What is derived from other files, or no code: it changes without the code changing.
    static let skipped = [".git", "__pycache__"]
    /// More than the dependencies of any sensible function.
    static let mostEntries = 250_000
    static let deepest = 64

    /// Looks at everything in the folder. Blocks: about a second for a million files, if the kernel has seen them before.
    /// - Parameters:
    ///   - path: The folder's canonical path.
    ///   - watch: Is told of each folder before it is read.
    /// - Throws: ``LocalFolderError``.
    init(_ path: String, watch: LocalFolderWatch? = nil) throws {
        let root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        var status = stat()
        guard root >= 0 else { throw LocalFolderError.unreadable(code: errno) }
        guard fstat(root, &status) == 0 else {
            let code = errno
            close(root)
            throw LocalFolderError.unreadable(code: code)
        }
        identity = LocalFolderIdentity(status)
        var walk = Walk(watch: watch, device: status.st_dev)
        walk.note(status, hash: 0)
        try walk.folder(root, path: "", hash: 0, depth: 0)
        fingerprint = walk.fingerprint
        entries = walk.entries
        unreadable = walk.unreadable
    }

    private struct Walk {
        let watch: LocalFolderWatch?
        let device: dev_t
        var fingerprint: UInt64 = 0
        var entries = 0
        var unreadable: String?

        init(watch: LocalFolderWatch?, device: dev_t) {
            self.watch = watch
            self.device = device
        }

        /// Takes the descriptor.
        mutating func folder(_ descriptor: Int32, path: String, hash: UInt64, depth: Int) throws {
            watch?.add(descriptor)
            guard let stream = fdopendir(descriptor) else {
                close(descriptor)
                return
            }
            defer { closedir(stream) }
            while let entry = readdir(stream) {
                try withUnsafePointer(to: &entry.pointee.d_name) { name in
                    let name = UnsafeRawPointer(name).assumingMemoryBound(to: CChar.self)
                    if strcmp(name, ".") == 0 || strcmp(name, "..") == 0 { return }
                    try self.entry(name, in: descriptor, path: path, hash: hash, depth: depth)
                }
            }
        }

        private mutating func entry(
            _ name: UnsafePointer<CChar>, in folder: Int32, path: String, hash: UInt64, depth: Int
        ) throws {
            var status = stat()
            // Gone since it was listed: that is a change, which is seen next time.
            guard fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return }
            let kind = status.st_mode & S_IFMT
            if kind == S_IFDIR, skipped.contains(where: { strcmp(name, $0) == 0 }) { return }
            entries += 1
            guard entries <= mostEntries else { throw LocalFolderError.tooLarge }
            var own = hash
            for index in 0..<strlen(name) {
                own = (own ^ UInt64(UInt8(bitPattern: name[index]))) &* 0x0000_0100_0000_01b3
            }
            own = Self.mixed(own &+ 1)
            note(status, hash: own)
            let wanted: mode_t = kind == S_IFDIR ? S_IROTH | S_IXOTH : S_IROTH
            if unreadable == nil, kind == S_IFDIR || kind == S_IFREG, status.st_mode & wanted != wanted {
                unreadable = path + String(cString: name)
            }
            guard kind == S_IFDIR else { return }
            // Of another file system it is not known whether changes are heard of.
            if status.st_dev != device { watch?.doubt() }
            guard depth < deepest else { throw LocalFolderError.tooLarge }
            let inner = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            guard inner >= 0 else { return }
            try self.folder(inner, path: path + String(cString: name) + "/", hash: own, depth: depth + 1)
        }

        /// A folder's times change with what is skipped in it; what else changes them shows itself.
        mutating func note(_ status: stat, hash: UInt64) {
            var value = Self.mixed(hash ^ UInt64(status.st_ino))
            value = Self.mixed(value ^ UInt64(status.st_dev))
            value = Self.mixed(value ^ UInt64(status.st_mode))
            if status.st_mode & S_IFMT != S_IFDIR {
                value = Self.mixed(value ^ UInt64(bitPattern: Int64(status.st_size)))
                for time in [status.st_mtim, status.st_ctim] {
                    value = Self.mixed(value ^ UInt64(bitPattern: Int64(time.tv_sec)))
                    value = Self.mixed(value ^ UInt64(bitPattern: Int64(time.tv_nsec)))
                }
            }
            fingerprint &+= value
        }

        /// Spreads a change of any bit over all of them (the finaliser of SplitMix64).
        private static func mixed(_ value: UInt64) -> UInt64 {
            var value = value &+ 0x9e37_79b9_7f4a_7c15
            value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
            value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
            return value ^ (value >> 31)
        }
    }
}

/// One folder, whatever its path.
struct LocalFolderIdentity: Sendable, Hashable {
    private let device: dev_t
    private let inode: ino_t

    init(_ status: stat) {
        device = status.st_dev
        inode = status.st_ino
    }

    /// Nil if nothing is there.
    init?(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        self.init(status)
    }
}

/// Why a folder cannot be a function's code.
enum LocalFolderError: Error, Hashable {
    case unreadable(code: Int32)
    case tooLarge
}
