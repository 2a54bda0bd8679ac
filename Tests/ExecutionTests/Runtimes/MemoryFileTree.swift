import Execution

/// A file system of a test's own: files with their text, and links.
struct MemoryFileTree: FileTree {
    var files: [String: String] = [:]
    var links: [String: String] = [:]

    /// Adds a Python installation as it lies on disk.
    mutating func addPython(_ version: String, prefix: String, boto3: Bool = false) {
        files["\(prefix)/bin/python\(version)"] = "\u{7F}ELF"
        files["\(prefix)/lib/python\(version)/os.py"] = ""
        if boto3 {
            files["\(prefix)/lib/python\(version)/site-packages/boto3/__init__.py"] = ""
        }
    }

    mutating func addNode(prefix: String, header: (Int, Int, Int)? = nil) {
        files["\(prefix)/bin/node"] = "\u{7F}ELF"
        if let header {
            files["\(prefix)/include/node/node_version.h"] = """
                #ifndef SRC_NODE_VERSION_H_
                #define NODE_MAJOR_VERSION \(header.0)
                #define NODE_MINOR_VERSION \(header.1)
                #define NODE_PATCH_VERSION \(header.2)
                """
        }
    }

    func names(in folder: String) -> [String] {
        let paths = Array(files.keys) + Array(links.keys)
        return Set(
            paths.filter { $0.hasPrefix(folder + "/") }
                .compactMap { $0.dropFirst(folder.count + 1).split(separator: "/").first.map { String($0) } }
        ).sorted(by: >)
    }

    func realPath(_ path: String) -> String? {
        for (link, target) in links where path == link || path.hasPrefix(link + "/") {
            return realPath(target + path.dropFirst(link.count))
        }
        return files[path] != nil || files.keys.contains { $0.hasPrefix(path + "/") } ? path : nil
    }

    func isExecutable(_ path: String) -> Bool {
        realPath(path).map { $0.contains("/bin/") || $0.contains("/shims/") } ?? false
    }

    func head(of path: String, count: Int) -> [UInt8]? {
        realPath(path).flatMap { files[$0] }.map { Array($0.utf8.prefix(count)) }
    }
}
