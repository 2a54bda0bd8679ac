/// One record of the central directory.
struct ZipHeader {
    private static let longestName = 1_024

    var name: [UInt8]
    var flags: Int
    var method: Int
    var checksum: UInt32
    var compressedSize: Int64
    var size: Int64
    var offset: Int64
    /// The mode of a system that has modes; zero if the archive was made elsewhere.
    var unixMode: UInt32
    /// Where the next record begins.
    var end: Int

    init(_ reader: ByteReader, at start: Int, within directory: Range<Int>) throws {
        guard try reader.uint32(start) == 0x0201_4B50 else { throw ZipError.broken("its directory is damaged") }
        let madeBy = try reader.uint16(start + 4) >> 8
        flags = try reader.uint16(start + 8)
        method = try reader.uint16(start + 10)
        checksum = try reader.uint32(start + 16)
        let packed = try reader.uint32(start + 20)
        let unpacked = try reader.uint32(start + 24)
        let nameLength = try reader.uint16(start + 28)
        let extraLength = try reader.uint16(start + 30)
        let commentLength = try reader.uint16(start + 32)
        // 3 is Unix, 19 is macOS; others leave nothing useful there.
        unixMode = madeBy == 3 || madeBy == 19 ? try reader.uint32(start + 38) >> 16 : 0
        let local = try reader.uint32(start + 42)
        end = start + 46 + nameLength + extraLength + commentLength
        guard end <= directory.upperBound else { throw ZipError.broken("its directory is damaged") }
        guard nameLength <= Self.longestName else { throw ZipError.broken("a name is too long") }
        name = Array(reader.bytes[start + 46..<start + 46 + nameLength])
        compressedSize = Int64(packed)
        size = Int64(unpacked)
        offset = Int64(local)
        if packed == .max || unpacked == .max || local == .max {
            try readLargeSizes(
                reader, start + 46 + nameLength, extraLength,
                needs: (unpacked == .max, packed == .max, local == .max))
        }
    }

    /// The extra field 1 holds, in this order, those of the sizes that do not fit into 32 bits.
    private mutating func readLargeSizes(
        _ reader: ByteReader, _ start: Int, _ length: Int, needs: (size: Bool, compressed: Bool, offset: Bool)
    ) throws {
        var position = start
        while position + 4 <= start + length {
            let id = try reader.uint16(position)
            let fieldEnd = position + 4 + (try reader.uint16(position + 2))
            guard fieldEnd <= start + length else { throw ZipError.broken("an extra field is damaged") }
            guard id == 1 else {
                position = fieldEnd
                continue
            }
            var at = position + 4
            func take() throws -> Int64 {
                guard at + 8 <= fieldEnd else { throw ZipError.broken("a 64-bit size is missing") }
                defer { at += 8 }
                return try reader.uint64(at)
            }
            if needs.size { size = try take() }
            if needs.compressed { compressedSize = try take() }
            if needs.offset { offset = try take() }
            return
        }
        throw ZipError.broken("a 64-bit size is missing")
    }

    /// Where the content is, and which bytes the entry takes with its local header.
    func locate(_ reader: ByteReader, shift: Int, before directory: Int) throws -> (
        content: Range<Int>, taken: Range<Int>
    ) {
        guard offset <= Int64(directory), compressedSize <= Int64(directory) else {
            throw ZipError.broken("an entry is outside")
        }
        let start = Int(offset) + shift
        guard start + 30 <= directory, try reader.uint32(start) == 0x0403_4B50 else {
            throw ZipError.broken("an entry is not where it should be")
        }
        let nameLength = try reader.uint16(start + 26)
        let content = start + 30 + nameLength + (try reader.uint16(start + 28))
        let contentEnd = content + Int(compressedSize)
        guard contentEnd <= directory else { throw ZipError.broken("an entry is outside") }
        // Readers that go by the local headers must see the same names.
        guard nameLength == name.count, reader.bytes[start + 30..<start + 30 + nameLength].elementsEqual(name) else {
            throw ZipError.broken("an entry has two names")
        }
        return (content..<contentEnd, start..<contentEnd)
    }

    /// The entry, checked; nil for the archive's own root folder.
    func entry(content: Range<Int>) throws -> ZipEntry? {
        guard flags & 1 == 0 else { throw ZipError.broken("it is encrypted") }
        guard method == 0 || method == 8 else { throw ZipError.broken("it is compressed in an unknown way") }
        guard method == 8 || compressedSize == size else { throw ZipError.broken("a stored entry has two sizes") }
        let (path, isFolderName) = try Self.path(name)
        let kind: ZipEntry.Kind
        switch unixMode & 0xF000 {
        case 0x8000, 0: kind = isFolderName ? .folder : .file
        case 0x4000: kind = .folder
        case 0xA000: kind = .link
        default: throw ZipError.broken("it has an entry that is no file, folder or link")
        }
        if path.isEmpty {
            guard kind == .folder else { throw ZipError.broken("an entry has no name") }
            return nil
        }
        // Functions run as another user than the files' owner, so everyone may read them: an archive made with Python's
        // `writestr`, whose files are 0600, works.
        let permissions = UInt16(unixMode & 0o777)
        return ZipEntry(
            path: path, kind: kind, mode: permissions | (kind == .folder ? 0o755 : permissions == 0 ? 0o644 : 0o444),
            isDeflated: method == 8, content: content, size: size, checksum: checksum)
    }

    /// A name as path components, without those that say nothing.
    /// - Throws: ``ZipError`` for names that lead out of the package or that no file system takes.
    static func path(_ name: [UInt8]) throws -> (components: [String], isFolder: Bool) {
        guard !name.isEmpty, !name.contains(0) else { throw ZipError.broken("an entry has no name") }
        guard name.first != UInt8(ascii: "/") else { throw ZipError.broken("an entry's path is absolute") }
        // Names without the UTF-8 flag are in whatever encoding their maker used: bytes become characters one by one.
        let text =
            String(validating: name, as: UTF8.self)
            ?? String(String.UnicodeScalarView(name.map { Unicode.Scalar($0) }))
        var path: [String] = []
        for part in text.utf8.split(separator: UInt8(ascii: "/")).map({ String(Substring($0)) }) where part != "." {
            guard part != ".." else { throw ZipError.broken("an entry's path leads out") }
            guard part.utf8.count <= 255 else { throw ZipError.broken("a name is too long") }
            path.append(part)
        }
        return (path, name.last == UInt8(ascii: "/"))
    }
}
