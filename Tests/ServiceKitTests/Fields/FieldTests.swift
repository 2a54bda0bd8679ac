import ServiceKit
import Testing

struct FieldTests {
    private static let written: [UInt8] = {
        var writer = FieldWriter(reserving: 64)
        writer.append(7 as UInt8)
        writer.append(-2 as Int64)
        writer.append("ü" as String)
        writer.append(nil as String?)
        writer.append("" as String?)
        writer.append([1, 2, 3] as [UInt8])
        writer.append(rest: [9, 8])
        return writer.bytes
    }()

    @Test func `what was written is read`() {
        var reader = FieldReader(Self.written)
        let (byte, integer, text) = (reader.byte(), reader.integer(), reader.text())
        #expect(byte == 7 && integer == -2 && text == "ü")
        let (none, empty) = (reader.optionalText(), reader.optionalText())
        #expect(none != nil && none?.value == nil)
        #expect(empty?.value?.isEmpty == true)
        let (data, rest) = (reader.data(), reader.rest())
        #expect(data == [1, 2, 3] && rest == [9, 8])
        let (nothing, end) = (reader.rest(), reader.byte())
        #expect(nothing.isEmpty && end == nil)
    }

    @Test(arguments: 0..<written.count - 2)
    func `what is cut short ends in nil`(length: Int) {
        var reader = FieldReader(Array(Self.written[..<length]))
        let isWhole =
            reader.byte() != nil && reader.integer() != nil && reader.text() != nil && reader.optionalText() != nil
            && reader.optionalText() != nil && reader.data() != nil
        #expect(!isWhole)
    }

    @Test(arguments: [-2, .min, .max, 1] as [Int64])
    func `a length that cannot be is refused`(length: Int64) {
        var writer = FieldWriter(reserving: 8)
        writer.append(length)
        var (first, second) = (FieldReader(writer.bytes), FieldReader(writer.bytes))
        let (text, data) = (first.optionalText(), second.data())
        #expect(text == nil)
        #expect(data == nil)
    }
}
