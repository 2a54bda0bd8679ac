import Testing

@testable import WireProtocols

@Suite struct XMLParserTests {
    @Test func readsATree() throws {
        let text = """
            \u{FEFF}<?xml version="1.0"?><!-- c --><a:Root xmlns:a="x" xmlns="y" a:type='t&quot;'>
            <Item>1 &lt; 2 &#x263A;&#65;</Item><Item/><![CDATA[<raw>]]></a:Root>
            """
        let document = try XMLParser.parse(Array(text.utf8))
        #expect(document.nodes[document.root].name == "Root")
        #expect(document.attribute("type", of: document.root) == "t\"")
        let items = document.children(named: "Item", of: document.root)
        #expect(items.map { document.nodes[$0].text } == ["1 < 2 ☺A", ""])
        #expect(document.nodes[document.root].text.contains("<raw>"))
    }

    @Test(arguments: [
        "", "text", "<a>", "<a></b>", "<a/><b/>", "<a/>text", "<a b=c/>", "<a b='1'b='2'/>", "<a b='<'/>",
        "<a>&nbsp;</a>", "<a>&#0;</a>",
        "<a>&#xD800;</a>", "<a>&amp</a>", "<a>\u{0}</a>", "<!DOCTYPE a><a/>", "<a><!ELEMENT b></a>", "</a>", "<1a/>",
        "<a b/>", "<a", "<![CDATA[x]]>",
        "<a><!-- </a>",
    ])
    func refuses(text: String) {
        #expect(throws: XMLParser.Failure.self) { try XMLParser.parse(Array(text.utf8)) }
    }

    @Test func doesNotNestWithoutEnd() {
        let text = String(repeating: "<a>", count: 200_000)
        #expect(throws: XMLParser.Failure.tooDeep) { try XMLParser.parse(Array(text.utf8)) }
    }

    @Test func lineEndsAreLineFeeds() throws {
        let document = try XMLParser.parse(Array("<a>1\r\n2\r3&#13;</a>".utf8))
        #expect(document.nodes[0].text == "1\n2\n3\r")
    }
}
