import ServiceModel
import Testing

struct TextTests {
    @Test(arguments: [([], ""), ([0, 255, 16], "00ff10")] as [([UInt8], String)])
    func hexadecimal(bytes: [UInt8], text: String) {
        #expect(Hexadecimal.encode(bytes) == text)
        #expect(Hexadecimal.decode(text) == bytes)
        #expect(Hexadecimal.decode(text.uppercased()) == bytes)
    }

    @Test(arguments: ["0", "0g", "xx"])
    func whatIsNoHexadecimal(text: String) { #expect(Hexadecimal.decode(text) == nil) }

    @Test(arguments: [("a-b_c.d~/", "a-b_c.d~%2F"), ("é +", "%C3%A9%20%2B"), ("", "")])
    func percentEncoding(text: String, encoded: String) {
        #expect(PercentCoding.encode(text) == encoded)
        #expect(PercentCoding.decode(encoded[...]) == text)
        #expect(PercentCoding.leniently(encoded, plusIsSpace: false) == Array(text.utf8))
    }

    @Test func aBrokenEscapeStaysOrIsRefused() {
        #expect(PercentCoding.decode("a%zz"[...]) == nil)
        #expect(PercentCoding.leniently("a%zz+%4", plusIsSpace: true) == Array("a%zz %4".utf8))
    }

    @Test func jsonStrings() {
        var bytes: [UInt8] = []
        JSONString.append("a\"\\\n\r\t\u{1}é", to: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == #""a\"\\\n\r\t\u0001é""#)
    }

    @Test(
        arguments: [(1970, 1, 1, 0), (2000, 2, 29, 11016), (1600, 3, 1, -135080), (2100, 2, 28, 47540)]
            as [(Int64, Int64, Int64, Int64)])
    func days(year: Int64, month: Int64, day: Int64, days: Int64) {
        #expect(Timestamp.daysSinceEpoch(year: year, month: month, day: day) == days)
        #expect(Timestamp.civil(daysSinceEpoch: days) == (year, month, day))
    }
}
