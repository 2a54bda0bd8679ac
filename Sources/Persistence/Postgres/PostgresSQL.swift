/// Translates common SQL (see ``SQLConnection``) to PostgreSQL's.
///
/// - `?` outside of quotes and comments becomes `$1`, `$2` …; one that is only tested for NULL is cast, since nothing
///   else would tell its type.
/// - In `CREATE TABLE` and `ALTER TABLE`, `BLOB` becomes `BYTEA`, `TEXT` gets `COLLATE "C"`, the integer types become
///   `BIGINT` and `REAL` becomes `DOUBLE PRECISION`, as they are in SQLite; `WITHOUT ROWID` goes.
struct PostgresSQL: Hashable, Sendable {
    var text: String
    var parameterCount: Int

    init(_ common: String) {
        let tokens = Self.tokens(Array(common.utf8))
        let words = tokens.indices.filter { tokens[$0].kind != .space }
        let isDefinition =
            words.count > 1 && ["CREATE", "ALTER"].contains(tokens[words[0]].upper) && tokens[words[1]].upper == "TABLE"
        var output: [UInt8] = []
        var count = 0
        var position = 0
        while position < words.count {
            let index = words[position]
            let token = tokens[index]
            func upper(_ offset: Int) -> String {
                let target = position + offset
                return words.indices.contains(target) ? tokens[words[target]].upper : ""
            }
            if position > 0 || index > 0 {
                let previous = position > 0 ? words[position - 1] + 1 : 0
                for space in tokens[previous..<index] { output += space.bytes }
            }
            position += 1
            switch token.kind {
            case .parameter:
                count += 1
                output += Array("$\(count)".utf8)
                if upper(0) == "IS", upper(1) == "NULL" || (upper(1) == "NOT" && upper(2) == "NULL") {
                    output += Array("::text".utf8)
                }
            case .word where isDefinition:
                if token.upper == "WITHOUT", upper(0) == "ROWID" {
                    position += 1
                } else {
                    let isType = !["", "(", ",", "AS", "TABLE"].contains(upper(-2))
                    output += isType ? Self.type(token, isCollated: upper(0) == "COLLATE") : token.bytes
                }
            default: output += token.bytes
            }
        }
        text = String(decoding: output, as: UTF8.self)
        parameterCount = count
    }

    private static func type(_ token: Token, isCollated: Bool) -> [UInt8] {
        switch token.upper {
        case "BLOB": Array("BYTEA".utf8)
        case "TEXT" where !isCollated: Array("TEXT COLLATE \"C\"".utf8)
        case "INTEGER", "INT": Array("BIGINT".utf8)
        case "REAL": Array("DOUBLE PRECISION".utf8)
        default: token.bytes
        }
    }

    private struct Token {
        enum Kind { case word, parameter, quoted, space, other }
        var kind: Kind
        var bytes: [UInt8]
        /// Upper case of a word or sign; empty for quoted text.
        var upper: String { kind == .quoted ? "''" : String(decoding: bytes, as: UTF8.self).uppercased() }
    }

    /// Words, quoted texts, comments (as space) and single signs. What is not closed goes to the end.
    private static func tokens(_ sql: [UInt8]) -> [Token] {
        var tokens: [Token] = []
        var start = 0
        func byte(_ index: Int) -> UInt8 { index < sql.count ? sql[index] : 0 }
        func isWord(_ byte: UInt8) -> Bool {
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || byte == 95
                || byte >= 128
        }
        while start < sql.count {
            var end = start + 1
            var kind = Token.Kind.other
            switch (sql[start], byte(start + 1)) {
            case (UInt8(ascii: "'"), _), (UInt8(ascii: "\""), _):
                end = quotedEnd(sql, start)
                kind = .quoted
            case (UInt8(ascii: "-"), UInt8(ascii: "-")):
                while end < sql.count, sql[end] != 10 { end += 1 }
                kind = .space
            case (UInt8(ascii: "/"), UInt8(ascii: "*")):
                end = start + 2
                while end < sql.count, !(byte(end) == UInt8(ascii: "*") && byte(end + 1) == UInt8(ascii: "/")) {
                    end += 1
                }
                end = min(sql.count, end + 2)
                kind = .space
            case (UInt8(ascii: "?"), _): kind = .parameter
            case (9, _), (10, _), (13, _), (32, _): kind = .space
            case (let first, _) where isWord(first):
                while end < sql.count, isWord(sql[end]) { end += 1 }
                kind = .word
            default: break
            }
            tokens.append(Token(kind: kind, bytes: Array(sql[start..<end])))
            start = end
        }
        return tokens
    }

    /// A quote that is doubled stands for itself.
    private static func quotedEnd(_ sql: [UInt8], _ start: Int) -> Int {
        let quote = sql[start]
        var index = start + 1
        while index < sql.count {
            if sql[index] == quote {
                guard index + 1 < sql.count, sql[index + 1] == quote else { return index + 1 }
                index += 1
            }
            index += 1
        }
        return sql.count
    }
}
