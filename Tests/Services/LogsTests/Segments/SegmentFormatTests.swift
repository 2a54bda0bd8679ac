import ServiceKit
import ServiceModel
import TestSupport
import Testing

@testable import Logs

@Suite struct SegmentFormatTests {
    @Test(arguments: [0, 1, -1, 127, 128, -128, 300, .max, .min] as [Int64])
    func varintsSurvive(_ value: Int64) {
        var bytes: [UInt8] = []
        Varint.append(value, to: &bytes)
        Varint.append(UInt64(bitPattern: value), to: &bytes)
        bytes.withUnsafeBytes { bytes in
            var offset = 0
            #expect(Varint.signed(bytes, &offset) == value)
            #expect(Varint.unsigned(bytes, &offset) == UInt64(bitPattern: value))
            #expect(offset == bytes.count)
            #expect(Varint.unsigned(bytes, &offset) == nil)
        }
    }

    @Test func framesSurvive() throws {
        let events = [(5, "a"), (-3, "日本語"), (5, ""), (900, String(repeating: "z", count: 5000))].map {
            LogEvent(timestamp: Timestamp(milliseconds: 1_767_225_600_000 + Int64($0.0)), message: $0.1)
        }
        var bytes: [UInt8] = [9, 9, 9]
        let (header, messageBytes) = Frame.append(events[...], stream: 7, ingestion: 8, firstSequence: 100, to: &bytes)
        #expect(messageBytes == events.reduce(0) { $0 + $1.message.utf8.count })
        #expect(header.earliest == 1_767_225_599_997)
        #expect(header.latest == 1_767_225_600_900)
        bytes.withUnsafeBytes { buffer in
            #expect(Frame.length(in: buffer, at: 3) == buffer.count - 3)
            #expect(Frame.header(in: buffer, at: 3) == header)
            var read: [LogEvent] = []
            Frame.forEach(in: buffer, at: 3, length: buffer.count - 3, header) { timestamp, sequence, message in
                #expect(sequence == 100 + Int64(read.count))
                read.append(
                    LogEvent(
                        timestamp: Timestamp(milliseconds: timestamp), message: String(decoding: message, as: UTF8.self)
                    ))
            }
            #expect(read == events)
        }
    }

    /// Any frame that is cut or altered is noticed.
    @Test func damageIsNoticed() {
        var bytes: [UInt8] = []
        _ = Frame.append(
            [LogEvent(timestamp: Timestamp(milliseconds: 1), message: "message")], stream: 1, ingestion: 2,
            firstSequence: 3, to: &bytes)
        for length in 0..<bytes.count {
            #expect(Array(bytes[..<length]).withUnsafeBytes { Frame.length(in: $0, at: 0) } == nil)
        }
        for index in bytes.indices {
            var altered = bytes
            altered[index] ^= 0x40
            #expect(altered.withUnsafeBytes { Frame.length(in: $0, at: 0) } == nil)
        }
    }

    @Test func framePlacesSurvive() {
        var run = StreamRun(stream: 4)
        for index in 0..<50 {
            let frame = FrameReference(
                stream: 4, segment: 2, offset: (index * 977) % 5000, length: 60 + index, earliest: 1000 - Int64(index),
                latest: 1000 + Int64(index))
            run.add(
                frame,
                .init(
                    stream: 4, ingestion: 1, firstSequence: 1, earliest: frame.earliest, latest: frame.latest, count: 1),
                messageBytes: 3)
        }
        #expect(StreamRun.decodeFrames(run.encodedFrames, stream: 4, segment: 2, earliest: run.earliest) == run.frames)
        #expect(StreamRun.decodeFrames([0xFF, 0xFF, 0xFF], stream: 4, segment: 2, earliest: 0).isEmpty)
    }

    @Test func theHeapSorts() {
        var random = SeededGenerator(seed: 3)
        let numbers = (0..<300).map { _ in Int.random(in: 0..<100, using: &random) }
        var heap = BinaryHeap(numbers)
        var sorted: [Int] = []
        while let next = heap.removeMin() { sorted.append(next) }
        #expect(sorted == numbers.sorted())
    }
}
