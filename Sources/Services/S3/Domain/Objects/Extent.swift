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

/// The manifest of an object whose bytes are in segments: extents, behind an index of where each ends if there are many.
enum Manifest {
    private enum Tag {
        static let extent: UInt8 = 0
        static let index: UInt8 = 1
    }

    /// Fewer extents are as soon read as looked for.
    private static let indexed = 8

    static func encode(_ extents: [Extent]) -> [UInt8] {
        var writer = RecordWriter()
        var index = ManifestIndex()
        var end: Int64 = 0
        for extent in extents {
            end += extent.length
            index.append(end: end, position: writer.bytes.count)
            writer.append(Tag.extent) { inner in
                inner.append(0, extent.segment)
                inner.append(1, extent.offset)
                inner.append(2, extent.length)
                inner.append(3, extent.size)
                inner.append(4, extent.sealedKey)
            }
        }
        guard extents.count >= indexed else { return writer.bytes }
        var whole = RecordWriter()
        whole.append(Tag.index, Array(index.bytes))
        return whole.bytes + writer.bytes
    }

    static func decode(_ bytes: [UInt8]) -> [Extent] {
        var reader = RecordReader(bytes)
        var extents: [Extent] = []
        while let field = reader.next() {
            if field.tag == Tag.extent { extents.append(extent(field)) }
        }
        return extents
    }

    private static func extent(_ field: RecordReader.Field) -> Extent {
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
        return extent
    }

    /// The part of a stored manifest that holds a range of the object's bytes. Of many extents only those are read.
    static func slice(_ bytes: [UInt8], _ range: Range<Int64>) -> [Extent] {
        var reader = RecordReader(bytes)
        guard bytes.first == Tag.index, let field = reader.next() else { return slice(decode(bytes), range) }
        let index = ManifestIndex(field.bytes)
        let extents = reader.remaining
        var found: [Extent] = []
        let first = index.entry(holding: range.lowerBound)
        var number = first
        while number < index.count, index.begin(number) < range.upperBound {
            let position = extents.startIndex + index.position(number)
            guard position < extents.endIndex else { break }
            var one = RecordReader(extents[position...])
            guard let field = one.next() else { break }
            found.append(extent(field))
            number += 1
        }
        guard !found.isEmpty else { return [] }
        let begin = index.begin(first)
        let low = max(0, range.lowerBound &- begin)
        return slice(found, low..<max(low, range.upperBound &- begin))
    }

    /// The part of a manifest that holds a range of the object's bytes.
    static func slice(_ extents: [Extent], _ range: Range<Int64>) -> [Extent] {
        var begin: Int64 = 0
        var found: [Extent] = []
        for extent in extents {
            let (end, isDamaged) = begin.addingReportingOverflow(extent.length)
            if isDamaged || extent.length < 0 { break }
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
