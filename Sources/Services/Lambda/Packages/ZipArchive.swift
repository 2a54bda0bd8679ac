/// A package's table of contents, read from the central directory and checked as a whole before anything is unpacked:
/// no path that leads out, no duplicate, no two entries that share bytes, no more than AWS's size.
struct ZipArchive: Sendable {
    /// Far more than any package has; a bound for the memory that an archive can make us use.
    static let maximumEntries = 200_000

    var entries: [ZipEntry]
    /// The size of everything unpacked, in bytes.
    var size: Int64

    /// - Throws: ``ZipError``.
    init(_ bytes: [UInt8], limit: Int64 = LambdaLimits.unzippedPackage) throws {
        let reader = ByteReader(bytes: bytes)
        let directory = try ZipDirectory(reader)
        guard directory.count > 0 else { throw ZipError.empty }
        guard directory.count <= Self.maximumEntries else { throw ZipError.broken("it has too many entries") }
        var offset = directory.range.lowerBound
        var entries: [ZipEntry] = []
        var occupied: [Range<Int>] = []
        var size: Int64 = 0
        for _ in 0..<directory.count {
            let header = try ZipHeader(reader, at: offset, within: directory.range)
            offset = header.end
            let (content, taken) = try header.locate(reader, shift: directory.shift, before: directory.range.lowerBound)
            occupied.append(taken)
            (size, _) = size.addingReportingOverflow(header.size)
            guard header.size < limit, size < limit else { throw ZipError.tooLarge }
            if let entry = try header.entry(content: content) { entries.append(entry) }
        }
        guard offset == directory.range.upperBound else { throw ZipError.broken("its directory has bytes left over") }
        try Self.refuseOverlap(occupied)
        try Self.refuseConflicts(entries)
        self.entries = entries
        self.size = size
    }

    /// Entries that share bytes make bombs of any size.
    private static func refuseOverlap(_ ranges: [Range<Int>]) throws {
        let sorted = ranges.sorted { ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound) }
        for (range, following) in zip(sorted, sorted.dropFirst()) where following.lowerBound < range.upperBound {
            throw ZipError.broken("two of its entries overlap")
        }
    }

    /// A name may stand for one thing only, and only folders have something below them.
    private static func refuseConflicts(_ entries: [ZipEntry]) throws {
        var kinds: [String: ZipEntry.Kind] = [:]
        for entry in entries {
            let known = kinds.updateValue(entry.kind, forKey: entry.name)
            guard known == nil || (known == .folder && entry.kind == .folder) else {
                throw ZipError.broken("it has an entry twice")
            }
        }
        for entry in entries {
            var parent = ""
            for part in entry.path.dropLast() {
                parent += parent.isEmpty ? part : "/" + part
                if let kind = kinds[parent], kind != .folder {
                    throw ZipError.broken("it has an entry below one that is no folder")
                }
            }
        }
    }
}
