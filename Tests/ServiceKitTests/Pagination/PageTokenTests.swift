import ServiceKit
import Testing

@Suite struct PageTokenTests {
    @Test(arguments: [[], [""], ["name"], ["ünïcödé", "", "a/b:c"], [String(repeating: "x", count: 300)]])
    func aTokenComesBack(position: [String]) {
        let token = PageToken(scope: "ListThings", position: position)
        #expect(PageToken(token.text, scope: "ListThings") == token)
        #expect(token.text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F })
    }

    @Test func anotherListingsTokenIsRefused() {
        let token = PageToken(scope: "ListThings", position: ["a"]).text
        #expect(PageToken(token, scope: "ListOthers") == nil)
    }

    @Test func noChangedTokenIsRead() {
        let text = Array(PageToken(scope: "s", position: ["some", "position"]).text.utf8)
        for index in text.indices {
            for byte in [UInt8(ascii: "A"), UInt8(ascii: "_"), UInt8(ascii: "="), 0, 0xFF] where text[index] != byte {
                var changed = text
                changed[index] = byte
                #expect(PageToken(String(decoding: changed, as: UTF8.self), scope: "s") == nil)
            }
            #expect(PageToken(String(decoding: text[..<index], as: UTF8.self), scope: "s") == nil)
        }
    }

    @Test(arguments: ["", "a", "AAAA", "AAAAA", "not a token", String(repeating: "A", count: 100_000)])
    func rubbishIsRefused(text: String) { #expect(PageToken(text, scope: "s") == nil) }

    @Test func pagesShowEveryItemOnce() {
        let items = (0..<10).map { "item\($0)" }
        var seen: [String] = []
        var marker: String?
        repeat {
            let after = marker.flatMap { PageToken($0, scope: "s") }?.position.first ?? ""
            let page = Page(found: Array(items.filter { $0 > after }.prefix(4)), size: 3, scope: "s") { [$0] }
            seen += page.items
            marker = page.next
        } while marker != nil
        #expect(seen == items)
    }

    @Test func theLastPageHasNoToken() {
        #expect(Page(found: [1, 2, 3], size: 3, scope: "s") { ["\($0)"] }.next == nil)
        #expect(Page(found: [1, 2, 3, 4], size: 3, scope: "s") { ["\($0)"] }.items == [1, 2, 3])
    }
}
