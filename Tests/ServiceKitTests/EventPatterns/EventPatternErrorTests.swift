import Testing

@testable import ServiceKit

struct EventPatternErrorTests {
    private func refusal(_ pattern: String) -> EventPatternError? {
        do {
            _ = try EventPattern(pattern)
            return nil
        } catch {
            return error
        }
    }

    /// What AWS says, and how many characters it had read.
    @Test(arguments: [
        (#"{"int": 42}"#, #""int" must be an object or an array"#, 11),
        (#"{"detail": {"equal": [{"NUMERIC": ["=", 5]}]}}"#, "Unrecognized match type NUMERIC", 36),
        (#"{"detail": {"c-count": [{"numeric": [">", 0, "<"]}]}}"#, "Value of < must be numeric", 50),
        (
            #"{"detail-type": [{"equals-ignore-case": ["ec2 instance state-change notification"]}]}"#,
            "equals-ignore-case match pattern must be a string", 42
        ),
        (
            #"{"detail": {"state": [{"anything-but": {"equals-ignore-case": 123}}]}}"#,
            "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.", 66
        ),
        (#"{"EventBusArn": [{"wildcard": 123}]}"#, "wildcard match pattern must be a string", 34),
        (
            #"{"detail": {"FilePath": [{"anything-but": {"wildcard": 123}}]}}"#,
            "wildcard match pattern must be a string", 59
        ),
        (#"{"time": [{"prefix": 123}]}"#, "prefix match pattern must be a string", 25),
        (#"{"FileName": [{"suffix": [".png"]}]}"#, "suffix match pattern must be a string", 27),
        (
            #"{"detail": {"sourceIPAddress": [{"cidr": ["bad-type"]}]}}"#, "prefix match pattern must be a string", 43
        ),
        (
            #"{"detail": {"state": [{"anything-but": null}]}}"#,
            "Value of anything-but must be an array or single string/number value.", 44
        ),
        (#"["not", "a", "dict", "but valid json"]"#, "Filter is not an object", 2),
        (
            "this is valid json but not a dict",
            "Unrecognized token 'this': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or "
                + "'false')", 5
        ),
        (
            #"{"not": closed mark""#,
            "Unrecognized token 'closed': was expecting (JSON String, Number, Array, Object or token 'null', 'true' "
                + "or 'false')", 15
        ),
    ])
    func refusalsAreThoseOfAWS(pattern: String, reason: String, column: Int) {
        #expect(
            refusal(pattern)?.message(for: pattern)
                == "Event pattern is not valid. Reason: \(reason)\n at [Source: (String)\"\(pattern)\"; line: 1, "
                + "column: \(column)]")
    }

    @Test(arguments: [
        (
            #"{"detail": {"state": [{"anything-but": {"equals-ignore-case": [123, 456]}}]}}"#,
            "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.", 67
        ),
        (
            #"{"detail": {"state": [{"anything-but": {"wildcard": [123, "*/dir/*"]}}]}}"#,
            "wildcard match pattern must be a string", 57
        ),
        (
            #"{"detail": {"state": [{"anything-but": ["stopped", null]}]}}"#,
            "Inside anything but list, start|null|boolean is not supported.", 56
        ),
        (
            #"{"detail": {"FileName": [{"anything-but": {"suffix": [null, ".txt"]}}]}}"#,
            "prefix/suffix match pattern must be a string", 59
        ),
    ])
    func insideListsThePlaceIsNamedTwice(pattern: String, reason: String, column: Int) {
        let place = "\n at [Source: (String)\"\(pattern)\"; line: 1, column: \(column)]"
        #expect(
            refusal(pattern)?.message(for: pattern)
                == "Event pattern is not valid. Reason: \(reason)\(place)\(place)")
    }

    @Test(arguments: [
        (#"{"a": [{"cidr": "xxxx:db8:1234:1a00::/56"}]}"#, "Nonstandard IP address: xxxx:db8:1234:1a00::"),
        (#"{"a": [{"cidr": "10.0.0.0"}]}"#, "Malformed CIDR, one '/' required"),
        (#"{"a": [{"cidr": "10.0.0.0/x"}]}"#, "Malformed CIDR, mask bits must be an integer"),
        (#"{"a": [{"cidr": "10.0.0.0/33"}]}"#, "Malformed CIDR, only 32 mask bits allowed for IPv4"),
        (#"{"a": [{"wildcard": "a**b"}]}"#, "Consecutive wildcard characters at pos 1"),
        (#"{"a": [{"wildcard": "a\\b"}]}"#, "Invalid escape character at pos 1"),
        (#"{"a": [{"wildcard": "a\\"}]}"#, "Invalid escape character at pos 1"),
    ])
    func someRefusalsNameNoPlace(pattern: String, reason: String) {
        #expect(refusal(pattern)?.message(for: pattern) == "Event pattern is not valid. Reason: \(reason)")
    }

    @Test(arguments: [
        "", " ", "{", "{}", "[]", "null", "5", #"{"a"}"#, #"{"a": []}"#, #"{"a": {}}"#, #"{"a": [{}]}"#,
        #"{"a": [["x"]]}"#, #"{"a": ["x",]}"#, #"{"a": ["x"],}"#, #"{"a": ["x"]} x"#, #"{a: ["x"]}"#,
        #"{"a": [01]}"#, #"{"a": [1.]}"#, #"{"a": [+1]}"#, #"{"a": [NaN]}"#, #"{"a": ["\x"]}"#, #"{"a": ["\ud800"]}"#,
        "{\"a\": [\"\n\"]}", #"{"a": ["x]}"#, #"{"a": [{"prefix": "a", "suffix": "b"}]}"#,
        #"{"a": [{"exists": "true"}]}"#, #"{"a": [{"numeric": 5}]}"#, #"{"a": [{"numeric": []}]}"#,
        #"{"a": [{"numeric": ["=", "5"]}]}"#, #"{"a": [{"numeric": ["=", 5, "<", 6]}]}"#,
        #"{"a": [{"numeric": [">", 5, "<", 5]}]}"#, #"{"a": [{"numeric": ["~", 5]}]}"#,
        #"{"a": [{"numeric": ["<", 6e9]}]}"#, #"{"a": [{"anything-but": []}]}"#,
        #"{"a": [{"anything-but": ["x", 1]}]}"#, #"{"a": [{"anything-but": {"numeric": ["=", 1]}}]}"#,
        #"{"a": [{"anything-but": {"prefix": []}}]}"#, #"{"a": [{"anything-but": true}]}"#,
        #"{"$or": [{"a": [1]}, {"b": 2}]}"#, #"{"a": [{"wildcard": "\#(String(repeating: "a*", count: 21))"}]}"#,
    ])
    func otherTextsAreNoPatterns(pattern: String) {
        #expect(refusal(pattern) != nil)
    }
}
