/// Where the next page of a listing begins, as the opaque token that the caller sends back.
///
/// A token holds the sort key of the last item that was shown, so listings stay right while items come and go. It is
/// not secret and not signed: a position is nothing that its caller may not name. It tells the listing it belongs to,
/// and a token of another one, or anything that was not made here, is refused.
public struct PageToken: Sendable, Hashable {
    /// The listing, such as `ListRoles`, with whatever filter the position depends on.
    public var scope: String
    /// The sort key of the last item shown, one element per column.
    public var position: [String]

    /// The longest token that is read, in characters.
    public static let maximumLength = 4096

    public init(scope: String, position: [String]) {
        self.scope = scope
        self.position = position
    }

    /// Nil if `token` is none of `scope`'s.
    public init?(_ token: some StringProtocol, scope: String) {
        guard token.utf8.count <= Self.maximumLength, let bytes = Base64URL.decode(token), bytes.count >= 4 else {
            return nil
        }
        let body = bytes[4...]
        guard Self.checksum(scope, body) == bytes[..<4].reduce(0, { $0 << 8 | UInt32($1) }) else { return nil }
        var position: [String] = []
        var index = body.startIndex
        while index < body.endIndex {
            guard index + 2 <= body.endIndex else { return nil }
            let length = Int(body[index]) << 8 | Int(body[index + 1])
            index += 2
            guard index + length <= body.endIndex,
                let part = String(validating: body[index..<index + length], as: UTF8.self)
            else { return nil }
            position.append(part)
            index += length
        }
        self.init(scope: scope, position: position)
    }

    /// The token. A part of the position longer than 65,535 bytes is cut there.
    public var text: String {
        var body: [UInt8] = []
        for part in position {
            let bytes = part.utf8.prefix(65_535)
            body.append(UInt8(bytes.count >> 8))
            body.append(UInt8(bytes.count & 255))
            body += bytes
        }
        let sum = Self.checksum(scope, body[...])
        return Base64URL.encode([24, 16, 8, 0].map { UInt8(truncatingIfNeeded: sum >> $0) } + body)
    }

    /// FNV-1a over the scope and the body.
    private static func checksum(_ scope: String, _ body: ArraySlice<UInt8>) -> UInt32 {
        var hash: UInt32 = 0x811C_9DC5
        for byte in scope.utf8 { hash = (hash ^ UInt32(byte)) &* 0x0100_0193 }
        hash = (hash ^ 0xFF) &* 0x0100_0193
        for byte in body { hash = (hash ^ UInt32(byte)) &* 0x0100_0193 }
        return hash
    }
}
