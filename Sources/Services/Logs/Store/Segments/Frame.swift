import ServiceKit
import ServiceModel

/// The unit of a segment: some events of one stream, written together.
///
///     length u32 │ CRC-32C u32 │ payload of that length
///     payload: version u8, stream i64, ingestion time i64, first sequence number i64, earliest i64, latest i64, events u32,
///              then per event: time since the earliest (varint), length (varint), message
///
/// All little-endian. The events' sequence numbers follow each other.
enum Frame {
    static let headerLength = 8
    static let fixedLength = 45
    /// More than this is no frame of ours: a torn or foreign file.
    static let maximumLength = 16 << 20
    /// A frame is closed once its messages are this long, so that a read of a few events reads little.
    static let targetLength = 64 << 10

    struct Header: Hashable, Sendable {
        var stream: Int64
        var ingestion: Int64
        var firstSequence: Int64
        var earliest: Int64
        var latest: Int64
        var count: Int
    }

    /// Appends one frame.
    /// - Returns: what the index needs to know. `events` must not be empty.
    static func append(
        _ events: ArraySlice<LogEvent>, stream: Int64, ingestion: Int64, firstSequence: Int64, to bytes: inout [UInt8]
    ) -> (header: Header, messageBytes: Int) {
        var earliest = Int64.max
        var latest = Int64.min
        for event in events {
            earliest = min(earliest, event.timestamp.milliseconds)
            latest = max(latest, event.timestamp.milliseconds)
        }
        let start = bytes.count
        bytes.append(contentsOf: repeatElement(0, count: headerLength))
        bytes.append(1)
        for value in [stream, ingestion, firstSequence, earliest, latest] {
            append(UInt64(bitPattern: value), 8, to: &bytes)
        }
        append(UInt64(events.count), 4, to: &bytes)
        var messageBytes = 0
        for event in events {
            Varint.append(UInt64(bitPattern: event.timestamp.milliseconds &- earliest), to: &bytes)
            let length = event.message.utf8.count
            Varint.append(UInt64(length), to: &bytes)
            bytes.append(contentsOf: event.message.utf8)
            messageBytes += length
        }
        let length = bytes.count - start - headerLength
        let checksum = bytes.withUnsafeBytes {
            CRC.crc32c(UnsafeRawBufferPointer(rebasing: $0[(start + headerLength)...]))
        }
        for index in 0..<4 {
            bytes[start + index] = UInt8(truncatingIfNeeded: length >> (8 * index))
            bytes[start + 4 + index] = UInt8(truncatingIfNeeded: checksum >> (8 * UInt32(index)))
        }
        let header = Header(
            stream: stream, ingestion: ingestion, firstSequence: firstSequence, earliest: earliest, latest: latest,
            count: events.count)
        return (header, messageBytes)
    }

    private static func append(_ value: UInt64, _ count: Int, to bytes: inout [UInt8]) {
        for index in 0..<count { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * UInt64(index)))) }
    }

    /// The length of the whole frame that begins at `offset`, nil if it is torn or damaged.
    static func length(in bytes: UnsafeRawBufferPointer, at offset: Int) -> Int? {
        guard offset + headerLength + fixedLength <= bytes.count else { return nil }
        let length = Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
        guard length >= fixedLength, length <= maximumLength, offset + headerLength + length <= bytes.count else {
            return nil
        }
        let checksum = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self))
        let payload = UnsafeRawBufferPointer(
            rebasing: bytes[(offset + headerLength)..<(offset + headerLength + length)])
        return CRC.crc32c(payload) == checksum ? headerLength + length : nil
    }

    /// The header of a frame whose length has been checked, nil if it is of another version.
    static func header(in bytes: UnsafeRawBufferPointer, at offset: Int) -> Header? {
        let start = offset + headerLength
        guard bytes[start] == 1 else { return nil }
        func integer(_ place: Int) -> Int64 {
            Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: start + 1 + 8 * place, as: Int64.self))
        }
        let count = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: start + 41, as: UInt32.self))
        return Header(
            stream: integer(0), ingestion: integer(1), firstSequence: integer(2), earliest: integer(3),
            latest: integer(4),
            count: Int(count))
    }

    /// Calls `body` with each event of a frame whose length has been checked: its time, its sequence number, its message.
    static func forEach(
        in bytes: UnsafeRawBufferPointer, at offset: Int, length: Int, _ header: Header,
        _ body: (Int64, Int64, UnsafeRawBufferPointer) -> Void
    ) {
        let frame = UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + length)])
        var place = headerLength + fixedLength
        for index in 0..<header.count {
            guard let delta = Varint.unsigned(frame, &place), let size = Varint.unsigned(frame, &place),
                size <= UInt64(frame.count - place)
            else { return }
            let end = place + Int(size)
            body(
                header.earliest &+ Int64(bitPattern: delta), header.firstSequence &+ Int64(index),
                UnsafeRawBufferPointer(rebasing: frame[place..<end]))
            place = end
        }
    }
}
