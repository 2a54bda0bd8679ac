import Testing

@testable import ServiceModel

@Suite struct JSONValueTests {
    @Test(arguments: [
        "null", "true", "false", "0", "-0", "1.50", "1e999", "12345678901234567890", #""""#, #""ü🦅\n\"\\\u0001""#, "[]",
        "{}", #"[1,[null,{}],"a"]"#, #"{"b":1,"a":{"c":[true]},"b":2}"#,
    ])
    func writesWhatItReads(text: String) {
        #expect(JSONValue(parsing: text)?.compact == text)
    }

    @Test(arguments: [
        "", " ", "{", "[1,]", #"{"a":1,}"#, "{a:1}", "01", "+1", "1.", ".5", "tru", "nul", "1 2", #""\ud800""#,
        "\"\t\"", "[}",
    ])
    func refuses(text: String) {
        #expect(JSONValue(parsing: text) == nil)
    }

    @Test func nestsAsDeepAsItMay() {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(JSONValue(parsing: nested(64)) != nil)
        #expect(JSONValue(parsing: nested(65)) == nil)
        #expect(JSONValue(parsing: nested(3), maximumDepth: 3) != nil)
        #expect(JSONValue(parsing: nested(4), maximumDepth: 3) == nil)
        #expect(JSONValue(parsing: nested(1_000_000)) == nil)
        #expect(JSONValue(parsing: String(repeating: "1", count: 4097)) == nil)
    }

    @Test func isLookedInto() throws {
        let value = try #require(JSONValue(parsing: #"{"a":1,"b":"x","c":[2.5],"d":true,"e":null,"a":7}"#))
        #expect(value["a"]?.integer == 7)
        #expect(value["b"]?.text == "x")
        #expect(value["c"]?.elements?.first?.double == 2.5)
        #expect(value["c"]?.elements?.first?.integer == nil)
        #expect(value["d"]?.flag == true)
        #expect(value["e"] == nil)
        #expect(value["f"] == nil)
        #expect(value.members?.count == 6)
        #expect(value.text == nil && value.integer == nil && value.elements == nil && value.flag == nil)
    }

    @Test func isChanged() {
        var value: JSONValue = .object(("a", 1), ("b", "x"))
        value.set("a", true)
        value.set("c", .array([1]))
        #expect(value.compact == #"{"a":true,"b":"x","c":[1]}"#)
        #expect(String(decoding: value.bytes(isSpaced: true), as: UTF8.self) == #"{"a": true, "b": "x", "c": [1]}"#)
        var text: JSONValue = "text"
        text.set("a", 1)
        #expect(text == "text")
    }

    @Test(
        arguments: [
            [:], ["a": ""], ["b": "\"\\\n\r\t\u{1}", "a": "ü 日本 🐦"],
        ] as [[String: String]])
    func mapsOfTextsAreReadAsTheyWereWritten(map: [String: String]) {
        #expect(TextMap.map(TextMap.text(map)) == map)
    }

    @Test(arguments: ["", "[]", #"{"a":1}"#, #"{"a":null}"#, "x"])
    func otherMapsAreNone(text: String) {
        #expect(TextMap.map(text) == nil)
    }
}
