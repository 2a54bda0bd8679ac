import Testing

@testable import Persistence

@Suite struct PostgresSQLTests {
    @Test(arguments: [
        ("SELECT a FROM t WHERE b = ? AND c=?", "SELECT a FROM t WHERE b = $1 AND c=$2", 2),
        ("SELECT '?', \"?\", 'it''s ?' FROM t WHERE a = ?", "SELECT '?', \"?\", 'it''s ?' FROM t WHERE a = $1", 1),
        ("SELECT ? -- what?", "SELECT $1", 1),
        ("SELECT ? IS NULL, ? IS NOT NULL", "SELECT $1::text IS NULL, $2::text IS NOT NULL", 2),
        ("SELECT 'unclosed ?", "SELECT 'unclosed ?", 0), ("", "", 0), ("?", "$1", 1), ("/* ? ", "", 0),
        (
            "CREATE TABLE a (id INTEGER PRIMARY KEY, text TEXT NOT NULL, blob BLOB, r REAL, x TEXT DEFAULT 'TEXT') WITHOUT ROWID",
            "CREATE TABLE a (id BIGINT PRIMARY KEY, text TEXT COLLATE \"C\" NOT NULL, blob BYTEA, r DOUBLE PRECISION, "
                + "x TEXT COLLATE \"C\" DEFAULT 'TEXT') ", 0
        ),
        (
            "CREATE TABLE \"t\" (\"a\" TEXT COLLATE \"C\", b text)",
            "CREATE TABLE \"t\" (\"a\" TEXT COLLATE \"C\", b TEXT COLLATE \"C\")", 0
        ),
        ("ALTER TABLE a ADD COLUMN b BLOB", "ALTER TABLE a ADD COLUMN b BYTEA", 0),
        (
            "CREATE TABLE a (b TEXT CHECK (CAST(b AS TEXT) <> ''))",
            "CREATE TABLE a (b TEXT COLLATE \"C\" CHECK (CAST(b AS TEXT) <> ''))", 0
        ),
        ("CREATE INDEX a ON b (text)", "CREATE INDEX a ON b (text)", 0),
        ("SELECT text, blob FROM t", "SELECT text, blob FROM t", 0),
    ])
    func commonStatementsAreTranslated(common: String, expected: String, parameters: Int) {
        let translated = PostgresSQL(common)
        #expect(translated.text.trimmingSuffix(while: \.isWhitespace) == expected.trimmingSuffix(while: \.isWhitespace))
        #expect(translated.parameterCount == parameters)
    }
}

extension String {
    fileprivate func trimmingSuffix(while isDropped: (Character) -> Bool) -> Substring {
        var rest = self[...]
        while let last = rest.last, isDropped(last) { rest.removeLast() }
        return rest
    }
}
