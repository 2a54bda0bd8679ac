/// Decides where an archive's symbolic links lead, following the archive's other links as the kernel would.
struct LinkResolver {
    /// As many links as Linux follows for one path.
    private static let maximumSteps = 40
    /// What a function finds outside its package: its layers, its scratch space, and the package itself by its full
    /// name.
    private static let known: Set<String> = ["opt", "tmp"]

    /// Targets by the links' names.
    var links: [String: String]

    /// Whether following the link ends inside the package, or in a place that belongs to the function.
    func staysInside(_ path: [String]) -> Bool {
        guard let target = links[path.joined(separator: "/")] else { return true }
        var pending = Self.components(target)
        var current = Array(path.dropLast())
        if target.hasPrefix("/") {
            guard let rest = Self.inPackage(pending) else { return Self.isKnown(pending) }
            pending = rest
            current = []
        }
        var steps = 0
        pending.reverse()
        while let part = pending.popLast() {
            if part == ".." {
                if current.isEmpty { return false }
                current.removeLast()
                continue
            }
            current.append(part)
            guard let next = links[current.joined(separator: "/")] else { continue }
            steps += 1
            // A circle leads nowhere, and so not outside.
            if steps > Self.maximumSteps { return true }
            current.removeLast()
            var more = Self.components(next)
            if next.hasPrefix("/") {
                guard let rest = Self.inPackage(more) else { return Self.isKnown(more) }
                more = rest
                current = []
            }
            pending.append(contentsOf: more.reversed())
        }
        return true
    }

    private static func components(_ target: String) -> [String] {
        target.utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }.filter { $0 != "." }
    }

    private static func inPackage(_ parts: [String]) -> [String]? {
        parts.starts(with: ["var", "task"]) ? Array(parts.dropFirst(2)) : nil
    }

    private static func isKnown(_ parts: [String]) -> Bool {
        parts.first.map(known.contains) == true && !parts.contains("..")
    }
}
