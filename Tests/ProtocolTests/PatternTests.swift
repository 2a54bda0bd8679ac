import ServiceModel
import Testing

@testable import WireProtocols

@Suite struct PatternTests {
    @Test func everyPatternOfEveryModelIsUnderstood() throws {
        for service in ServiceModels.shared.services {
            let model = try #require(ServiceModels.shared.model(named: service.name))
            for shape in model.allShapes {
                if let pattern = shape.pattern {
                    #expect(Pattern(pattern) != nil, "\(service.name) \(shape.name): \(pattern)")
                }
            }
        }
    }

    @Test(arguments: [
        ("[0-9]+", "12", true), ("[0-9]+", "12a", false), ("a|bc", "bc", true), ("(a|b)*c", "ababc", true),
        ("^$", "", true),
        (#"\d{12}"#, "123456789012", true), (#"\d{12}"#, "12345678901", false), ("[^:*]*", "a:b", false),
        (".*", "a\nb", false),
        ("[a-zA-Z0-9-_]+", "a-_", true), (#"[\w+=,.@-]*"#, "a@b-c", true), (#"[\w+=,.@-]*"#, "ü", false),
        (#"[\p{L}\p{Z}\p{N}_.:/=+\-@]*"#, "ü 1", true), (#"[\p{L}\p{Z}\p{N}_.:/=+\-@]*"#, "*", false),
        (#"((?!^\d+$)^[0-9a-zA-Z-_]+$)"#, "1", false), (#"((?!^\d+$)^[0-9a-zA-Z-_]+$)"#, "v1", true),
        (#"[0-9A-Za-z\.\-_]*(?<!\.)"#, "a.b", true), (#"[0-9A-Za-z\.\-_]*(?<!\.)"#, "a.", false),
        ("^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$", "a-b", true),
        ("^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$", "a--b", false),
        (#"(\$LATEST|[0-9]+)"#, "$LATEST", true), (#"[\x20-\x7E]+"#, "~", true),
        (#"[\u0009\u000A\u000D\u0020-\u00FF]+"#, "ü\n", true),
        (#"[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\r\n\t]*"#, "🦅", true),
        (#"(|[a-zA-Z0-9$_-]+)"#, "", true),
        ("a{2,3}", "aaaa", false), ("a{2,}", "aaaa", true), ("[]a]+", "]a", true), (#"\S{2}"#, "a ", false),
    ])
    func matches(pattern: String, text: String, expected: Bool) throws {
        let compiled = try #require(Pattern(pattern))
        #expect(compiled.matches(text) == expected)
        // The table, empty and filled.
        let matcher = PatternMatcher(compiled)
        #expect(matcher.matches(text) == expected)
        #expect(matcher.matches(text) == expected)
    }

    @Test(arguments: ["(", "[a", "a{2", "*", #"\1"#, "(?<name>a)", #"\p{Unknown}"#, "[a&&b]", "a{3,2}"])
    func refusesWhatItDoesNotKnow(pattern: String) {
        #expect(Pattern(pattern) == nil)
    }

    /// What engines that go back would take years for.
    @Test func hostileTextsCostLittle() throws {
        let pattern = try #require(Pattern("(a+)+b|(a|a)*c|(a*)*d"))
        #expect(!pattern.matches(String(repeating: "a", count: 5000)))
    }
}
