import ServiceKit
import ServiceModel

/// Writes the value of a bucket's setting as bytes, and reads it again.
enum WireCoding {
    private enum Tag {
        static let absent: UInt8 = 0
        static let boolean: UInt8 = 1
        static let integer: UInt8 = 2
        static let double: UInt8 = 3
        static let string: UInt8 = 4
        static let blob: UInt8 = 5
        static let timestamp: UInt8 = 6
        static let list: UInt8 = 7
        static let map: UInt8 = 8
        static let structure: UInt8 = 9
        static let name: UInt8 = 10
    }

    static func encode(_ value: WireValue) -> [UInt8] {
        var writer = RecordWriter()
        write(value, &writer)
        return writer.bytes
    }

    static func decode(_ bytes: [UInt8]) -> WireValue? {
        var reader = RecordReader(bytes)
        return read(&reader, depth: 0)
    }

    private static func write(_ value: WireValue, _ writer: inout RecordWriter) {
        switch value {
        case .null: writer.append(Tag.absent, [])
        case .boolean(let flag): writer.append(Tag.boolean, flag ? 1 : 0 as Int64)
        case .integer(let number): writer.append(Tag.integer, number)
        case .double(let number): writer.append(Tag.double, Int64(bitPattern: number.bitPattern))
        case .string(let text): writer.append(Tag.string, text)
        case .blob(let bytes): writer.append(Tag.blob, bytes)
        case .timestamp(let time): writer.append(Tag.timestamp, time.milliseconds)
        case .list(let elements):
            writer.append(Tag.list) { inner in for element in elements { write(element, &inner) } }
        case .map(let entries): writer.append(Tag.map) { write(entries, &$0) }
        case .structure(let members): writer.append(Tag.structure) { write(members, &$0) }
        }
    }

    private static func write(_ entries: [String: WireValue], _ writer: inout RecordWriter) {
        for (name, value) in entries.sorted(by: { $0.key < $1.key }) {
            writer.append(Tag.name, name)
            write(value, &writer)
        }
    }

    private static func read(_ reader: inout RecordReader, depth: Int) -> WireValue? {
        guard depth < 32, let field = reader.next() else { return nil }
        var inner = field.reader
        switch field.tag {
        case Tag.absent: return .null
        case Tag.boolean: return .boolean(field.number != 0)
        case Tag.integer: return .integer(field.number)
        case Tag.double: return .double(Double(bitPattern: UInt64(bitPattern: field.number)))
        case Tag.string: return .string(field.text)
        case Tag.blob: return .blob(Array(field.bytes))
        case Tag.timestamp: return .timestamp(Timestamp(milliseconds: field.number))
        case Tag.list:
            var elements: [WireValue] = []
            while let element = read(&inner, depth: depth + 1) { elements.append(element) }
            return .list(elements)
        case Tag.map: return .map(entries(&inner, depth))
        case Tag.structure: return .structure(entries(&inner, depth))
        default: return nil
        }
    }

    private static func entries(_ reader: inout RecordReader, _ depth: Int) -> [String: WireValue] {
        var entries: [String: WireValue] = [:]
        while let name = reader.next(), name.tag == Tag.name, let value = read(&reader, depth: depth + 1) {
            entries[name.text] = value
        }
        return entries
    }
}
