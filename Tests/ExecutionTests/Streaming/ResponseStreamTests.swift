import Execution
import Synchronization
import Testing

@Suite struct ResponseStreamTests {
    private struct Refused: Error, Equatable {}

    /// Counts how often a writer is told to go on.
    private final class Room: Sendable {
        private let count = Mutex(0)
        var told: Int { count.withLock { $0 } }
        func tell() { count.withLock { $0 += 1 } }
    }

    private func opened(_ capacity: Int = 10, _ room: Room = Room(), type: String? = nil) -> ResponseStream {
        let stream = ResponseStream(capacity: capacity)
        stream.begin(contentType: type) { room.tell() }
        return stream
    }

    @Test func partsAreJoinedUntilSomebodyReads() async throws {
        let stream = opened(type: "text/plain")
        try await stream.opened()
        #expect(stream.contentType == "text/plain")
        _ = stream.write([1, 2])
        _ = stream.write([])
        _ = stream.write([3])
        #expect(try await stream.next() == .bytes([1, 2, 3]))
        _ = stream.write([4])
        stream.finish(InvocationResult(payload: []))
        #expect(try await stream.next() == .bytes([4]))
        #expect(try await stream.next() == .end(.init()))
        #expect(try await stream.next() == nil)
    }

    @Test func aFullPipeMakesItsWriterWait() async throws {
        let room = Room()
        let stream = opened(4, room)
        let first = stream.write([1, 2, 3])
        let second = stream.write([4])
        let third = stream.write([5])
        #expect(first && !second && !third && room.told == 0)
        #expect(try await stream.next() == .bytes([1, 2, 3, 4, 5]))
        #expect(room.told == 1)
        let fourth = stream.write([6])
        #expect(try await stream.next() == .bytes([6]))
        #expect(fourth && room.told == 1)
    }

    @Test func aWriterThatWaitsIsReleasedByTheEnd() async throws {
        let room = Room()
        let stream = opened(1, room)
        _ = stream.write([1])
        stream.finish(InvocationResult(payload: Array("{}".utf8), functionError: "Unhandled", logTail: [7]))
        #expect(room.told == 1)
        let late = stream.write([2])
        #expect(late)
        #expect(try await stream.next() == .bytes([1]))
        #expect(
            try await stream.next() == .end(.init(functionError: "Unhandled", errorDetails: "{}", logTail: [7])))
    }

    @Test func nobodyWaitsForAReaderThatHasLeft() async {
        let room = Room()
        let stream = opened(1, room)
        _ = stream.write([1])
        stream.abandon()
        let after = stream.write([2])
        #expect(room.told == 1 && after)
        await #expect(throws: CancellationError.self) { try await stream.next() }
    }

    @Test func aBufferedAnswerIsOnePart() async throws {
        let stream = ResponseStream()
        stream.finish(InvocationResult(payload: [1, 2]))
        try await stream.opened()
        #expect(try await stream.next() == .bytes([1, 2]))
        #expect(try await stream.next() == .end(.init()))
    }

    @Test func whatPreventsTheInvocationIsThrown() async {
        let stream = ResponseStream()
        stream.fail(Refused())
        await #expect(throws: Refused()) { try await stream.opened() }
        await #expect(throws: Refused()) { try await stream.next() }
    }

    @Test func aReaderWaitsForWhatComes() async throws {
        let stream = ResponseStream(capacity: 2)
        async let read = Self.all(of: stream)
        stream.begin(contentType: nil) {}
        for byte in 0..<100 {
            _ = stream.write([UInt8(byte)])
            await Task.yield()
        }
        stream.finish(InvocationResult(payload: []))
        #expect(try await read == Array(0..<100))
    }

    private static func all(of stream: ResponseStream) async throws -> [UInt8] {
        try await stream.opened()
        var bytes: [UInt8] = []
        while case .bytes(let more)? = try await stream.next() { bytes += more }
        return bytes
    }

    @Test func cancellingAReaderAbandons() async {
        let room = Room()
        let stream = opened(1, room)
        let reader = Task { try await stream.next() }
        reader.cancel()
        let result = await reader.result
        #expect(throws: CancellationError.self) { try result.get() }
        let mayGoOn = stream.write([1])
        #expect(mayGoOn)
    }
}

@Suite struct StreamedErrorTests {
    private static let cases: [(type: String?, body: String?, expected: String)] = [
        ("E", "eyJhIjoxfQ==", #"{"a":1}"#), ("E", "eyJhIjoxfQ", #"{"a":1}"#), ("E", nil, #"{"errorType":"E"}"#),
        ("E", "", #"{"errorType":"E"}"#), ("E", "not base64!", #"{"errorType":"E"}"#),
        (nil, "eyJhIjoxfQ==", #"{"a":1}"#), (nil, "!", #"{"errorType":"Runtime.Unknown"}"#),
        ("\"", nil, #"{"errorType":"\""}"#),
    ]

    @Test(arguments: cases)
    func payloads(type: String?, body: String?, expected: String) {
        let error = StreamedError(type: type, encodedBody: body)
        #expect(error.map { String(decoding: $0.payload, as: UTF8.self) } == expected)
    }

    @Test func noTrailersAreNoError() { #expect(StreamedError(type: nil, encodedBody: nil) == nil) }
}

@Suite struct HTTPResponsePreludeTests {
    private let head = Array(#"{"statusCode":200}"#.utf8)
    private let nuls = [UInt8](repeating: 0, count: 8)

    @Test(arguments: [1, 3, 18, 19, 25, 26, 27, 1000])
    func theHeadEndsWithEightNULsHoweverItIsCut(size: Int) {
        let all = head + nuls + Array("body".utf8)
        var prelude = HTTPResponsePrelude()
        var rest: [UInt8] = []
        var json: [UInt8]?
        for start in stride(from: 0, to: all.count, by: size) {
            let piece = all[start..<min(all.count, start + size)]
            if json != nil {
                rest += piece
            } else if case .complete(let head, let more) = prelude.feed(piece) {
                json = head
                rest = more
            }
        }
        #expect(json == head && rest == Array("body".utf8))
    }

    @Test func anEndThatIsTooFarIsMissing() {
        var prelude = HTTPResponsePrelude()
        let some = [UInt8](repeating: 0x20, count: HTTPResponsePrelude.limit - 8)
        #expect(prelude.feed(some) == .incomplete)
        #expect(prelude.feed(nuls) == .complete(json: some, rest: []))
        var longer = HTTPResponsePrelude()
        #expect(longer.feed(some + [0x20] + nuls) == .missing)
        var bare = HTTPResponsePrelude()
        #expect(bare.feed([UInt8](repeating: 1, count: 20_000)) == .missing)
    }
}
