/// What the search for interpreters asks of a file system.
public protocol FileTree: Sendable {
    /// The names in a folder, in any order; none if it does not exist or may not be read.
    func names(in folder: String) -> [String]
    /// The absolute path without links; nil if there is nothing.
    func realPath(_ path: String) -> String?
    func isExecutable(_ path: String) -> Bool
    /// At most the first `count` bytes of a file; nil if it can't be read.
    func head(of path: String, count: Int) -> [UInt8]?
}
