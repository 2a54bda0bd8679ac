import TestSupport
import Testing

@testable import Logs

@Suite struct TermPatternTests {
    @Test(arguments: [
        ("", "anything", true),
        ("  ", "anything", true),
        ("\"\"", "anything", true),
        ("ERROR", "[ERROR 400] BAD REQUEST", true),
        ("ERROR", "Exiting with ERRORCODE: -1", true),
        ("ERROR", "an error", false),
        ("ERROR ARGUMENTS", "[ERROR 419] MISSING ARGUMENTS", true),
        ("ERROR ARGUMENTS", "[ERROR 400] BAD REQUEST", false),
        ("\"INTERNAL SERVER ERROR\"", "[ERROR 500] INTERNAL SERVER ERROR", true),
        ("\"INTERNAL SERVER ERROR\"", "INTERNAL ERROR", false),
        ("\"say \\\"hi\\\"\"", "they say \"hi\" twice", true),
        ("\"a\\\\b\"", "a\\b", true),
        ("ERROR -ARGUMENTS", "[ERROR 400] BAD REQUEST", true),
        ("ERROR -ARGUMENTS", "[ERROR 419] MISSING ARGUMENTS", false),
        ("\"ERROR\" - \"Exiting\"", "Exiting with ERRORCODE: -1", false),
        ("-ERROR", "all is well", true),
        ("-ERROR", "ERROR", false),
        ("?ERROR ?WARN", "ERROR message", true),
        ("?ERROR ?WARN", "WARN message", true),
        ("?ERROR ?WARN", "INFO message", false),
        ("?\"a b\" ?c", "x a b", true),
        ("?ERROR INFO", "INFO message", true),
        ("?ERROR INFO", "ERROR message", false),
        ("%AUTHORIZED%", "[ERROR 401] UNAUTHORIZED REQUEST", true),
        ("%AUTHORIZED%", "[ERROR 403] FORBIDDEN", false),
        ("%[0-9]{3}% -ERROR", "status 404", true),
        ("?%^a% ?%b$%", "xxb", true),
        ("\"ä\"", "Übergrößenträger", true),
        ("\"é\"", "e\u{301}", false),
    ])
    func matches(_ source: String, _ message: String, _ expected: Bool) throws {
        #expect(try FilterPattern(parsing: source).matches(message) == expected)
    }

    @Test(arguments: [
        ("email@domain", "Invalid character(s) in term '@'"),
        ("Status:", "Invalid character(s) in term ':'"),
        ("a,b", "Invalid character(s) in term ','"),
        ("a(b", "Invalid character(s) in term '('"),
        ("`x`", "Invalid character(s) in term '`'"),
        ("größe", "Invalid character(s) in term 'ö'"),
        ("-", "Invalid character(s) in term '-'"),
        ("?", "Invalid character(s) in term '?'"),
        ("a-b", "Invalid character(s) in term '-'"),
        ("\"open", "Invalid filter pattern"),
        ("%open", "Invalid filter pattern"),
        ("%a(b)%", "Invalid character(s) in term '('"),
        ("%a b%", "Invalid character(s) in term ' '"),
        ("%something!%", "Invalid character(s) in term '!'"),
        ("%a% %b% %c%", "Invalid filter pattern"),
        ("{ $.a = 1", "If a filter pattern starts with '{' it must end with '}'"),
        ("[a, b", "If a filter pattern starts with '[' it must end with ']'"),
        ("{", "If a filter pattern starts with '{' it must end with '}'"),
    ])
    func refuses(_ source: String, _ message: String) {
        #expect(throws: FilterPatternError(message: message)) { try FilterPattern(parsing: source) }
    }

    @Test func refusesWhatIsTooLong() {
        #expect(throws: FilterPatternError.invalid) { try FilterPattern(parsing: String(repeating: "a", count: 1025)) }
        #expect(throws: Never.self) { try FilterPattern(parsing: String(repeating: "a", count: 1024)) }
    }

    /// Whatever is thrown at the parser, it answers.
    @Test func survivesNoise() {
        var random = SeededGenerator(seed: 7)
        let alphabet = Array("{}[]()$.%\"\\'=!<>&|*?-, \nab19_é…")
        for _ in 0..<4000 {
            let length = Int.random(in: 0...40, using: &random)
            var text = String((0..<length).map { _ in alphabet.randomElement(using: &random) ?? "a" })
            switch Int.random(in: 0..<3, using: &random) {
            case 0: text = "{\(text)}"
            case 1: text = "[\(text)]"
            default: break
            }
            if let pattern = try? FilterPattern(parsing: text) {
                _ = pattern.extract("{\"a\": [1, \"b\"], \"9\": null} x \"y z\" [1")
            }
        }
    }
}
