/// Where a frame is, and which times it spans.
struct FrameReference: Hashable, Sendable {
    var stream: Int64
    var segment: Int64
    var offset: Int
    var length: Int
    var earliest: Int64
    var latest: Int64
}

/// What one segment holds of one stream.
struct StreamRun: Sendable {
    var stream: Int64
    var earliest = Int64.max
    var latest = Int64.min
    var lastIngestion = Int64.min
    var events = 0
    /// As AWS counts stored bytes: the messages and 26 bytes for each event.
    var bytes = 0
    /// On disk, framing included.
    var diskBytes = 0
    var frames: [FrameReference] = []

    init(stream: Int64) { self.stream = stream }

    mutating func add(_ frame: FrameReference, _ header: Frame.Header, messageBytes: Int) {
        earliest = min(earliest, header.earliest)
        latest = max(latest, header.latest)
        lastIngestion = max(lastIngestion, header.ingestion)
        events += header.count
        bytes += messageBytes + header.count * LogLimits.overheadPerEvent
        diskBytes += frame.length
        frames.append(frame)
    }

    /// The frames' places in few bytes, for the row of the index.
    var encodedFrames: [UInt8] {
        var bytes: [UInt8] = []
        Varint.append(UInt64(frames.count), to: &bytes)
        var offset = 0
        for frame in frames {
            Varint.append(Int64(frame.offset - offset), to: &bytes)
            Varint.append(UInt64(frame.length), to: &bytes)
            Varint.append(UInt64(bitPattern: frame.earliest &- earliest), to: &bytes)
            Varint.append(UInt64(bitPattern: frame.latest &- frame.earliest), to: &bytes)
            offset = frame.offset
        }
        return bytes
    }

    static func decodeFrames(_ bytes: [UInt8], stream: Int64, segment: Int64, earliest: Int64) -> [FrameReference] {
        bytes.withUnsafeBytes { bytes in
            var place = 0
            var offset = 0
            var frames: [FrameReference] = []
            guard let count = Varint.unsigned(bytes, &place), count <= UInt64(bytes.count) else { return [] }
            for _ in 0..<count {
                guard let delta = Varint.signed(bytes, &place), let length = Varint.unsigned(bytes, &place),
                    length <= UInt64(Frame.maximumLength + Frame.headerLength),
                    let start = Varint.unsigned(bytes, &place), let span = Varint.unsigned(bytes, &place)
                else { return frames }
                offset &+= Int(delta)
                let first = earliest &+ Int64(bitPattern: start)
                frames.append(
                    FrameReference(
                        stream: stream, segment: segment, offset: offset, length: Int(length), earliest: first,
                        latest: first &+ Int64(bitPattern: span)))
            }
            return frames
        }
    }
}
