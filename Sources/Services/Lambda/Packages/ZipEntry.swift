/// One file, folder or link of a ZIP archive, checked.
struct ZipEntry: Sendable, Hashable {
    enum Kind: Sendable, Hashable { case file, folder, link }

    /// Relative, without `.` and `..`, never empty.
    var path: [String]
    var kind: Kind
    /// Permission bits, without set-uid, set-gid and sticky. Everyone may read, and enter folders.
    var mode: UInt16
    /// Whether the content is deflated rather than stored.
    var isDeflated: Bool
    /// Where the content is in the archive.
    var content: Range<Int>
    /// The size of the content once it is unpacked, in bytes, as the archive says.
    var size: Int64
    var checksum: UInt32

    var name: String { path.joined(separator: "/") }
}

/// Why an archive is refused.
enum ZipError: Error, Sendable, Hashable {
    /// It is damaged, or not of the form that AWS accepts; the reason is for our log.
    case broken(String)
    /// It unpacks to more than a function may have.
    case tooLarge
    case empty
}
