import CZlib

/// Unpacks deflated content piece by piece.
enum Inflater {
    private static let pieceSize = 1 << 16

    /// The content must unpack to `size` bytes; not one more is given to `write`, which takes each piece.
    /// - Throws: ``ZipError/broken(_:)`` if the content is damaged or of another size; what `write` throws.
    static func inflate(
        _ input: UnsafeBufferPointer<UInt8>, size: Int64, write: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        var stream = z_stream()
        guard czlib_inflate_init_raw(&stream) == Z_OK else { throw ZipError.broken("the unpacker does not start") }
        defer { inflateEnd(&stream) }
        stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
        stream.avail_in = UInt32(clamping: input.count)
        let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: pieceSize, alignment: 1)
        defer { piece.deallocate() }
        var written: Int64 = 0
        while true {
            stream.next_out = piece.baseAddress?.assumingMemoryBound(to: UInt8.self)
            stream.avail_out = UInt32(pieceSize)
            let status = czlib_inflate(&stream)
            let count = pieceSize - Int(stream.avail_out)
            written += Int64(count)
            guard written <= size else { throw ZipError.broken("an entry is larger than it says") }
            if count > 0 { try write(UnsafeRawBufferPointer(rebasing: piece[..<count])) }
            if status == Z_STREAM_END { break }
            // Without progress the input has ended too early.
            guard status == Z_OK, count > 0 || stream.avail_in > 0 else {
                throw ZipError.broken("an entry is damaged")
            }
        }
        guard written == size, stream.avail_in == 0 else {
            throw ZipError.broken("an entry is of another size than it says")
        }
    }

    /// Continues the checksum of ZIP entries.
    static func checksum(_ value: UInt32, _ bytes: UnsafeRawBufferPointer) -> UInt32 {
        UInt32(
            truncatingIfNeeded: crc32_z(
                UInt(value), bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count))
    }
}
