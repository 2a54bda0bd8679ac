/// Cuts what a function writes to its output into log events.
///
/// Plain bytes end an event at each newline. A runtime may also write frames, as AWS's runtimes do to `_LAMBDA_TELEMETRY_LOG_FD`:
/// a record of several lines stays one event. A frame is `a5 5a 00 01`, length (4 bytes, big endian), text; or `a5 5a 00` and a
/// kind that holds format and level, length, microseconds since the epoch (8 bytes), text. Whatever the bytes are, memory stays bounded and every byte is kept
/// (as U+FFFD where it is no UTF-8).
public struct OutputParser: Sendable {
    /// Longer lines and frames are cut into events of this many bytes.
    public static let limit = 256 * 1024

    private var pending: [UInt8] = []
    /// Bytes that the current frame still lacks.
    private var frameRest = 0
    private var frame: [UInt8] = []

    public init() {}

    /// Whether a line or frame has begun that is not complete.
    public var isEmpty: Bool { pending.isEmpty && frame.isEmpty && frameRest == 0 }

    /// Takes bytes and passes each complete event on.
    public mutating func consume(_ bytes: some Collection<UInt8>, _ emit: (String) -> Void) {
        pending.append(contentsOf: bytes)
        var start = pending.startIndex
        while start < pending.endIndex {
            if frameRest > 0 {
                start = continueFrame(from: start, emit)
                continue
            }
            guard let stop = pending[start...].firstIndex(where: { $0 == 0x0A || $0 == 0xA5 }) else {
                start = cut(from: start, to: pending.endIndex, emit)
                break
            }
            if pending[stop] == 0x0A {
                Self.emitText(pending[start...stop], emit)
                start = stop + 1
                continue
            }
            switch frameHeader(at: stop) {
            case .frame(let length, let header):
                if stop > start { Self.emitText(pending[start..<stop], emit) }
                start = stop + header
                frameRest = length
                if length == 0 { continue }
            case .incomplete:
                start = cut(from: start, to: pending.endIndex, emit)
                pending.removeSubrange(..<start)
                return
            case .none:
                // A stray byte: it belongs to the line. Look for the line's end behind it.
                guard let newline = pending[stop...].firstIndex(of: 0x0A) else {
                    start = cut(from: start, to: pending.endIndex, emit)
                    pending.removeSubrange(..<start)
                    return
                }
                Self.emitText(pending[start...newline], emit)
                start = newline + 1
            }
        }
        pending.removeSubrange(..<min(start, pending.endIndex))
    }

    /// An invocation has ended: an unfinished line is an event. A frame waits for its rest.
    public mutating func finishLine(_ emit: (String) -> Void) {
        guard frameRest == 0, !pending.isEmpty, pending.first != 0xA5 else { return }
        Self.emitText(pending[...], emit)
        pending.removeAll(keepingCapacity: true)
    }

    /// The output has ended: what is left is an event.
    public mutating func finish(_ emit: (String) -> Void) {
        if !frame.isEmpty { Self.emitText(frame[...], emit) }
        if !pending.isEmpty { Self.emitText(pending[...], emit) }
        frame = []
        pending = []
        frameRest = 0
    }

    private mutating func continueFrame(from start: Int, _ emit: (String) -> Void) -> Int {
        let take = min(frameRest, pending.endIndex - start, Self.limit - frame.count)
        frame.append(contentsOf: pending[start..<start + take])
        frameRest -= take
        if frameRest == 0 || frame.count == Self.limit {
            Self.emitText(frame[...], emit)
            frame.removeAll(keepingCapacity: true)
        }
        return start + take
    }

    /// Emits what is over the limit of a line that has no end.
    private mutating func cut(from start: Int, to end: Int, _ emit: (String) -> Void) -> Int {
        var start = start
        while end - start >= Self.limit {
            Self.emitText(pending[start..<start + Self.limit], emit)
            start += Self.limit
        }
        return start
    }

    private enum Header {
        case frame(length: Int, header: Int)
        case incomplete
        case none
    }

    private func frameHeader(at index: Int) -> Header {
        let magic: [UInt8] = [0xA5, 0x5A, 0x00]
        let available = pending.endIndex - index
        for (offset, byte) in magic.enumerated() {
            if offset >= available { return .incomplete }
            if pending[index + offset] != byte { return .none }
        }
        guard available >= 4 else { return .incomplete }
        let kind = pending[index + 3]
        guard kind == 1 || (kind & 2 != 0 && kind < 0x20) else { return .none }
        let header = kind == 1 ? 8 : 16
        guard available >= header else { return .incomplete }
        let length = pending[index + 4..<index + 8].reduce(0) { $0 << 8 | Int($1) }
        return .frame(length: length, header: header)
    }

    private static func emitText(_ bytes: ArraySlice<UInt8>, _ emit: (String) -> Void) {
        emit(String(decoding: bytes, as: UTF8.self))
    }
}
