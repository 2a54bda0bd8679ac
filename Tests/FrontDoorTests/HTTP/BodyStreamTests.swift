import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import FrontDoor

@Suite("The body of a request, read while it arrives")
struct BodyStreamTests {
    private func stream(_ wanted: @escaping @Sendable () -> Void = {}) -> BodyStream {
        BodyStream(eventLoop: MultiThreadedEventLoopGroup.singleton.any(), wanted: wanted)
    }

    private func buffer(_ count: Int) -> ByteBuffer { ByteBuffer(repeating: 7, count: count) }

    @Test("the connection stops when enough waits, and goes on when it is read")
    func bounded() async throws {
        let (wanted, continuation) = AsyncStream<Void>.makeStream()
        var calls = wanted.makeAsyncIterator()
        let stream = stream { continuation.yield() }
        let first = Task { try await stream.next() }
        _ = await calls.next()
        #expect(stream.append(buffer(300_000)))
        #expect(try await first.value?.count == 300_000)
        var waiting = 0
        while stream.append(buffer(100_000)) { waiting += 100_000 }
        #expect(waiting == 1_000_000)
        while waiting >= 500_000 { waiting -= try await stream.next()?.count ?? waiting }
        _ = await calls.next()
        #expect(stream.append(buffer(1)))
    }

    @Test("what is there at the end is read, then the end")
    func end() async throws {
        let stream = stream()
        _ = stream.append(buffer(5))
        stream.finish()
        #expect(try await stream.next()?.count == 5)
        #expect(try await stream.next() == nil)
        #expect(try await stream.next() == nil)
    }

    @Test("a reader that waits hears of the failure")
    func failure() async throws {
        let stream = stream()
        let piece = Task { try await stream.next() }
        stream.fail(ExchangeClosed())
        await #expect(throws: ExchangeClosed.self) { try await piece.value }
        await #expect(throws: ExchangeClosed.self) { try await stream.next() }
    }
}
