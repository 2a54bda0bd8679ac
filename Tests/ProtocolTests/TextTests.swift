import ServiceModel
import Testing

@testable import WireProtocols

@Suite struct TextTests {
    @Test(
        arguments: [
            ("2023-11-14T22:13:20Z", 1_700_000_000_000), ("2023-11-14T22:13:20.123Z", 1_700_000_000_123),
            ("2023-11-14T22:13:20.123456789Z", 1_700_000_000_123), ("2023-11-14T23:13:20+01:00", 1_700_000_000_000),
            ("2023-11-14", 1_699_920_000_000), ("Tue, 14 Nov 2023 22:13:20 GMT", 1_700_000_000_000),
            ("1700000000", 1_700_000_000_000),
            ("1700000000.5", 1_700_000_000_500), ("1969-12-31T23:59:59Z", -1000),
            ("0001-01-01T00:00:00Z", -62_135_596_800_000),
            ("2024-02-29T00:00:00Z", 1_709_164_800_000),
        ] as [(String, Int64)])
    func readsTimes(text: String, milliseconds: Int64) {
        #expect(TimestampText.parse(text)?.milliseconds == milliseconds)
    }

    @Test(arguments: [
        "", "yesterday", "2023-13-01T00:00:00Z", "2023-02-29", "2023-11-14T24:00:00Z", "2023-11-14T22:13:20", "1e400",
        "nan",
        "Tue, 14 Foo 2023 22:13:20 GMT",
    ])
    func refusesOtherTimes(text: String) {
        // A time without a zone is taken as UTC.
        if text == "2023-11-14T22:13:20" {
            #expect(TimestampText.parse(text)?.milliseconds == 1_700_000_000_000)
        } else {
            #expect(TimestampText.parse(text) == nil)
        }
    }

    @Test(
        arguments: [0, 1, 999, 1_700_000_000_000, 1_700_000_000_123, -1, -86_400_001, 253_402_300_799_999] as [Int64])
    func writesTimesThatItReads(milliseconds: Int64) {
        let time = Timestamp(milliseconds: milliseconds)
        #expect(TimestampText.parse(TimestampText.iso8601(time)) == time)
        #expect(TimestampText.number(TimestampText.unix(time)) == time)
    }

    @Test func formsOfTimes() {
        let time = Timestamp(milliseconds: 1_700_000_000_120)
        #expect(TimestampText.iso8601(time) == "2023-11-14T22:13:20.120Z")
        #expect(TimestampText.rfc822(time) == "Tue, 14 Nov 2023 22:13:20 GMT")
        #expect(TimestampText.unix(time) == "1700000000.120")
        #expect(TimestampText.unix(Timestamp(milliseconds: -500)) == "-0.500")
    }

    @Test func base64() {
        for count in 0..<40 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37) }
            let text = Base64.encode(bytes)
            #expect(Base64.decode(text) == bytes)
            #expect(Base64.decode(String(text.filter { $0 != "=" })) == bytes)
        }
        #expect(Base64.encode(Array("any carnal pleas".utf8)) == "YW55IGNhcm5hbCBwbGVhcw==")
        for text in ["a", "a===", "=", "ab=c", "ab c", "ab==cd", "ü", "YQ=", "YWI=="] {
            #expect(Base64.decode(text) == nil)
        }
    }

    @Test(arguments: [
        ("a, b,c", ["a", "b", "c"]), (#""a, b", "c\"d""#, ["a, b", "c\"d"]), ("", [""]), ("a", ["a"]),
        (" a ,, b", ["a", "", "b"]),
    ])
    func headerLists(text: String, items: [String]) {
        #expect(HeaderList.split(text) == items)
    }

    @Test func headerListsOfDates() {
        let dates = "Tue, 14 Nov 2023 22:13:20 GMT, Wed, 15 Nov 2023 22:13:20 GMT"
        #expect(
            HeaderList.split(dates, isDate: true) == ["Tue, 14 Nov 2023 22:13:20 GMT", "Wed, 15 Nov 2023 22:13:20 GMT"])
    }

    @Test(arguments: [
        (0x3C00, 1.0), (0xC000, -2.0), (0x7BFF, 65504), (0x0001, 5.960464477539063e-08), (0x0000, 0),
        (0x7C00, .infinity),
    ])
    func halfFloats(bits: Int, value: Double) {
        #expect(CBORReader.half(UInt16(bits)) == value)
    }
}
