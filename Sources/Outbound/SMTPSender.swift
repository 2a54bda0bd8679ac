import Foundation
import Logging
import NIOCore
public import NIOPosix
import NIOSSL
public import ServiceKit

/// Hands mail to a server by SMTP (RFC 5321), one connection for each mail, with AUTH PLAIN if it wants a name and a password.
public struct SMTPSender: MailSender {
    /// `smtp://…` without TLS, `smtps://…` with TLS from the start.
    public struct Server: Sendable, Hashable {
        public var host: String
        public var port: Int
        public var isSecure: Bool
        public var user: String?
        public var password: String?

        /// - Returns: nil for what is no such URL.
        public init?(url text: String) {
            guard let parts = URLComponents(string: text), let host = parts.host, !host.isEmpty,
                let scheme = parts.scheme, ["smtp", "smtps"].contains(scheme)
            else { return nil }
            self.host = host
            isSecure = scheme == "smtps"
            port = parts.port ?? (isSecure ? 465 : 25)
            user = parts.user
            password = parts.password
        }
    }

    private let server: Server
    private let group: MultiThreadedEventLoopGroup
    private static let timeout = Duration.seconds(30)

    public init(_ server: Server, eventLoopGroup: MultiThreadedEventLoopGroup) {
        self.server = server
        group = eventLoopGroup
    }

    public func send(_ mail: Mail, from sender: String) async throws {
        for address in [mail.to, sender] where !Self.isAddress(address) {
            throw MailFailure("\(address) is no address.", isLasting: true)
        }
        do {
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await talk(mail, from: sender) }
                tasks.addTask {
                    try await Task.sleep(for: Self.timeout)
                    throw MailFailure("The mail server took longer than 30 seconds.", isLasting: false)
                }
                try await tasks.next()
                tasks.cancelAll()
            }
        } catch let failure as MailFailure {
            throw failure
        } catch {
            throw MailFailure("\(error)", isLasting: false)
        }
    }

    /// No line can be added to the conversation by an address.
    private static func isAddress(_ text: String) -> Bool {
        text.contains("@")
            && text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "<") && $0 != UInt8(ascii: ">") }
    }

    private func talk(_ mail: Mail, from sender: String) async throws {
        let context = server.isSecure ? try NIOSSLContext(configuration: .makeClientConfiguration()) : nil
        let host = server.host
        let channel = try await ClientBootstrap(group: group).connectTimeout(.seconds(10))
            .connect(host: host, port: server.port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let context {
                        try channel.pipeline.syncOperations.addHandler(
                            try NIOSSLClientHandler(context: context, serverHostname: host))
                    }
                    return try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        try await channel.executeThenClose { inbound, outbound in
            var replies = SMTPReplies(inbound.makeAsyncIterator())
            func say(_ line: String, expecting kind: Int) async throws {
                try await outbound.write(ByteBuffer(string: line + "\r\n"))
                try await replies.expect(kind)
            }
            try await replies.expect(2)
            try await say("EHLO martlet", expecting: 2)
            if let user = server.user {
                let proof = Data("\0\(user)\0\(server.password ?? "")".utf8).base64EncodedString()
                try await say("AUTH PLAIN \(proof)", expecting: 2)
            }
            try await say("MAIL FROM:<\(sender)>", expecting: 2)
            try await say("RCPT TO:<\(mail.to)>", expecting: 2)
            try await say("DATA", expecting: 3)
            try await outbound.write(ByteBuffer(string: Self.text(mail, from: sender)))
            try await replies.expect(2)
            try await outbound.write(ByteBuffer(string: "QUIT\r\n"))
        }
    }

    /// The mail as it is sent, its text in base 64, whose lines never begin with a dot.
    static func text(_ mail: Mail, from sender: String) -> String {
        let subject = Data(mail.subject.utf8).base64EncodedString()
        let body = Data(mail.body.utf8).base64EncodedString(options: [
            .lineLength76Characters, .endLineWithCarriageReturn, .endLineWithLineFeed,
        ])
        return [
            "From: \(sender)", "To: \(mail.to)", "Subject: =?UTF-8?B?\(subject)?=", "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=UTF-8", "Content-Transfer-Encoding: base64", "", body, ".", "",
        ].joined(separator: "\r\n")
    }
}

/// What a server says, reply by reply; some have several lines.
private struct SMTPReplies {
    private var iterator: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    private var pending: [UInt8] = []
    private static let limit = 65_536

    init(_ iterator: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator) { self.iterator = iterator }

    /// Reads a reply, whose code has to begin with this digit.
    mutating func expect(_ kind: Int) async throws {
        while true {
            let line = try await line()
            guard line.count >= 3, let code = Int(line.prefix(3)) else {
                throw MailFailure("The mail server speaks no SMTP: \(line.prefix(100))", isLasting: false)
            }
            if line.dropFirst(3).first == "-" { continue }
            guard code / 100 == kind else { throw MailFailure(String(line.prefix(200)), isLasting: code / 100 == 5) }
            return
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
