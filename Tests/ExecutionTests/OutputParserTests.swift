import Execution
import TestSupport
import Testing

@Suite struct OutputParserTests {
    private func events(_ chunks: [[UInt8]]) -> [String] {
        var parser = OutputParser()
        var events: [String] = []
        for chunk in chunks { parser.consume(chunk) { events.append($0) } }
        parser.finish { events.append($0) }
        return events
    }

    private func frame(_ text: String, kind: UInt8 = 3) -> [UInt8] {
        let length = UInt32(text.utf8.count)
        let header: [UInt8] =
            [0xA5, 0x5A, 0, kind] + (0..<4).reversed().map { UInt8(truncatingIfNeeded: length >> ($0 * 8)) }
        return header + (kind == 1 ? [] : [UInt8](repeating: 0, count: 8)) + Array(text.utf8)
    }

    @Test func linesEndAtNewlines() {
        #expect(events([Array("one\ntwo".utf8), Array("!\nrest".utf8)]) == ["one\n", "two!\n", "rest"])
    }

    @Test(arguments: [UInt8(1), 3, 0x0F, 0x16]) func aFrameIsOneEvent(kind: UInt8) {
        let bytes = Array("before\n".utf8) + frame("a\nb\nc", kind: kind) + Array("after\n".utf8)
        #expect(events([bytes]) == ["before\n", "a\nb\nc", "after\n"])
        #expect(events(bytes.map { [$0] }) == ["before\n", "a\nb\nc", "after\n"])
    }

    @Test func aFrameMayInterruptALine() {
        #expect(
            events([Array("begun".utf8) + frame("x\ny") + Array(" ended\n".utf8)]) == ["begun", "x\ny", " ended\n"])
    }

    @Test func strayMagicBytesBelongToTheirLine() {
        #expect(events([[0x61, 0xA5, 0x62, 0x0A]]) == ["a\u{FFFD}b\n"])
        #expect(
            events([[0xA5, 0x5A, 0x00, 0x40, 0x0A]]) == [
                String(decoding: [0xA5, 0x5A, 0x00, 0x40, 0x0A] as [UInt8], as: UTF8.self)
            ])
    }

    @Test func endlessLinesAndFramesAreCut() {
        let long = [UInt8](repeating: 0x78, count: OutputParser.limit * 2 + 5)
        #expect(events([long]).map(\.utf8.count) == [OutputParser.limit, OutputParser.limit, 5])
        let framed = events([frame(String(decoding: long, as: UTF8.self))])
        #expect(framed.map(\.utf8.count) == [OutputParser.limit, OutputParser.limit, 5])
    }

    @Test func anEndlessFrameKeepsNoMoreThanALimit() {
        // A frame that claims four gigabytes.
        let header: [UInt8] = [0xA5, 0x5A, 0, 1, 0xFF, 0xFF, 0xFF, 0xFF]
        #expect(events([header, Array("text\n".utf8)]) == ["text\n"])
    }

    @Test(arguments: 0..<200) func anyBytesInAnyPiecesAreKept(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        let alphabet: [UInt8] = [0x61, 0x0A, 0xA5, 0x5A, 0x00, 0x03, 0x01]
        let bytes = (0..<Int.random(in: 0...300, using: &random)).map { _ in alphabet.randomElement(using: &random) ?? 0
        }
        let whole = events([bytes])
        var pieces: [[UInt8]] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = rest.prefix(Int.random(in: 1...7, using: &random))
            pieces.append(Array(piece))
            rest = rest.dropFirst(piece.count)
        }
        #expect(events(pieces).joined() == whole.joined())
    }
}
