import NIOCore

/// Follows the frames of a client's bytes, as far as is needed to see that something has begun and does not end. Pure.
struct FrameTracker {
    private static let headerLength = 9
    private static let data: UInt8 = 0
    private static let headers: UInt8 = 1
    private static let pushPromise: UInt8 = 5
    private static let continuation: UInt8 = 9
    private static let endHeaders: UInt8 = 4

    private var prefaceLeft = OpeningBytes.preface.count
    private var header: [UInt8] = []
    private var payloadLeft = 0
    private var isData = false
    private var inHeaderBlock = false
    /// How many frames were whole; header blocks count once.
    private(set) var completed = 0

    init() { header.reserveCapacity(Self.headerLength) }

    /// Whether more must come soon: all but the contents of DATA frames, which each stream times itself.
    var isAwaiting: Bool {
        completed == 0 || !header.isEmpty || inHeaderBlock || (payloadLeft > 0 && !isData)
    }

    mutating func consume(_ bytes: ByteBufferView) {
        var rest = bytes
        while !rest.isEmpty {
            if prefaceLeft > 0 {
                let count = min(prefaceLeft, rest.count)
                prefaceLeft -= count
                rest = rest.dropFirst(count)
            } else if payloadLeft > 0 {
                let count = min(payloadLeft, rest.count)
                payloadLeft -= count
                rest = rest.dropFirst(count)
                if payloadLeft == 0 { frameEnded() }
            } else {
                let count = min(Self.headerLength - header.count, rest.count)
                header.append(contentsOf: rest.prefix(count))
                rest = rest.dropFirst(count)
                if header.count == Self.headerLength { frameBegan() }
            }
        }
    }

    private mutating func frameBegan() {
        payloadLeft = Int(header[0]) << 16 | Int(header[1]) << 8 | Int(header[2])
        let (type, flags) = (header[3], header[4])
        header.removeAll(keepingCapacity: true)
        isData = type == Self.data
        switch type {
        case Self.headers, Self.pushPromise, Self.continuation: inHeaderBlock = flags & Self.endHeaders == 0
        default: break
        }
        if payloadLeft == 0 { frameEnded() }
    }

    private mutating func frameEnded() {
        if !inHeaderBlock { completed &+= 1 }
    }
}
