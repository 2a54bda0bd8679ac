import NIOCore
import NIOHTTP1

extension RequestHead {
    /// What can be told of a request whose head says contradictory things about its body, for nothing but the words of the refusal.
    /// Nil: it can't be told what was asked either.
    init?(salvaging bytes: ByteBuffer) {
        let text = String(decoding: bytes.readableBytesView.prefix(Self.salvaged), as: Unicode.UTF8.self)
        var lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)[...]
        let request = lines.popFirst()?.split(separator: " ") ?? []
        guard request.count == 3, request[2] == "HTTP/1.1", request[0].utf8.allSatisfy(ResponseWriter.isToken) else {
            return nil
        }
        var headers = HTTPHeaders()
        for line in lines {
            if line.isEmpty { break }
            guard let colon = line.firstIndex(of: ":") else { return nil }
            let name = String(line[..<colon])
            let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            // NIO takes no other names, and its parser no other values.
            guard !name.isEmpty, name.utf8.allSatisfy(ResponseWriter.isToken),
                value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 })
            else { return nil }
            if !Self.framingFields.contains(name.lowercased()) { headers.add(name: name, value: String(value)) }
        }
        self.init(
            salvaging: HTTPRequestHead(
                version: .http1_1, method: HTTPMethod(rawValue: String(request[0])), uri: String(request[1]),
                headers: headers))
    }

    init?(salvaging head: HTTPRequestHead) {
        var head = head
        for name in Self.framingFields { head.headers.remove(name: name) }
        guard let found = try? RequestHead(head) else { return nil }
        self = found
    }

    private static let salvaged = 64 * 1024
    private static let framingFields: Set<String> = [
        "connection", "content-length", "expect", "te", "trailer", "transfer-encoding", "upgrade",
    ]
}
