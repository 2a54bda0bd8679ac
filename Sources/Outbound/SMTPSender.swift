import Foundation
import Logging
import NIOCore
public import NIOPosix
import NIOSSL
public import ServiceKit

/// Hands mail to a server by SMTP (RFC 5321), one connection for each mail, with STARTTLS where it is offered, and AUTH PLAIN if it wants a
/// name and a password, which never goes over a network in clear.
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
                            try NIOSSLClientHandler(context: context, serverHostname: Self.name(host)))
                    }
                    return try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        var isTaken = false
        do {
            try await channel.executeThenClose { inbound, outbound in
                var replies = SMTPReplies(inbound.makeAsyncIterator())
                try await deliver(mail, from: sender, channel.channel, &replies, outbound)
                isTaken = true
                try await outbound.write(ByteBuffer(string: "QUIT\r\n"))
            }
        } catch {
            // The mail is the server's by then; sent again, it would come twice.
            if !isTaken { throw error }
        }
    }

    private func deliver(
        _ mail: Mail, from sender: String, _ channel: any Channel, _ replies: inout SMTPReplies,
        _ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    ) async throws {
        func say(_ line: String) async throws { try await outbound.write(ByteBuffer(string: line + "\r\n")) }
        try await replies.expect(2)
        try await say("EHLO martlet")
        var isSecret = server.isSecure
        let offered = try await replies.expect(2)
        if !isSecret, offered.contains(where: { $0.uppercased() == "STARTTLS" }) {
            try await say("STARTTLS")
            try await replies.expect(2)
            // What was said in clear is nothing that was said under TLS.
            guard !replies.hasMore else { throw MailFailure("The mail server talks before TLS.", isLasting: false) }
            try await secure(channel)
            try await say("EHLO martlet")
            try await replies.expect(2)
            isSecret = true
        }
        if let user = server.user {
            guard isSecret || Self.isLoopback(channel.remoteAddress) else {
                throw MailFailure(
                    "The mail server offers no TLS: the password would go over the network in clear.", isLasting: true)
            }
            let proof = Data("\0\(user)\0\(server.password ?? "")".utf8).base64EncodedString()
            try await say("AUTH PLAIN \(proof)")
            try await replies.expect(2)
        }
        try await say("MAIL FROM:<\(sender)>")
        try await replies.expect(2)
        try await say("RCPT TO:<\(mail.to)>")
        try await replies.expect(2)
        try await say("DATA")
        try await replies.expect(3)
        try await outbound.write(ByteBuffer(string: Self.text(mail, from: sender)))
        try await replies.expect(2)
    }

    /// Begins TLS on a connection. Its certificate counts where a password is to be sent over a network; else TLS is better than none.
    private func secure(_ channel: any Channel) async throws {
        var configuration = TLSConfiguration.makeClientConfiguration()
        if server.user == nil || Self.isLoopback(channel.remoteAddress) {
            configuration.certificateVerification = .none
        }
        let context = try NIOSSLContext(configuration: configuration)
        let host = Self.name(server.host)
        try await channel.eventLoop.submit {
            try channel.pipeline.syncOperations.addHandler(
                try NIOSSLClientHandler(context: context, serverHostname: host), position: .first)
        }.get()
    }

    /// Certificates are asked for by names, not by addresses.
    private static func name(_ host: String) -> String? {
        (try? SocketAddress(ipAddress: host, port: 0)) == nil ? host : nil
    }

    private static func isLoopback(_ address: SocketAddress?) -> Bool {
        address?.ipAddress.map { $0.hasPrefix("127.") || $0 == "::1" } == true
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
