import NIOCore
import ServiceKit

/// What a server says, reply by reply; some have several lines.
struct SMTPReplies {
    private var iterator: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    private var pending: [UInt8] = []
    private static let limit = 65_536

    init(_ iterator: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator) { self.iterator = iterator }

    /// Whether the server has said something that was not asked for yet.
    var hasMore: Bool { !pending.isEmpty }

    /// Reads a reply, whose code has to begin with this digit.
    /// - Returns: its lines, without the codes.
    @discardableResult
    mutating func expect(_ kind: Int) async throws -> [String] {
        var lines: [String] = []
        while true {
            let line = try await line()
            guard line.count >= 3, let code = Int(line.prefix(3)) else {
                throw MailFailure("The mail server speaks no SMTP: \(line.prefix(100))", isLasting: false)
            }
            lines.append(String(line.dropFirst(4)))
            guard lines.count <= 100 else { throw MailFailure("The mail server talks without end.", isLasting: false) }
            if line.dropFirst(3).first == "-" { continue }
            guard code / 100 == kind else { throw MailFailure(String(line.prefix(200)), isLasting: code / 100 == 5) }
            return lines
        }
    }

    private mutating func line() async throws -> String {
        while true {
            if let end = pending.firstIndex(of: 0x0A) {
                defer { pending.removeFirst(end + 1) }
                return String(decoding: pending[..<end].filter { $0 != 0x0D }, as: UTF8.self)
            }
            guard pending.count < Self.limit, let piece = try await iterator.next() else {
                throw MailFailure("The mail server ended the connection.", isLasting: false)
            }
            pending += Array(piece.readableBytesView)
        }
    }
}
