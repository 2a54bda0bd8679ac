import TestSupport
import Testing

@testable import Logs

@Suite struct PatternRegexTests {
    @Test(arguments: [
        ("AUTH", "UNAUTHORIZED", true),
        ("^AUTH", "UNAUTHORIZED", false),
        ("^UN", "UNAUTHORIZED", true),
        ("ED$", "UNAUTHORIZED", true),
        ("AUTH$", "UNAUTHORIZED", false),
        ("^abc$", "abc", true),
        ("^abc$", "abcd", false),
        ("colou?r", "color", true),
        ("colou?r", "colour", true),
        ("colou?r", "colouur", false),
        ("10\\.10\\.0\\.1", "from 10.10.0.1", true),
        ("10\\.10\\.0\\.1", "from 10a10.0.1", false),
        ("gray|grey", "a grey cat", true),
        ("gray|grey", "a groy cat", false),
        ("[a-z]+[0-9]{2,3}$", "abc123", true),
        ("^[a-z]+[0-9]{2,3}$", "abc1234", false),
        ("^a{3}$", "aaa", true),
        ("^a{3}$", "aaaa", false),
        ("^a{2,}$", "aaaaa", true),
        ("^a{2,}$", "a", false),
        ("^a{0}b$", "b", true),
        ("x.*y", "x and then y", true),
        ("x.+y", "xy", false),
        ("x.y", "x\ny", false),
        ("\\d+", "a1", true),
        ("^\\D+$", "a1", false),
        ("\\s", "a b", true),
        ("^\\S+$", "a b", false),
        ("^\\w+$", "a_1", true),
        ("\\W", "a_1", false),
        ("[^a-z]", "abc", false),
        ("[^a-z]", "abC", true),
        ("[.]", "x", false),
        ("[\\d_-]", "-", true),
        ("\\x41", "A", true),
        ("a^b", "ab", false),
        ("a$b", "ab", false),
        ("^$", "", true),
        ("a*", "", true),
        ("^.$", "é", true),
        ("^..$", "é", false),
        ("a+?b", "aab", true),
        ("|x", "anything", true),
        ("\\(x\\)", "f(x)", true),
    ])
    func matches(_ source: String, _ text: String, _ expected: Bool) throws {
        #expect(try PatternRegexParser.parse(source).matches(text) == expected)
    }

    @Test(arguments: [
        "", "*a", "a**", "a++", "a{", "a{2,1}", "a{x}", "[", "[]", "[z-a]", "a\\", "\\q", "(a)", "a b", "é", "]", "}",
        "a{513}", "^*",
    ])
    func refuses(_ source: String) {
        #expect(throws: FilterPatternError.self) { try PatternRegexParser.parse(source) }
    }

    /// Expressions that ruin a backtracking matcher.
    @Test(arguments: [
        "a*a*a*a*a*a*a*a*b", "a?a?a?a?a?a?a?a?a?a?aaaaaaaaaac", "[a-z]*[a-z]*[a-z]*x$", ".*.*.*.*.*=x", "a{0,200}b",
    ])
    func isNotSlow(_ source: String) throws {
        let regex = try PatternRegexParser.parse(source)
        let spent = ProcessorTime.spent { #expect(!regex.matches(String(repeating: "a", count: 5000))) }
        #expect(spent < .seconds(20))
    }
}
