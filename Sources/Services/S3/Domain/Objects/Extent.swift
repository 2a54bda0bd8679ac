import ServiceModel

/// A piece of a segment: an object's manifest is a list of these, in order. Lengths are those of the plain bytes.
struct Extent: Sendable, Hashable {
    /// The segment's unique name, 16 bytes.
    var segment: [UInt8]
    /// Where in the segment the piece begins.
    var offset: Int64
    var length: Int64
    /// Of the whole segment.
    var size: Int64
    /// The segment's data key, sealed; empty if the customer has it.
    var sealedKey: [UInt8]

    var name: String { Hexadecimal.encode(segment) }
}

/// The manifest of an object whose bytes are in segments.
enum Manifest {
    static func encode(_ extents: [Extent]) -> [UInt8] {
        var writer = RecordWriter()
        for extent in extents {
            writer.append(0) { inner in
                inner.append(0, extent.segment)
                inner.append(1, extent.offset)
                inner.append(2, extent.length)
                inner.append(3, extent.size)
                inner.append(4, extent.sealedKey)
            }
        }
        return writer.bytes
    }

    static func decode(_ bytes: [UInt8]) -> [Extent] {
        var reader = RecordReader(bytes)
        var extents: [Extent] = []
        while let field = reader.next() {
            var extent = Extent(segment: [], offset: 0, length: 0, size: 0, sealedKey: [])
            var inner = field.reader
            while let member = inner.next() {
                switch member.tag {
                case 0: extent.segment = Array(member.bytes)
                case 1: extent.offset = member.number
                case 2: extent.length = member.number
                case 3: extent.size = member.number
                default: extent.sealedKey = Array(member.bytes)
                }
            }
            extents.append(extent)
        }
        return extents
    }

    /// The part of a manifest that holds a range of the object's bytes.
    static func slice(_ extents: [Extent], _ range: Range<Int64>) -> [Extent] {
        var begin: Int64 = 0
        var found: [Extent] = []
        for extent in extents {
            let end = begin + extent.length
            let low = max(begin, range.lowerBound)
            let high = min(end, range.upperBound)
            if low < high {
                var piece = extent
                piece.offset += low - begin
                piece.length = high - low
                found.append(piece)
            }
            begin = end
            if begin >= range.upperBound { break }
        }
        return found
    }
}
