import ServiceKit
import Testing

@Suite struct TagRulesTests {
    private static func tags(_ count: Int) -> [Tag] { (0..<count).map { Tag(key: "k\($0)", value: "v") } }

    @Test(arguments: [
        [], [Tag(key: "a", value: "")], [Tag(key: "Key with spaces_.:/=+-@", value: "Wert mit Ümläuten 中")],
        [Tag(key: String(repeating: "k", count: 128), value: String(repeating: "v", count: 256))], tags(50),
        [Tag(key: "a", value: "1"), Tag(key: "A", value: "2")],
    ])
    func goodTagsPass(tags: [Tag]) throws { try TagRules.standard.check(tags) }

    @Test(arguments: [
        ([Tag(key: "", value: "")], TagRules.Violation.emptyKey),
        ([Tag(key: "a\u{7}", value: "")], .keyCharacters("a\u{7}")),
        ([Tag(key: "a", value: "{")], .valueCharacters(key: "a")),
        ([Tag(key: "AWS:x", value: "")], .reservedKey("AWS:x")),
        ([Tag(key: "a", value: "1"), Tag(key: "a", value: "2")], .duplicateKey("a")),
        ([Tag(key: "a", value: String(repeating: "v", count: 257))], .valueTooLong(key: "a")),
        (tags(51), .tooMany(limit: 50)),
    ])
    func badTagsAreRefused(tags: [Tag], violation: TagRules.Violation) {
        #expect(throws: violation) { try TagRules.standard.check(tags) }
    }

    @Test func keysMayBeTheSameButForCase() {
        let rules = TagRules(ignoresCase: true)
        #expect(throws: TagRules.Violation.duplicateKey("A")) {
            try rules.check([Tag(key: "a", value: ""), Tag(key: "A", value: "")])
        }
        #expect(rules.removing(["ENV"], from: [Tag(key: "env", value: "x")]).isEmpty)
    }

    @Test func addingReplacesAndKeepsTheOrder() throws {
        let tags = [Tag(key: "a", value: "1"), Tag(key: "b", value: "2")]
        let merged = try TagRules.standard.merging([Tag(key: "c", value: "3"), Tag(key: "a", value: "9")], into: tags)
        #expect(merged == [Tag(key: "a", value: "9"), Tag(key: "b", value: "2"), Tag(key: "c", value: "3")])
        #expect(throws: TagRules.Violation.tooMany(limit: 50)) {
            try TagRules.standard.merging([Tag(key: "new", value: "")], into: Self.tags(50))
        }
    }
}
