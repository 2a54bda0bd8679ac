import CZlib

/// Makes archives byte by byte, good ones and bad ones.
struct ZipBuilder {
    struct Entry {
        var name: [UInt8]
        var content: [UInt8] = []
        /// The whole mode, with the kind of file; nil for an archive made on a system without modes.
        var mode: UInt32? = 0o100644
        var deflates = true
        /// As a writer to a pipe does: sizes and checksum follow the content.
        var usesDescriptor = false
        var usesZip64 = false
        var flags: UInt16 = 0
        var method: UInt16?
        /// What the headers say instead of the truth.
        var statedSize: UInt32?
        var statedChecksum: UInt32?
        var statedOffset: UInt32?
        var localName: [UInt8]?

        init(_ name: String, _ content: String = "", mode: UInt32? = 0o100644) {
            self.name = Array(name.utf8)
            self.content = Array(content.utf8)
            self.mode = mode
        }

        func with(_ change: (inout Entry) -> Void) -> Entry {
            var entry = self
            change(&entry)
            return entry
        }
    }

    var entries: [Entry]
    var prefix: [UInt8] = []
    var comment: [UInt8] = []

    init(_ entries: Entry...) { self.entries = entries }
    init(_ entries: [Entry]) { self.entries = entries }

    var bytes: [UInt8] {
        var out = prefix
        var directory: [UInt8] = []
        for entry in entries {
            let packed = entry.deflates ? Self.deflate(entry.content) : entry.content
            let checksum = entry.statedChecksum ?? Self.checksum(entry.content)
            let size = entry.statedSize ?? UInt32(entry.content.count)
            let method = entry.method ?? (entry.deflates ? 8 : 0)
            let flags = entry.flags | (entry.usesDescriptor ? 8 : 0)
            let offset = entry.statedOffset ?? UInt32(out.count - prefix.count)
            let local = entry.localName ?? entry.name
            out += Self.number(0x0403_4B50, 4) + Self.number(20, 2) + Self.number(Int(flags), 2)
            out += Self.number(Int(method), 2) + Self.number(0, 4)
            out += Self.number(entry.usesDescriptor ? 0 : Int(checksum), 4)
            out += Self.number(entry.usesDescriptor ? 0 : packed.count, 4)
            out += Self.number(entry.usesDescriptor ? 0 : Int(size), 4)
            out += Self.number(local.count, 2) + Self.number(0, 2) + local + packed
            if entry.usesDescriptor {
                out += Self.number(0x0807_4B50, 4) + Self.number(Int(checksum), 4) + Self.number(packed.count, 4)
                out += Self.number(Int(size), 4)
            }
            let extra =
                entry.usesZip64
                ? Self.number(1, 2) + Self.number(24, 2) + Self.number(Int(size), 8) + Self.number(packed.count, 8)
                    + Self.number(Int(offset), 8) : []
            let large = 0xFFFF_FFFF
            directory += Self.number(0x0201_4B50, 4) + Self.number(20, 1) + Self.number(entry.mode == nil ? 0 : 3, 1)
            directory += Self.number(20, 2) + Self.number(Int(flags), 2) + Self.number(Int(method), 2)
            directory += Self.number(0, 4) + Self.number(Int(checksum), 4)
            directory += Self.number(entry.usesZip64 ? large : packed.count, 4)
            directory += Self.number(entry.usesZip64 ? large : Int(size), 4)
            directory += Self.number(entry.name.count, 2) + Self.number(extra.count, 2) + Self.number(0, 6)
            directory += Self.number(0, 2) + Self.number(Int(entry.mode ?? 0), 2)
            directory += Self.number(entry.usesZip64 ? large : Int(offset), 4) + entry.name + extra
        }
        let start = out.count - prefix.count
        out += directory
        if entries.contains(where: \.usesZip64) {
            let record = out.count
            out += Self.number(0x0606_4B50, 4) + Self.number(44, 8) + Self.number(45, 2) + Self.number(45, 2)
            out += Self.number(0, 8) + Self.number(entries.count, 8) + Self.number(entries.count, 8)
            out += Self.number(directory.count, 8) + Self.number(start, 8)
            out += Self.number(0x0706_4B50, 4) + Self.number(0, 4) + Self.number(record, 8) + Self.number(1, 4)
            out += Self.number(0x0605_4B50, 4) + Self.number(0, 4) + Self.number(0xFFFF, 2) + Self.number(0xFFFF, 2)
            out += Self.number(0xFFFF_FFFF, 4) + Self.number(0xFFFF_FFFF, 4)
        } else {
            out += Self.number(0x0605_4B50, 4) + Self.number(0, 4) + Self.number(entries.count, 2)
            out += Self.number(entries.count, 2) + Self.number(directory.count, 4) + Self.number(start, 4)
        }
        return out + Self.number(comment.count, 2) + comment
    }

    static func number(_ value: Int, _ width: Int) -> [UInt8] {
        (0..<width).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }

    static func checksum(_ bytes: [UInt8]) -> UInt32 { UInt32(crc32_z(0, bytes, bytes.count)) }

    static func deflate(_ bytes: [UInt8]) -> [UInt8] {
        var stream = z_stream()
        guard czlib_deflate_init_raw(&stream) == Z_OK else { return [] }
        defer { deflateEnd(&stream) }
        var input = bytes
        return input.withUnsafeMutableBufferPointer { input in
            stream.next_in = input.baseAddress
            stream.avail_in = UInt32(input.count)
            let room = Int(deflateBound(&stream, UInt(input.count)))
            return [UInt8](unsafeUninitializedCapacity: room) { output, count in
                stream.next_out = output.baseAddress
                stream.avail_out = UInt32(room)
                CZlib.deflate(&stream, Z_FINISH)
                count = room - Int(stream.avail_out)
            }
        }
    }
}
