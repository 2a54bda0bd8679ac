/// The end of an archive: where its central directory is.
/// The format: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
struct ZipDirectory {
    /// Where the central directory is in the bytes.
    var range: Range<Int>
    var count: Int
    /// What was put before the archive, by which its offsets are shifted.
    var shift: Int

    /// Finds the end record, of either size.
    init(_ reader: ByteReader) throws {
        let bytes = reader.bytes
        guard bytes.count >= 22 else { throw ZipError.broken("it is too short") }
        let lowest = max(0, bytes.count - 22 - 0xFFFF)
        var found: Int?
        for offset in stride(from: bytes.count - 22, through: lowest, by: -1)
        where bytes[offset] == 0x50 && bytes[offset + 1] == 0x4B {
            if try reader.uint32(offset) == 0x0605_4B50, try reader.uint16(offset + 20) == bytes.count - offset - 22 {
                found = offset
                break
            }
        }
        guard let end = found else { throw ZipError.broken("it has no end record") }
        guard try reader.uint16(end + 4) == reader.uint16(end + 6) else { throw ZipError.broken("it is split") }
        var count = Int64(try reader.uint16(end + 10))
        var size = Int64(try reader.uint32(end + 12))
        var start = Int64(try reader.uint32(end + 16))
        var directoryEnd = end
        if count == 0xFFFF || size == 0xFFFF_FFFF || start == 0xFFFF_FFFF, end >= 20,
            try reader.uint32(end - 20) == 0x0706_4B50
        {
            // The larger record stands before its locator, which gives its offset.
            let record = Int(try reader.uint64(end - 20 + 8))
            guard record <= end - 20 - 56, try reader.uint32(record) == 0x0606_4B50 else {
                throw ZipError.broken("its 64-bit end record is not where it should be")
            }
            count = try reader.uint64(record + 32)
            size = try reader.uint64(record + 40)
            start = try reader.uint64(record + 48)
            directoryEnd = record
        }
        guard size <= Int64(directoryEnd), start <= Int64(directoryEnd) - size else {
            throw ZipError.broken("its directory is outside")
        }
        // Every entry takes at least 46 bytes.
        guard count <= size / 46 else { throw ZipError.broken("it has fewer entries than it says") }
        shift = directoryEnd - Int(size) - Int(start)
        range = directoryEnd - Int(size)..<directoryEnd
        self.count = Int(count)
    }
}
