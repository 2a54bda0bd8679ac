import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import ServiceKit
import Testing

@testable import FrontDoor

@Suite("TLS on a listener")
struct TLSServerTests {
    private static let request = "GET /2015-03-31/functions/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"

    @Test("a sandbox's socket speaks TLS under AWS's names, and cleartext")
    func sandbox() async throws {
        let authority = try CertificateAuthority.make()
        try await TestDoor.with { door in
            let socket = try ListeningSocket.make()
            let identity = SandboxIdentity(
                principal: .root(account: "999988887777"), account: "999988887777", region: "eu-west-3")
            let listener = door.door.serve(
                listeningSockets: [socket.descriptor], as: identity, tls: TLSContext(authority: authority))
            let name = "lambda.eu-west-3.amazonaws.com"
            let secure = try await RawClient.connect(socket.port, tls: Self.client(authority), name: name)
            try await secure.send(Self.request.replacingOccurrences(of: "localhost", with: name))
            #expect(await secure.receiveAll().hasPrefix("HTTP/1.1 200"))
            #expect(door.recorder.last?.account == "999988887777")
            #expect(door.recorder.last?.endpoint == "https://" + name)
            await secure.close()
            let plain = try await RawClient.connect(socket.port)
            try await plain.send(Self.request)
            #expect(await plain.receiveAll().hasPrefix("HTTP/1.1 200"))
            #expect(door.recorder.last?.endpoint == "http://localhost")
            await plain.close()
            await listener.close()
        }
    }

    @Test("a handshake that does not go on is ended, and one that is none")
    func badHandshakes() async throws {
        let authority = try CertificateAuthority.make()
        var limits = HTTPLimits()
        limits.headTimeout = .milliseconds(50)
        let server = HTTPServer(
            responder: StubResponder { _ in HTTPResponse(status: 200) }, limits: limits,
            budget: BodyBudget(limit: 1000),
            tls: TLSContext(authority: authority), group: MultiThreadedEventLoopGroup.singleton)
        let channel = try await server.bind(host: "127.0.0.1", port: 0)
        try await server.startAccepting(channel)
        let port = try #require(channel.localAddress?.port)
        for bytes in [[0x16], [0x16, 3, 1, 0, 200, 1], [0x16] + Array(repeating: 0xFF, count: 100)] as [[UInt8]] {
            let client = try await RawClient.connect(port)
            try await client.send(bytes)
            #expect(!(await client.receiveAll()).contains("HTTP"))
            await client.close()
        }
        try await channel.close()
        await server.drain(bound: .seconds(5))
    }

    private static func client(_ authority: CertificateAuthority) throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .certificates(
            try NIOSSLCertificate.fromPEMBytes(Array(authority.certificatePEM.utf8)))
        configuration.applicationProtocols = ["http/1.1"]
        return try NIOSSLContext(configuration: configuration)
    }
}
