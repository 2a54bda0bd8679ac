import ServiceModel
import TestSupport
import Testing

@testable import S3

/// Listings against what the definition says of them.
struct ListingTests {
    private static func rows(_ keys: [String]) -> [ObjectRecord] {
        keys.sorted { $0.isKey(before: $1) }.map {
            ObjectRecord(bucket: 1, key: $0, modified: Timestamp(milliseconds: 0))
        }
    }

    private static func walk(_ prefix: String, _ delimiter: String, _ limit: Int) -> ListingWalk<ObjectRecord> {
        ListingWalk(
            prefix: prefix, delimiter: delimiter, limit: limit, isFirstOnly: true, key: { $0.key },
            place: { $0.position }, isHidden: { $0.isMarker })
    }

    /// As the store fetches.
    private static func page(
        _ walk: ListingWalk<ObjectRecord>, after marker: String, of rows: [ObjectRecord], count: inout Int
    ) -> ListingWalk<ObjectRecord>.Page {
        let end = KeyRange.end(ofPrefix: walk.prefix)
        var fetched = 0
        let page = walk.page(from: walk.start(after: marker)) { cursor, limit in
            let found = rows.filter { row in
                let isFrom =
                    cursor.key.isKey(before: row.key)
                    || (cursor.key.isSameKey(as: row.key) && row.position >= cursor.place)
                return isFrom && end.map { row.key.isKey(before: $0) } ?? true
            }.prefix(limit)
            fetched += found.count
            return Array(found)
        }
        count += fetched
        return page
    }

    /// All entries, page by page, each a key or a common prefix.
    private static func entries(_ rows: [ObjectRecord], _ prefix: String, _ delimiter: String, _ limit: Int) -> [String]
    {
        var entries: [String] = []
        var marker = ""
        var count = 0
        while true {
            let page = page(walk(prefix, delimiter, limit), after: marker, of: rows, count: &count)
            #expect(page.count <= limit)
            let found = (page.rows.map(\.key) + page.prefixes).sorted { $0.isKey(before: $1) }
            entries += found
            guard page.isTruncated, let last = page.lastPrefix ?? page.lastRow?.key else { return entries }
            marker = last
        }
    }

    @Test(arguments: 0..<40)
    func `pages hold every key and common prefix once and in order`(seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed))
        let letters = ["a", "b", "/", "/", "é", "\u{10FFFF}", "-"]
        let keys = Set(
            (0..<60).map { _ in
                (0..<Int.random(in: 1...6, using: &generator)).map { _ in
                    letters.randomElement(using: &generator) ?? "a"
                }.joined()
            })
        let rows = Self.rows(Array(keys))
        for prefix in ["", "a", "a/", "b/a", "/", "é"] {
            for delimiter in ["", "/", "a/"] {
                let expected = Set(
                    keys.filter { $0.hasKeyPrefix(prefix) }.map { $0.commonPrefix(after: prefix, delimiter) ?? $0 }
                ).sorted { $0.isKey(before: $1) }
                let limit = Int.random(in: 1...9, using: &generator)
                #expect(Self.entries(rows, prefix, delimiter, limit) == expected)
            }
        }
    }

    @Test func `what lies under a common prefix is jumped over`() {
        let keys = (0..<20).flatMap { folder in (0..<2000).map { "folder\(folder)/\($0)" } }
        var count = 0
        let page = Self.page(Self.walk("", "/", 1000), after: "", of: Self.rows(keys), count: &count)
        #expect(page.prefixes.count == 20)
        #expect(!page.isTruncated)
        #expect(count < 1000)
    }

    @Test func `older versions and deleted objects are passed`() {
        var rows: [ObjectRecord] = []
        for key in ["a", "b", "c"] {
            for position in -5...0 {
                var row = ObjectRecord(bucket: 1, key: key, modified: Timestamp(milliseconds: 0))
                row.position = Int64(position)
                row.isMarker = key == "b" && position == -5
                rows.append(row)
            }
        }
        var count = 0
        let page = Self.page(Self.walk("", "", 2), after: "", of: rows, count: &count)
        #expect(page.rows.map(\.key) == ["a", "c"])
        #expect(page.rows.map(\.position) == [-5, -5])
    }

    @Test func `a marker within a common prefix passes the prefix`() {
        let rows = Self.rows(["folder/sub/1", "folder/sub/2", "folder/x"])
        var count = 0
        let page = Self.page(Self.walk("folder/", "/", 10), after: "folder/sub/1", of: rows, count: &count)
        #expect(page.prefixes.isEmpty)
        #expect(page.rows.map(\.key) == ["folder/x"])
    }

    @Test(arguments: [
        ("a", "b"), ("a/", "a0"), ("\u{D7FF}", "\u{E000}"), ("a\u{10FFFF}", "b"), ("é", "ê"),
    ])
    func `prefixes end where the next text begins`(prefix: String, end: String) {
        #expect(KeyRange.end(ofPrefix: prefix) == end)
    }

    @Test func `nothing follows the last of all prefixes`() {
        #expect(KeyRange.end(ofPrefix: "") == nil)
        #expect(KeyRange.end(ofPrefix: "\u{10FFFF}\u{10FFFF}") == nil)
    }

    @Test func `spellings of a letter are different keys`() {
        #expect("e\u{301}" == "é")
        #expect(!"e\u{301}".isSameKey(as: "é"))
        #expect(!"e\u{301}x".hasKeyPrefix("é"))
    }

    @Test(arguments: ["", "a", "folder/", "ключ", "with space"])
    func `tokens are read again`(text: String) {
        #expect(ContinuationToken.decode(ContinuationToken.encode(text)) == text)
    }

    @Test(arguments: ["", "x", "bm90IG91cnM", "!!"])
    func `what is no token is refused`(text: String) { #expect(ContinuationToken.decode(text) == nil) }

    @Test(arguments: [("a b", "a+b"), ("date=1/", "date%3D1/"), ("%2F", "%252F"), ("a*-._", "a*-._"), ("é", "%C3%A9")])
    func `names are encoded as forms are`(key: String, encoded: String) { #expect(ListingNames.encode(key) == encoded) }
}
