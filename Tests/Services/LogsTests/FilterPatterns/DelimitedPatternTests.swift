import Testing

@testable import Logs

@Suite struct DelimitedPatternTests {
    static let event = "127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] \"GET /index.html HTTP/1.0\" 404 1534"

    @Test(arguments: [
        ("[ip, user, username, timestamp, request, status_code, bytes]", true),
        ("[ip, user, username, timestamp, request, status_code]", false),
        ("[ip, user, username, timestamp, request, status_code, bytes, more]", false),
        ("[..., status_code, bytes]", true),
        ("[ip, user, ..., status_code, bytes]", true),
        ("[ip, user, ...]", true),
        ("[...]", true),
        ("[ip, user, username, timestamp, request, status_code, bytes > 1000]", true),
        ("[ip, user, username, timestamp, request, status_code, bytes > 2000]", false),
        ("[ip, user, username, timestamp, request, status_code = 404, bytes]", true),
        ("[ip, user, username, timestamp, request, status_code = 4*, bytes]", true),
        ("[ip, user, username, timestamp, request = *html*, status_code = 4*, bytes]", true),
        ("[ip, user, username, timestamp, request = *.php*, status_code = 4*, bytes]", false),
        ("[ip, user, username, timestamp, request, status_code = 4* && status_code != 403, bytes]", true),
        ("[ip, user, username, timestamp, request, status_code = 403 || status_code = 404, bytes]", true),
        (
            "[ip, user, username, timestamp, request, (status_code = 403 || status_code = 404) && status_code != 404, bytes]",
            false
        ),
        ("[ip=%127\\.0\\.0\\.[1-9]%, user, username, timestamp, request =*.html*, status_code = 4*, bytes]", true),
        ("[ip!=%^127%, ...]", false),
        ("[..., request=*.html*, status_code=4*,]", true),
        ("[ip=\"127.0.0.1\", ...]", true),
        ("[,,,,,,]", true),
    ])
    func matches(_ source: String, _ expected: Bool) throws {
        #expect(try FilterPattern(parsing: source).matches(Self.event) == expected)
    }

    @Test(arguments: [("ERROR WARN message", false), ("ERROR message", true), ("WARN message", false)])
    func countsFieldsExactly(_ message: String, _ expected: Bool) throws {
        #expect(try FilterPattern(parsing: "[w1=ERROR, w2]").matches(message) == expected)
    }

    @Test func extractsAsDocumented() throws {
        let pattern = try FilterPattern(parsing: "[..., request=*.html*, status_code=4*,]")
        #expect(
            pattern.extract(Self.event) == [
                "$status_code": "404", "$request": "GET /index.html HTTP/1.0", "$7": "1534",
                "$4": "10/Oct/2000:13:25:15 -0700",
                "$3": "frank", "$2": "-", "$1": "127.0.0.1",
            ])
    }

    @Test(arguments: [
        ("a b", ["a", "b"]), ("  a\t b\n", ["a", "b"]), ("[a b] \"c d\" e", ["a b", "c d", "e"]),
        ("[open \"also", ["[open", "\"also"]),
        ("x[1] \"\"", ["x[1]", ""]), ("", []),
    ])
    func splits(_ message: String, _ fields: [String]) {
        #expect(DelimitedPattern.split(message) == fields)
    }

    @Test(arguments: [
        "[a, ..., b, ...]", "[a b]", "[a = ]", "[a == 1]", "[a = 1 && b = 2]", "[a > x]", "[a = %x(%]", "[a = \"x]",
        "[a &&]", "[(a = 1]",
        "[$a]", "[a=%1% || a=%2% || a=%3%]",
    ])
    func refuses(_ source: String) {
        #expect(throws: FilterPatternError.self) { try FilterPattern(parsing: source) }
    }
}
