import ServiceKit
import Testing

@Suite struct TagRulesTests {
    private static func tags(_ count: Int) -> [ResourceTag] {
        (0..<count).map { ResourceTag(key: "k\($0)", value: "v") }
    }

    @Test(arguments: [
        [], [ResourceTag(key: "a", value: "")],
        [ResourceTag(key: "Key with spaces_.:/=+-@", value: "Wert mit Ümläuten 中")],
        [ResourceTag(key: String(repeating: "k", count: 128), value: String(repeating: "v", count: 256))], tags(50),
        [ResourceTag(key: "a", value: "1"), ResourceTag(key: "A", value: "2")],
    ])
    func goodTagsPass(tags: [ResourceTag]) throws { try TagRules.standard.check(tags) }

    @Test(arguments: [
        ([ResourceTag(key: "", value: "")], TagRules.Violation.emptyKey),
        ([ResourceTag(key: "a\u{7}", value: "")], .keyCharacters("a\u{7}")),
        ([ResourceTag(key: "a", value: "{")], .valueCharacters(key: "a")),
        ([ResourceTag(key: "AWS:x", value: "")], .reservedKey("AWS:x")),
        ([ResourceTag(key: "a", value: "1"), ResourceTag(key: "a", value: "2")], .duplicateKey("a")),
        ([ResourceTag(key: "a", value: String(repeating: "v", count: 257))], .valueTooLong(key: "a")),
        (tags(51), .tooMany(limit: 50)),
    ])
    func badTagsAreRefused(tags: [ResourceTag], violation: TagRules.Violation) {
        #expect(throws: violation) { try TagRules.standard.check(tags) }
    }

    @Test func keysMayBeTheSameButForCase() {
        let rules = TagRules(ignoresCase: true)
        #expect(throws: TagRules.Violation.duplicateKey("A")) {
            try rules.check([ResourceTag(key: "a", value: ""), ResourceTag(key: "A", value: "")])
        }
        #expect(rules.removing(["ENV"], from: [ResourceTag(key: "env", value: "x")]).isEmpty)
    }

    @Test func addingReplacesAndKeepsTheOrder() throws {
        let tags = [ResourceTag(key: "a", value: "1"), ResourceTag(key: "b", value: "2")]
        let merged = try TagRules.standard.merging(
            [ResourceTag(key: "c", value: "3"), ResourceTag(key: "a", value: "9")], into: tags)
        #expect(
            merged == [
                ResourceTag(key: "a", value: "9"), ResourceTag(key: "b", value: "2"), ResourceTag(key: "c", value: "3"),
            ])
        #expect(throws: TagRules.Violation.tooMany(limit: 50)) {
            try TagRules.standard.merging([ResourceTag(key: "new", value: "")], into: Self.tags(50))
        }
    }
}
