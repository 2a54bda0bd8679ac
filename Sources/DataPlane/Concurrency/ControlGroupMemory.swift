/// The limits of memory that hold for this process and those below it, by its control groups, as far as they can be seen: in a
/// container, the container's. Pure; the files are given.
enum ControlGroupMemory {
    /// A control group with a memory controller.
    struct Folder: Sendable, Hashable {
        enum Version: Sendable { case one, two }

        var path: String
        var version: Version
    }

    /// What a group lets those in it have, in bytes.
    struct Limit: Sendable, Hashable {
        var folder: Folder
        var limit: Int64
        /// Of which so much is left; pages that were read from files long ago count as free.
        var available: Int64
        /// See ``MachineRoom/Reading/stalled``.
        var stalled: Double
    }

    /// The group of a process and those above it.
    /// - Parameters:
    ///   - groups: its `/proc/PID/cgroup`.
    ///   - mounts: its `/proc/PID/mountinfo`.
    /// - Returns: its own first; none where no such controller is mounted.
    static func folders(groups: String, mounts: String) -> [Folder] {
        let mounts = mounts.split(separator: "\n").compactMap { Mount($0) }
        return groups.split(separator: "\n").flatMap { line -> [Folder] in
            // `4:memory:/docker/1f…` or `0::/system.slice/martlet.service`
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { return [] }
            let version: Folder.Version
            if parts[0] == "0", parts[1].isEmpty {
                version = .two
            } else if parts[1].split(separator: ",").contains("memory") {
                version = .one
            } else {
                return []
            }
            let candidates = mounts.filter { $0.version == version }
            guard let mount = candidates.first(where: { $0.place(of: parts[2]) != nil }) ?? candidates.first else {
                return []
            }
            return mount.folders(from: parts[2]).map { Folder(path: $0, version: version) }
        }
    }

    /// The limit of one group; nil: it has none.
    /// - Parameters:
    ///   - folder: the group's.
    ///   - read: gives the text of a file.
    /// - Returns: the limit, and what is left of it.
    static func limit(of folder: Folder, read: (String) -> String?) -> Limit? {
        func number(_ name: String) -> Int64? {
            read("\(folder.path)/\(name)").flatMap { Int64($0.prefix { $0.isNumber }) }
        }
        let limits: [Int64?]
        let used: Int64?
        let file: String
        switch folder.version {
        case .one:
            limits = [number("memory.limit_in_bytes")]
            used = limits[0].map { $0 < unlimited } == true ? number("memory.usage_in_bytes") : nil
            file = "total_inactive_file"
        case .two:
            // Where it is throttled, it is as good as full.
            limits = [number("memory.max"), number("memory.high")]
            used = limits.contains { $0 != nil } ? number("memory.current") : nil
            file = "inactive_file"
        }
        guard let limit = limits.compactMap({ $0 }).min(), limit < unlimited, let used else { return nil }
        let old = read("\(folder.path)/memory.stat").flatMap { MachineMemory.field(file, of: $0) } ?? 0
        let stalled = read("\(folder.path)/memory.pressure").flatMap(MachineMemory.pressure) ?? 0
        return Limit(
            folder: folder, limit: limit, available: max(0, limit - max(0, used - max(0, old))), stalled: stalled)
    }

    /// Version 1 has no word for it, but the largest number of pages.
    private static let unlimited: Int64 = 1 << 60
    /// Nobody nests groups deeper.
    private static let deepest = 64

    private struct Mount {
        let version: Folder.Version
        /// The group that is seen at ``point``.
        let root: String
        let point: String

        /// `36 35 0:31 /docker/1f… /sys/fs/cgroup/memory ro,nosuid - cgroup cgroup rw,memory`
        init?(_ line: Substring) {
            guard let separator = line.firstRange(of: " - ") else { return nil }
            let head = line[..<separator.lowerBound].split(separator: " ")
            let tail = line[separator.upperBound...].split(separator: " ")
            guard head.count >= 5, tail.count >= 3 else { return nil }
            switch tail[0] {
            case "cgroup2": version = .two
            case "cgroup" where tail[2].split(separator: ",").contains("memory"): version = .one
            default: return nil
            }
            root = Self.unescaped(head[3])
            point = Self.unescaped(head[4])
        }

        /// Where a group is, below the mount's point; nil: it cannot be seen.
        func place(of group: Substring) -> Substring? {
            if group.split(separator: "/").contains("..") { return nil }
            if root == "/" { return group == "/" ? "" : group }
            guard group.hasPrefix(root) else { return nil }
            let rest = group.dropFirst(root.count)
            return rest.isEmpty || rest.first == "/" ? rest : nil
        }

        /// The group's folder and those above it, up to the mount's; that one alone if the group cannot be seen.
        func folders(from group: Substring) -> [String] {
            var names = (place(of: group) ?? "").split(separator: "/").prefix(deepest)
            var folders: [String] = []
            while !names.isEmpty {
                folders.append(point + "/" + names.joined(separator: "/"))
                names.removeLast()
            }
            return folders + [point]
        }

        /// Spaces and the like are written as `\040`.
        private static func unescaped(_ text: Substring) -> String {
            guard text.contains("\\") else { return String(text) }
            var bytes: [UInt8] = []
            var rest = Array(text.utf8)[...]
            while let byte = rest.popFirst() {
                let digits = rest.prefix(3)
                if byte == UInt8(ascii: "\\"), digits.count == 3,
                    let code = UInt8(String(decoding: digits, as: UTF8.self), radix: 8)
                {
                    bytes.append(code)
                    rest = rest.dropFirst(3)
                } else {
                    bytes.append(byte)
                }
            }
            return String(decoding: bytes, as: UTF8.self)
        }
    }
}
