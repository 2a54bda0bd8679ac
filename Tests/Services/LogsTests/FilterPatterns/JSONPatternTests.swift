import Testing

@testable import Logs

@Suite struct JSONPatternTests {
    static let event = """
        {"eventType": "UpdateTrail", "sourceIPAddress": "111.111.111.111", "arrayKey": ["value", "another value"],
         "objectList": [{"name": "a", "id": 1}, {"name": "b", "id": 2}], "SomeObject": null, "ThisFlag": true, "off": false,
         "user": {"id": 1, "email": "John.Stiles@example.com"}, "users": [{"id": 2, "email": "John.Doe@example.com"}, {"id": 3}],
         "actions": ["GET", "PUT", "DELETE"], "coordinates": [[0, 1, 2], [4, 5, 6]], "latency": 50.5, "errorCode": 400, "text": "400",
         "cluster.name": "c", "a-b": "x", "neg": -1e2, "account": "012345678901", "uni": "caf\\u00e9 \\ud83d\\ude00"}
        """

    @Test(arguments: [
        ("{ $.eventType = \"UpdateTrail\" }", true),
        ("{ $.eventType = UpdateTrail }", true),
        ("{$.eventType=\"Update*\"}", true),
        ("{ $.eventType = *Trail }", true),
        ("{ $.eventType = \"*date*\" }", true),
        ("{ $.eventType = Up*il }", false),
        ("{ $.eventType = * }", true),
        ("{ $.missing = * }", false),
        ("{ $.eventType != \"UpdateTrail\" }", false),
        ("{ $.eventType != \"Delete*\" }", true),
        ("{ $.sourceIPAddress != 123.123.* }", true),
        ("{ $.sourceIPAddress = 111.111.* }", true),
        ("{ $.sourceIPAddress = %^111\\.111\\.[0-9]+% }", true),
        ("{ $.sourceIPAddress != %^111% }", false),
        ("{ $.arrayKey[0] = \"value\" }", true),
        ("{ $.arrayKey[2] = \"value\" }", false),
        ("{ $.arrayKey = \"value\" }", false),
        ("{ $.arrayKey != \"value\" }", false),
        ("{ $.arrayKey[*] = \"another*\" }", true),
        ("{ $.objectList[1].id = 2 }", true),
        ("{ $.objectList[*].name = b }", true),
        ("{ $.SomeObject IS NULL }", true),
        ("{ $.eventType IS NULL }", false),
        ("{ $.SomeOtherObject NOT EXISTS }", true),
        ("{ $.SomeObject NOT EXISTS }", false),
        ("{ $.eventType EXISTS }", true),
        ("{ $.ThisFlag IS TRUE }", true),
        ("{ $.ThisFlag is false }", false),
        ("{ $.off IS FALSE }", true),
        ("{ ($.user.id = 1) && ($.users[0].email = \"John.Doe@example.com\") }", true),
        ("{ ($.user.id = 2 && $.users[0].email = \"nonmatch\") || $.actions[2] = \"GET\" }", false),
        (
            "{ $.user.email = \"John.Stiles@example.com\" || $.coordinates[0][1] = nonmatch && $.actions[2] = nomatch }",
            true
        ),
        (
            "{ ($.user.email = \"John.Stiles@example.com\" || $.coordinates[0][1] = nonmatch) && $.actions[2] = nomatch }",
            false
        ),
        ("{ $.latency >= 50.5 }", true),
        ("{ $.latency > 50.5 }", false),
        ("{ $.latency < 10e3 }", true),
        ("{ $.latency < 10e-3 }", false),
        ("{ $.latency <= +51 }", true),
        ("{ $.neg = -100 }", true),
        ("{ $.errorCode = 400 }", true),
        ("{ $.errorCode = 4.0e2 }", true),
        ("{ $.errorCode = 4* }", true),
        ("{ $.errorCode != 500 }", true),
        ("{ $.errorCode = \"400\" }", true),
        ("{ $.text = 400 }", true),
        ("{ $.text > 399 }", true),
        ("{ $.eventType > 1 }", false),
        ("{ $.account = 012345678901 }", true),
        ("{ $.coordinates[1][0] = 4 }", true),
        ("{ $.['cluster.name'] = c }", true),
        ("{ $['cluster.name'] = \"c\" }", true),
        ("{ $.a-b = x }", true),
        ("{ $.uni = \"café 😀\" }", true),
        ("{ $.* = UpdateTrail }", true),
        ("{ $.user.missing.deeper = 1 }", false),
    ])
    func matches(_ source: String, _ expected: Bool) throws {
        #expect(try FilterPattern(parsing: source).matches(Self.event) == expected)
    }

    @Test(arguments: [
        "no json", "{\"a\": 1} tail", "{\"a\": 1", "[1, 2", "", "{\"a\" 1}", "{'a': 1}", "nul", "{\"a\": \"\\q\"}",
    ])
    func whatIsNoJSONNeverMatches(_ message: String) throws {
        #expect(try !FilterPattern(parsing: "{ $.a NOT EXISTS }").matches(message))
    }

    @Test func deepTextsAreNoJSON() throws {
        let deep = String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000)
        #expect(try !FilterPattern(parsing: "{ $.a NOT EXISTS }").matches(deep))
    }

    @Test(arguments: [
        "{}", "{ }", "{ $ = 1 }", "{ $.a }", "{ $.a = }", "{ $.a == 1 }", "{ $.a = 1 && }", "{ $.a = 1 || || $.b = 2 }",
        "{ ($.a = 1 }",
        "{ $.a IS MAYBE }", "{ $.a NOT NULL }", "{ $.a > b }", "{ $.a[x] = 1 }", "{ $.a[-1] = 1 }", "{ $.a[0 = 1 }",
        "{ a = 1 }",
        "{ $.a = \"x }", "{ $.a = 1 $.b = 2 }", "{ $.a = %a(b)% }", "{ $.a = %a% && $.a = %b% && $.a = %c% }",
        "{ $..a = 1 }",
    ])
    func refuses(_ source: String) {
        #expect(throws: FilterPatternError.self) { try FilterPattern(parsing: source) }
    }

    @Test func quotedMemberNamesAreRefusedInAWSWords() {
        #expect(throws: FilterPatternError(message: "Invalid character(s) in term '$.\"'")) {
            try FilterPattern(parsing: "{ $.\"sc-status\" = 5* }")
        }
    }

    @Test func parenthesesDoNotNestWithoutEnd() {
        let source = "{" + String(repeating: "(", count: 500) + "$.a=1" + String(repeating: ")", count: 500) + "}"
        #expect(throws: FilterPatternError.self) { try FilterPattern(parsing: source) }
    }

    @Test func extractsWhatItCompares() throws {
        let pattern = try FilterPattern(parsing: "{ $.errorCode = 400 && $.user.email = * && $.arrayKey[0] = value }")
        #expect(
            pattern.extract(Self.event)
                == ["$.errorCode": "400", "$.user.email": "John.Stiles@example.com", "$.arrayKey[0]": "value"])
        #expect(pattern.extract("{}") == nil)
    }
}
