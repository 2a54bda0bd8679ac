import NIOCore
import NIOPosix
import Sandbox
import TestSupport

/// A runtime that speaks the Runtime API from inside a scripted sandbox.
struct FakeRuntime: Sendable {
    struct Event: Sendable {
        var requestID: String
        var body: String
    }

    enum Answer: Sendable {
        case response(String)
        case error(String)
        /// In chunks, with lines of trailers.
        case stream([String], trailers: String)
        case exit(SandboxExit)
    }

    private let world: ScriptedSandbox.World

    init(_ world: ScriptedSandbox.World) { self.world = world }

    func print(_ text: String) async { await world.print(text) }

    /// Suspends until the platform ends the sandbox.
    func untilKilled() async { await world.untilEnded() }

    /// Serves events until it is told to exit or the connection ends. With `pause` it asks for the next event only after that, not
    /// together with its answer.
    func serve(
        pause: (@Sendable () async -> Void)? = nil, _ handler: @escaping @Sendable (Event) async -> Answer
    ) async -> SandboxExit {
        let ended = SandboxExit(status: .code(0), outOfMemory: false, peakMemory: nil)
        do {
            return try await connect { inbound, outbound in
                var input = inbound.makeAsyncIterator()
                var buffer: [UInt8] = []
                var request = Self.next
                while true {
                    if let pause, request != Self.next {
                        try await outbound.write(ByteBuffer(string: String(request.dropLast(Self.next.count))))
                        await pause()
                        request = Self.next
                    }
                    try await outbound.write(ByteBuffer(string: request))
                    guard let event = try await Self.readEvent(&input, &buffer) else { return ended }
                    let prefix = "/2018-06-01/runtime/invocation/\(event.requestID)"
                    switch await handler(event) {
                    case .response(let body): request = Self.post("\(prefix)/response", body) + Self.next
                    case .error(let body): request = Self.post("\(prefix)/error", body) + Self.next
                    case .stream(let pieces, let trailers):
                        request = Self.stream("\(prefix)/response", pieces, trailers) + Self.next
                    case .exit(let exit): return exit
                    }
                }
            }
        } catch {
            return ended
        }
    }

    func failInit(_ body: String, type: String) async {
        try? await connect { inbound, outbound in
            try await outbound.write(
                ByteBuffer(
                    string: Self.post(
                        "/2018-06-01/runtime/init/error", body, "Lambda-Runtime-Function-Error-Type: \(type)\r\n")))
            var input = inbound.makeAsyncIterator()
            _ = try await input.next()
        }
    }

    /// One call of the Extensions API, over a connection of its own.
    func call(_ method: String, _ path: String, _ headers: String = "", body: String = "") async throws -> Response {
        let request =
            "\(method) \(path) HTTP/1.1\r\nHost: x\r\n\(headers)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
        return try await connect { inbound, outbound in
            try await outbound.write(ByteBuffer(string: request))
            var text = ""
            for try await part in inbound {
                text += String(buffer: part)
                guard let end = text.firstRange(of: "\r\n\r\n") else { continue }
                let response = Response(head: String(text[..<end.lowerBound]), body: String(text[end.upperBound...]))
                if response.body.utf8.count >= response.header("Content-Length").flatMap({ Int($0) }) ?? 0 {
                    return response
                }
            }
            return Response(head: "", body: "")
        }
    }

    struct Response: Sendable {
        var head: String
        var body: String

        func header(_ name: String) -> String? {
            head.split(separator: "\r\n").first { $0.hasPrefix(name + ": ") }.map {
                String($0.dropFirst(name.count + 2))
            }
        }
    }

    private func connect<T: Sendable>(
        _ body:
            @escaping @Sendable (NIOAsyncChannelInboundStream<ByteBuffer>, NIOAsyncChannelOutboundWriter<ByteBuffer>)
            async throws -> T
    ) async throws -> T {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: world.ports[9001] ?? 0) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose(body)
    }

    private static let next = "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: x\r\n\r\n"

    private static func post(_ path: String, _ body: String, _ headers: String = "") -> String {
        "POST \(path) HTTP/1.1\r\nHost: x\r\n\(headers)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    private static func stream(_ path: String, _ pieces: [String], _ trailers: String) -> String {
        "POST \(path) HTTP/1.1\r\nHost: x\r\nContent-Type: text/x\r\n"
            + "Lambda-Runtime-Function-Response-Mode: streaming\r\nTransfer-Encoding: chunked\r\n\r\n"
            + pieces.map { "\(String($0.utf8.count, radix: 16))\r\n\($0)\r\n" }.joined() + "0\r\n\(trailers)\r\n"
    }

    /// Reads responses until one is an event.
    private static func readEvent(
        _ input: inout NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator, _ buffer: inout [UInt8]
    ) async throws -> Event? {
        while true {
            if let end = buffer.firstRange(of: Array("\r\n\r\n".utf8)) {
                let head = String(decoding: buffer[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n")
                func header(_ name: String) -> String? {
                    head.first { $0.hasPrefix(name + ": ") }.map { String($0.dropFirst(name.count + 2)) }
                }
                let length = header("Content-Length").flatMap { Int($0) } ?? 0
                let rest = buffer[end.upperBound...]
                if rest.count >= length {
                    let body = String(decoding: rest.prefix(length), as: UTF8.self)
                    buffer = Array(rest.dropFirst(length))
                    guard let id = header("Lambda-Runtime-Aws-Request-Id") else { continue }
                    return Event(requestID: id, body: body)
                }
            }
            guard let part = try await input.next() else { return nil }
            buffer.append(contentsOf: part.readableBytesView)
        }
    }
}
