import Testing

@testable import ServiceKit

struct EventPatternMatchTests {
    private func matches(_ pattern: String, _ event: String) throws -> Bool {
        try EventPattern(pattern).matches(try EventDocument(event))
    }

    /// Patterns, and events that they match or do not: EventBridge's user guide, operator by operator.
    @Test(arguments: [
        // Values.
        (#"{"a": ["x"]}"#, #"{"a": "x", "b": 1}"#, true),
        (#"{"a": ["x", "y"]}"#, #"{"a": "y"}"#, true),
        (#"{"a": ["x"]}"#, #"{"a": "X"}"#, false),
        (#"{"a": ["x"], "b": ["y"]}"#, #"{"a": "x"}"#, false),
        (#"{"a": [5]}"#, #"{"a": 5}"#, true),
        (#"{"a": [5]}"#, #"{"a": 5.0}"#, true),
        (#"{"a": [5]}"#, #"{"a": "5"}"#, false),
        (#"{"a": [true]}"#, #"{"a": true}"#, true),
        (#"{"a": [true]}"#, #"{"a": false}"#, false),
        (#"{"a": [null]}"#, #"{"a": null}"#, true),
        (#"{"a": [null]}"#, #"{}"#, false),
        (#"{"a": [""]}"#, #"{"a": ""}"#, true),
        (#"{"a": [""]}"#, #"{"a": null}"#, false),
        ("{\"a\": [\"\u{e9}\"]}", "{\"a\": \"e\u{301}\"}", false),
        // Nesting, arrays and dots.
        (#"{"a": {"b": ["x"]}}"#, #"{"a": {"b": "x"}}"#, true),
        (#"{"a": {"b": ["x"]}}"#, #"{"a": "x"}"#, false),
        (#"{"a": ["x"]}"#, #"{"a": ["w", "x"]}"#, true),
        (#"{"a": ["x"]}"#, #"{"a": [["x"]]}"#, true),
        (#"{"a": ["x"]}"#, #"{"a": []}"#, false),
        (#"{"a": {"b": ["x"]}}"#, #"{"a": [{"b": "w"}, {"b": "x"}]}"#, true),
        (#"{"a": {"b": [1], "c": [2]}}"#, #"{"a": [{"b": 1, "c": 3}, {"b": 4, "c": 2}]}"#, false),
        (#"{"a": {"b": [1], "c": [2]}}"#, #"{"a": [{"b": 1, "c": 2}]}"#, true),
        (#"{"a.b": ["x"]}"#, #"{"a": {"b": "x"}}"#, true),
        (#"{"a": {"b": ["x"]}}"#, #"{"a.b": "x"}"#, true),
        (#"{"a.b": {"c": ["x"]}}"#, #"{"a": {"b.c": "x"}}"#, true),
        (#"{"a.b": ["x"]}"#, #"{"a": {"b": "y"}}"#, false),
        // Prefixes and suffixes.
        (#"{"a": [{"prefix": "eu-"}]}"#, #"{"a": "eu-west-1"}"#, true),
        (#"{"a": [{"prefix": "eu-"}]}"#, #"{"a": "us-east-1"}"#, false),
        (#"{"a": [{"prefix": ""}]}"#, #"{"a": 5}"#, false),
        (#"{"a": [{"prefix": {"equals-ignore-case": "EventB"}}]}"#, #"{"a": "eventbridge"}"#, true),
        (#"{"a": [{"suffix": ".png"}]}"#, #"{"a": "x.png"}"#, true),
        (#"{"a": [{"suffix": ".png"}]}"#, #"{"a": ".pn"}"#, false),
        (#"{"a": [{"suffix": ""}]}"#, #"{"a": "x"}"#, true),
        (#"{"a": [{"suffix": {"equals-ignore-case": ".PNG"}}]}"#, #"{"a": "x.pNg"}"#, true),
        (#"{"a": [{"equals-ignore-case": "Alice"}]}"#, #"{"a": "aLICE"}"#, true),
        (#"{"a": [{"equals-ignore-case": "Alice"}]}"#, #"{"a": "Bob"}"#, false),
        (#"{"a": [{"equals-ignore-case": ""}]}"#, #"{"a": ""}"#, true),
        (#"{"a": [{"exactly": "x"}]}"#, #"{"a": "x"}"#, true),
        // Anything but.
        (#"{"a": [{"anything-but": "x"}]}"#, #"{"a": "y"}"#, true),
        (#"{"a": [{"anything-but": "x"}]}"#, #"{"a": "x"}"#, false),
        (#"{"a": [{"anything-but": "x"}]}"#, #"{"b": 1}"#, false),
        (#"{"a": [{"anything-but": "x"}]}"#, #"{"a": null}"#, true),
        (#"{"a": [{"anything-but": 0}]}"#, #"{"a": 0}"#, false),
        (#"{"a": [{"anything-but": 0}]}"#, #"{"a": 1}"#, true),
        (#"{"a": [{"anything-but": [1, 2]}]}"#, #"{"a": 2}"#, false),
        (#"{"a": [{"anything-but": ["x", "y"]}]}"#, #"{"a": 5}"#, true),
        (#"{"a": [{"anything-but": ["x"]}]}"#, #"{"a": ["x", "y"]}"#, true),
        (#"{"a": [{"anything-but": {"prefix": "i"}}]}"#, #"{"a": "init"}"#, false),
        (#"{"a": [{"anything-but": {"prefix": ["i", "j"]}}]}"#, #"{"a": 5}"#, true),
        (#"{"a": [{"anything-but": {"suffix": ".txt"}}]}"#, #"{"a": "a.png"}"#, true),
        (#"{"a": [{"anything-but": {"suffix": [".txt", ".md"]}}]}"#, #"{"a": "a.md"}"#, false),
        (#"{"a": [{"anything-but": {"equals-ignore-case": "X"}}]}"#, #"{"a": "x"}"#, false),
        (#"{"a": [{"anything-but": {"equals-ignore-case": ["X", "Y"]}}]}"#, #"{"a": "z"}"#, true),
        (#"{"a": [{"anything-but": {"wildcard": "*/lib/*"}}]}"#, #"{"a": "x/lib/y"}"#, false),
        (#"{"a": [{"anything-but": {"wildcard": ["*a", "*b"]}}]}"#, #"{"a": "c"}"#, true),
        // Numbers.
        (#"{"a": [{"numeric": ["=", 5]}]}"#, #"{"a": 5.0}"#, true),
        (#"{"a": [{"numeric": [">", 0, "<=", 5]}]}"#, #"{"a": 5}"#, true),
        (#"{"a": [{"numeric": [">", 0, "<", 5]}]}"#, #"{"a": 5}"#, false),
        (#"{"a": [{"numeric": [">=", 0]}]}"#, #"{"a": 0}"#, true),
        (#"{"a": [{"numeric": ["<", -1.5e1]}]}"#, #"{"a": -16}"#, true),
        (#"{"a": [{"numeric": ["<", 10]}]}"#, #"{"a": "5"}"#, false),
        (#"{"a": [{"numeric": ["<", 10]}]}"#, #"{"a": null}"#, false),
        // Whether a field is there.
        (#"{"a": [{"exists": true}]}"#, #"{"a": null}"#, true),
        (#"{"a": [{"exists": true}]}"#, #"{"b": 1}"#, false),
        (#"{"a": [{"exists": true}]}"#, #"{"a": {"b": 1}}"#, false),
        (#"{"a": [{"exists": false}]}"#, #"{"b": 1}"#, true),
        (#"{"a": [{"exists": false}]}"#, #"{"a": 1}"#, false),
        (#"{"a": [{"exists": false}]}"#, #"{"a": []}"#, true),
        (#"{"a": {"b": [{"exists": false}]}}"#, #"{}"#, true),
        (#"{"a": {"b": [{"exists": false}]}}"#, #"{"a": {"c": 1}}"#, true),
        (#"{"a": {"b": [{"exists": false}]}}"#, #"{"a": {"b": 1}}"#, false),
        (#"{"a": ["x", {"exists": false}]}"#, #"{"b": 1}"#, true),
        // Addresses.
        (#"{"a": [{"cidr": "10.0.0.0/24"}]}"#, #"{"a": "10.0.0.255"}"#, true),
        (#"{"a": [{"cidr": "10.0.0.0/24"}]}"#, #"{"a": "10.0.1.0"}"#, false),
        (#"{"a": [{"cidr": "10.0.0.0/31"}]}"#, #"{"a": "10.0.0.1"}"#, true),
        (#"{"a": [{"cidr": "0.0.0.0/0"}]}"#, #"{"a": "no address"}"#, false),
        (#"{"a": [{"cidr": "2001:db8:1234:1a00::/56"}]}"#, #"{"a": "2001:db8:1234:1aff::1"}"#, true),
        (#"{"a": [{"cidr": "2001:db8:1234:1a00::/56"}]}"#, #"{"a": "10.0.0.1"}"#, false),
        // Wildcards.
        (#"{"a": [{"wildcard": "dir/*.png"}]}"#, #"{"a": "dir/a/b.png"}"#, true),
        (#"{"a": [{"wildcard": "dir/*.png"}]}"#, #"{"a": "dir/.pn"}"#, false),
        (#"{"a": [{"wildcard": "a*a"}]}"#, #"{"a": "a"}"#, false),
        (#"{"a": [{"wildcard": "a*b*c"}]}"#, #"{"a": "axxbyybzzc"}"#, true),
        (#"{"a": [{"wildcard": "*"}]}"#, #"{"a": ""}"#, true),
        (#"{"a": [{"wildcard": "a\\*b"}]}"#, #"{"a": "a*b"}"#, true),
        (#"{"a": [{"wildcard": "a\\*b"}]}"#, #"{"a": "axb"}"#, false),
        // One of several.
        (#"{"$or": [{"a": [1]}, {"b": [2]}]}"#, #"{"a": 3, "b": 2}"#, true),
        (#"{"$or": [{"a": [1]}, {"b": [2]}]}"#, #"{"a": 2, "b": 1}"#, false),
        (#"{"s": ["x"], "$or": [{"a": [1]}, {"b": [2]}]}"#, #"{"s": "y", "a": 1}"#, false),
        (#"{"d": {"$or": [{"a": [{"numeric": [">", 5]}]}, {"b": ["z"]}]}}"#, #"{"d": {"a": 6}}"#, true),
        (#"{"$or": [{"a": [1]}, {"$or": [{"b": [2]}, {"c": [3]}]}]}"#, #"{"c": 3}"#, true),
        (#"{"$or": ["x"]}"#, #"{"$or": "x"}"#, true),
        (#"{"a": ["x"]}"#, #"["x"]"#, false),
    ])
    func eventsMatch(pattern: String, event: String, isMatch: Bool) throws {
        #expect(try matches(pattern, event) == isMatch)
    }

    @Test func aHostileWildcardIsDoneInTime() throws {
        let text = String(repeating: "a", count: 100_000)
        let pattern = "{\"a\": [{\"wildcard\": \"\(String(repeating: "a*", count: 20))b\"}]}"
        #expect(try !matches(pattern, "{\"a\": \"\(text)\"}"))
    }

    @Test func whatNestsTooDeepIsRefused() throws {
        let deep = String(repeating: "[", count: 100_000)
        #expect(throws: EventPatternError.self) { try EventDocument(deep) }
        let fits = String(repeating: "[", count: 199) + String(repeating: "]", count: 199)
        #expect(throws: Never.self) { try EventDocument(fits) }
    }
}
