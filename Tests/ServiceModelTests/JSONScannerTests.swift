import Testing

@testable import ServiceModel

@Suite struct JSONScannerTests {
    private func scan<T>(_ text: [UInt8], _ body: (inout JSONScanner) throws -> T) throws -> T {
        try text.withUnsafeBufferPointer { bytes in
            var scanner = JSONScanner(bytes)
            return try body(&scanner)
        }
    }

    private func string(_ text: [UInt8]) throws -> String { try scan(text) { scanner in try scanner.string() } }

    private func number(_ text: [UInt8]) throws -> JSONScanner.Number {
        try scan(text) { scanner in try scanner.number() }
    }

    private func skipValue(_ text: [UInt8]) throws { try scan(text) { scanner in try scanner.skipValue() } }

    @Test(arguments: [
        (#""plain""#, "plain"), (#""""#, ""), (#""a\"b\\c\/d\n""#, "a\"b\\c/d\n"), (#""\u00fc\ud83e\udd85""#, "ü🦅"),
        (#""ü🦅""#, "ü🦅"),
        (#""\u0000""#, "\0"),
    ])
    func readsStrings(text: String, expected: String) throws {
        #expect(try string(Array(text.utf8)) == expected)
    }

    @Test(arguments: [
        #""open"#, #""\x""#, #""\u12""#, #""\ud800""#, #""\ud800\u0041""#, #""\udc00""#, "\"a\nb\"", "x", "",
    ])
    func refusesBadStrings(text: String) {
        #expect(throws: JSONScanner.Failure.self) { try string(Array(text.utf8)) }
    }

    @Test func refusesWhatIsNoUTF8() {
        #expect(throws: JSONScanner.Failure.invalidUTF8) { try string([0x22, 0xC3, 0x28, 0x22]) }
        #expect(throws: JSONScanner.Failure.invalidUTF8) {
            try string([0x22, 0xED, 0xA0, 0x80, 0x22])
        }
    }

    @Test(arguments: [
        ("0", JSONScanner.Number.integer(0)), ("-12", .integer(-12)), ("9223372036854775807", .integer(.max)),
        ("-9223372036854775808", .integer(.min)), ("9223372036854775808", .double(9_223_372_036_854_775_808)),
        ("1.5e3", .double(1500)),
        ("1E-2", .double(0.01)), ("-0.0", .double(-0.0)),
    ])
    func readsNumbers(text: String, expected: JSONScanner.Number) throws {
        #expect(try number(Array(text.utf8)) == expected)
    }

    @Test(arguments: ["01", "+1", ".5", "1.", "1e", "-", "0x10", "NaN", "1e+"])
    func refusesBadNumbers(text: String) {
        #expect(throws: (any Error).self) {
            try scan(Array(text.utf8)) { scanner in
                _ = try scanner.number()
                guard scanner.atEnd() else { throw JSONScanner.Failure.trailingBytes }
            }
        }
    }

    @Test func skipsOneValueOfAnyKind() throws {
        let text = Array(#" {"a":[1,{"b":null}],"c":"\u0041"} ,true"#.utf8)
        try scan(text) { scanner in
            try scanner.skipValue()
            try scanner.take(UInt8(ascii: ","))
            let isAtEnd = scanner.atEnd()
            #expect(!isAtEnd)
        }
    }

    @Test(arguments: ["[", "{\"a\":"])
    func doesNotFollowNestingWithoutEnd(opening: String) {
        let text = Array(String(repeating: opening, count: 100_000).utf8)
        #expect(throws: JSONScanner.Failure.tooDeep) { try skipValue(text) }
    }
}
