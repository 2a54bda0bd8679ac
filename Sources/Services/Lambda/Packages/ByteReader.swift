/// Reads little-endian numbers, never beyond the bytes.
struct ByteReader {
    let bytes: [UInt8]

    func uint16(_ offset: Int) throws -> Int {
        try check(offset, 2)
        return Int(bytes[offset]) | Int(bytes[offset + 1]) << 8
    }

    func uint32(_ offset: Int) throws -> UInt32 {
        try check(offset, 4)
        return (0..<4).reduce(0) { $0 | UInt32(bytes[offset + $1]) << UInt32(8 * $1) }
    }

    /// - Throws: ``ZipError`` for a number that is no possible offset or size.
    func uint64(_ offset: Int) throws -> Int64 {
        try check(offset, 8)
        let value = (0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[offset + $1]) << UInt64(8 * $1) }
        guard let number = Int64(exactly: value) else { throw ZipError.broken("a 64-bit size is out of range") }
        return number
    }

    func check(_ offset: Int, _ length: Int) throws {
        guard offset >= 0, length >= 0, offset <= bytes.count, length <= bytes.count - offset else {
            throw ZipError.broken("it is cut short")
        }
    }
}
