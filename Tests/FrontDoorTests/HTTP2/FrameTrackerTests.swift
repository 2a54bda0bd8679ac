import NIOCore
import Testing

@testable import FrontDoor

@Suite("Following frames")
struct FrameTrackerTests {
    private func tracker(_ bytes: [UInt8], step: Int) -> FrameTracker {
        var tracker = FrameTracker()
        for start in stride(from: 0, to: bytes.count, by: step) {
            tracker.consume(ByteBuffer(bytes: bytes[start..<min(start + step, bytes.count)]).readableBytesView)
        }
        return tracker
    }

    private let settings = OpeningBytes.preface + TestHTTP2Connection.frame(4, 0, 0, [])

    @Test("whole frames are counted, in any pieces", arguments: [1, 3, 8, 9, 10, 1000])
    func whole(_ step: Int) {
        let bytes = settings + TestHTTP2Connection.frame(6, 0, 0, Array(repeating: 0, count: 8))
        let tracker = tracker(bytes, step: step)
        #expect(tracker.completed == 2)
        #expect(!tracker.isAwaiting)
    }

    @Test("what has begun is awaited")
    func awaited() {
        #expect(tracker([], step: 1).isAwaiting)
        #expect(tracker(OpeningBytes.preface, step: 5).isAwaiting)
        #expect(!tracker(settings, step: 5).isAwaiting)
        // Part of a frame's head, part of its payload, a block without an end.
        #expect(tracker(settings + [0, 0], step: 5).isAwaiting)
        #expect(tracker(settings + TestHTTP2Connection.frame(6, 0, 0, [1]).dropLast(), step: 5).isAwaiting)
        #expect(tracker(settings + TestHTTP2Connection.frame(1, 0, 1, [1]), step: 5).isAwaiting)
        #expect(tracker(settings + TestHTTP2Connection.frame(5, 0, 1, [1]), step: 5).isAwaiting)
    }

    @Test("contents of DATA frames are not: their stream times them")
    func data() {
        let frame = TestHTTP2Connection.frame(0, 0, 1, [1, 2, 3])
        #expect(!tracker(settings + frame.dropLast(), step: 1000).isAwaiting)
        #expect(tracker(settings + frame.prefix(8), step: 1000).isAwaiting)
    }

    @Test("a field block counts once, when it is whole")
    func block() {
        let block =
            TestHTTP2Connection.frame(1, 0, 1, [1]) + TestHTTP2Connection.frame(9, 0, 1, [])
            + TestHTTP2Connection.frame(9, 4, 1, [1])
        let tracker = tracker(settings + block, step: 4)
        #expect(tracker.completed == 2)
        #expect(!tracker.isAwaiting)
    }
}
