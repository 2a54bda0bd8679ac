import Foundation
import ServiceKit
import Testing

@testable import FrontDoor

@Suite("A sandbox's sockets")
struct SandboxListenerTests {
    private static let request = "GET /2015-03-31/functions/ HTTP/1.1\nHost: localhost\n"
    private static let identity = SandboxIdentity(
        principal: .root(account: "999988887777"), account: "999988887777", region: "eu-west-3")

    @Test("each is served from its first connection on, those that came before it was served too")
    func several() async throws {
        try await TestDoor.with { door in
            let sockets = try (0..<3).map { _ in try ListeningSocket.make() }
            // In the backlog already.
            let early = try await RawClient.connect(sockets[0].port)
            let listener = door.door.serve(listeningSockets: sockets.map(\.descriptor), as: Self.identity)
            try await early.send("GET /2015-03-31/functions/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            #expect(await early.receiveAll().hasPrefix("HTTP/1.1 200"))
            await early.close()
            for socket in sockets.dropLast() + sockets.dropLast() {
                #expect(try await RawClient.ask(socket.port, Self.request).hasPrefix("HTTP/1.1 200"))
            }
            #expect(door.recorder.last?.account == "999988887777")
            await listener.close()
            for socket in sockets {
                await #expect(throws: (any Error).self) { try await RawClient.connect(socket.port) }
            }
            await listener.close()
        }
    }

    @Test("the watch hands over once, and gives up what was not")
    func watch() async throws {
        let watch = ArrivalWatch()
        let (called, quiet) = (try ListeningSocket.make(), try ListeningSocket.make())
        let (arrivals, continuation) = AsyncStream.makeStream(of: CInt.self)
        let first = try #require(watch.wait(for: called.descriptor) { continuation.yield($0) })
        let second = try #require(watch.wait(for: quiet.descriptor) { continuation.yield($0) })
        #expect(watch.count == 2)
        let clients = [try await RawClient.connect(called.port), try await RawClient.connect(called.port)]
        var iterator = arrivals.makeAsyncIterator()
        #expect(await iterator.next() == called.descriptor)
        #expect(watch.count == 1)
        // It is the caller's now.
        watch.giveUp(first)
        #expect(fcntl(called.descriptor, F_GETFD) >= 0)
        close(called.descriptor)
        watch.giveUp(second)
        #expect(watch.count == 0)
        await #expect(throws: (any Error).self) { try await RawClient.connect(quiet.port) }
        watch.giveUp(second)
        for client in clients { await client.close() }
        #expect(watch.wait(for: -1) { _ in } == nil)
    }

    @Test("many come and go")
    func many() async throws {
        try await TestDoor.with { door in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<50 {
                    group.addTask {
                        let socket = try ListeningSocket.make()
                        let listener = door.door.serve(listeningSockets: [socket.descriptor], as: Self.identity)
                        if index.isMultiple(of: 2) {
                            #expect(try await RawClient.ask(socket.port, Self.request).hasPrefix("HTTP/1.1 200"))
                        }
                        index.isMultiple(of: 3) ? listener.abandon() : await listener.close()
                    }
                }
                try await group.waitForAll()
            }
        }
    }
}
