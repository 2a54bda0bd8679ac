/// Spoils bytes.
struct Mutation {
    /// Pieces that parsers trip over.
    private static let pieces: [[UInt8]] =
        [
            "{", "}", "[", "]", "\"", "\\", "\\u", "\\ud800", ":", ",", "null", "true", "1e999", "-", "-0", "0.1e+",
            "99999999999999999999",
            "<", ">", "</", "/>", "<!--", "<![CDATA[", "]]>", "<!DOCTYPE a [", "<?", "&", "&#x", "&#0;", "&amp;",
            "xmlns=\"", "=", "%", "%zz",
            "%00", ".", ".member.", ".entry.1.", "..", ".99999999999999999999", "&Action=",
        ].map { Array($0.utf8) } + [
            [0x9F], [0xBF], [0xFF], [0x5F], [0x7F], [0xDB, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], [0xFB],
            [0xF9, 0x7C, 0x00],
            [0xC1, 0x1A], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xFE], [0x00], [0x9A, 0xFF, 0xFF, 0xFF, 0xFF],
        ]

    static func mutate(_ bytes: [UInt8], _ random: inout RandomValue) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<random.number(1..<6) {
            let position = random.number(0..<(bytes.count + 1))
            switch random.number(0..<8) {
            case 0 where position < bytes.count: bytes[position] = UInt8(random.number(0..<256))
            case 1 where position < bytes.count: bytes[position] ^= 1 << UInt8(random.number(0..<8))
            case 2: bytes.insert(contentsOf: pieces[random.number(0..<pieces.count)], at: position)
            case 3: bytes.removeSubrange(position..<min(bytes.count, position + random.number(0..<9)))
            case 4: bytes.removeSubrange(position...)
            case 5:
                let slice = Array(bytes[position..<min(bytes.count, position + random.number(0..<40))])
                bytes.insert(contentsOf: slice, at: random.number(0..<(bytes.count + 1)))
            case 6 where random.chance(50):
                // Depth.
                let piece = pieces[random.number(0..<pieces.count)]
                for _ in 0..<300 { bytes.insert(contentsOf: piece, at: position) }
            default: bytes.insert(UInt8(random.number(0..<256)), at: position)
            }
        }
        return bytes
    }
}
