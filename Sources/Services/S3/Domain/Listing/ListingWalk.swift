/// One page of a listing: rows in the order of their keys, with what a delimiter rolls up. A pure walk over whatever fetches rows; it never reads
/// what lies under a common prefix, nor more than the first row of a key where only that counts.
struct ListingWalk<Row: Sendable>: Sendable {
    struct Cursor: Sendable, Hashable {
        /// The first key that counts.
        var key: String
        /// Of that key, the first place.
        var place: Int64 = .min
    }

    struct Page: Sendable {
        var rows: [Row] = []
        var prefixes: [String] = []
        var isTruncated = false
        /// What came last, if it was a row.
        var lastRow: Row?
        /// What came last, if it was a common prefix.
        var lastPrefix: String?
        /// The last key that was looked at, where the page ends before its limit because so much was not to be shown.
        var stoppedAfter: String?

        var count: Int { rows.count + prefixes.count }
    }

    var prefix: String
    /// Empty: none.
    var delimiter: String
    /// How many rows and common prefixes at most.
    var limit: Int
    /// Whether of each key the first row alone counts.
    var isFirstOnly: Bool
    var key: @Sendable (Row) -> String
    /// What orders the rows of a key.
    var place: @Sendable (Row) -> Int64
    /// Rows that are not shown.
    var isHidden: @Sendable (Row) -> Bool
    /// How many rows a page reads before it gives up looking for more to show; nil: it looks until the end.
    var patience: Int?

    /// Where a listing begins that goes on after a marker, which is a key or a common prefix.
    func start(after marker: String) -> Cursor? {
        guard !marker.isEmpty, prefix.isKey(before: marker) || prefix.isSameKey(as: marker) else {
            return Cursor(key: prefix)
        }
        guard marker.hasKeyPrefix(prefix) else { return nil }
        if let rolled = marker.commonPrefix(after: prefix, delimiter) {
            return KeyRange.end(ofPrefix: rolled).map { Cursor(key: $0) }
        }
        return Cursor(key: KeyRange.next(after: marker))
    }

    /// Where a listing goes on that has stopped after a key: what the key's common prefix holds may not have been shown.
    func start(stoppedAfter key: String) -> Cursor? {
        key.hasKeyPrefix(prefix) ? Cursor(key: KeyRange.next(after: key)) : start(after: key)
    }

    /// `fetch`: rows from a cursor on, below the end of the prefix, as many as are asked for.
    func page(from start: Cursor?, fetch: (Cursor, Int) throws -> [Row]) rethrows -> Page {
        var page = Page()
        guard limit > 0, var cursor = start else { return page }
        let most = min(limit + 1, 1001)
        var batch = delimiter.isEmpty ? most : min(most, 64)
        var read = 0
        while true {
            let rows = try fetch(cursor, batch)
            read += rows.count
            let before = page.count
            var keys = 0
            var rolled: String?
            var seen: String?
            for row in rows {
                let key = key(row)
                if let rolled, key.hasKeyPrefix(rolled) { continue }
                if isFirstOnly, let seen, seen.isSameKey(as: key) { continue }
                seen = key
                keys += 1
                if isHidden(row) { continue }
                if page.count == limit {
                    page.isTruncated = true
                    return page
                }
                if let found = key.commonPrefix(after: prefix, delimiter) {
                    page.prefixes.append(found)
                    (page.lastRow, page.lastPrefix) = (nil, found)
                    rolled = found
                } else {
                    page.rows.append(row)
                    (page.lastRow, page.lastPrefix) = (row, nil)
                }
            }
            guard rows.count == batch, let last = rows.last else { return page }
            let lastKey = key(last)
            if let rolled, lastKey.hasKeyPrefix(rolled) {
                guard let end = KeyRange.end(ofPrefix: rolled) else { return page }
                cursor = Cursor(key: end)
                batch = 8
            } else {
                if let patience, read >= patience {
                    page.isTruncated = true
                    page.stoppedAfter = lastKey
                    return page
                }
                let (next, overflow) = place(last).addingReportingOverflow(1)
                cursor =
                    isFirstOnly || overflow
                    ? Cursor(key: KeyRange.next(after: lastKey)) : Cursor(key: lastKey, place: next)
                // Where keys have many versions, what comes behind each first row is read for nothing; where nothing is shown, a small
                // page takes large steps.
                let largest = page.count == before ? 1001 : most
                batch = isFirstOnly && keys * 4 < batch ? max(2, keys * 2) : min(batch * 2, largest)
            }
        }
    }
}
