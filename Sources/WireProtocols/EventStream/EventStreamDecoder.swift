import ServiceKit
import ServiceModel

/// Takes a stream of event-stream bytes apart into frames.
public struct EventStreamDecoder: Sendable {
    /// The frame is none: a length or a checksum is wrong.
    public struct Failure: Error, Sendable, Equatable {}

    /// Longer frames are refused (AWS allows 16 MB of payload, 128 kB of headers).
    public static let maximumLength = 16 * 1024 * 1024 + 128 * 1024 + 16

    private var buffer: [UInt8] = []

    public init() {}

    /// Takes bytes as they come.
    /// - Returns: the frames that they complete.
    public mutating func feed(_ bytes: some Collection<UInt8>) throws(Failure) -> [EventStreamMessage] {
        buffer.append(contentsOf: bytes)
        var messages: [EventStreamMessage] = []
        var start = 0
        while buffer.count - start >= 12 {
            let prelude = buffer[start..<(start + 8)]
            let total = Int(EventStreamDecoder.integer(prelude.prefix(4)))
            let headers = Int(EventStreamDecoder.integer(prelude.suffix(4)))
            guard total >= 16, total <= EventStreamDecoder.maximumLength, headers <= total - 16,
                UInt32(truncatingIfNeeded: EventStreamDecoder.integer(buffer[(start + 8)..<(start + 12)]))
                    == prelude.withUnsafeBytes(CRC.crc32)
            else { throw Failure() }
            guard buffer.count - start >= total else { break }
            let frame = buffer[start..<(start + total)]
            guard
                UInt32(truncatingIfNeeded: EventStreamDecoder.integer(frame.suffix(4)))
                    == frame.dropLast(4).withUnsafeBytes(CRC.crc32)
            else {
                throw Failure()
            }
            let head = frame.dropFirst(12).prefix(headers)
            messages.append(
                EventStreamMessage(
                    headers: try EventStreamDecoder.headers(head),
                    payload: Array(frame[head.endIndex..<(frame.endIndex - 4)])))
            start += total
        }
        buffer.removeFirst(start)
        return messages
    }

    /// Whether a frame is not complete.
    public var hasRest: Bool { !buffer.isEmpty }

    private static func integer(_ bytes: ArraySlice<UInt8>) -> Int64 {
        bytes.reduce(0) { $0 << 8 | Int64($1) }
    }

    private static func headers(_ bytes: ArraySlice<UInt8>) throws(Failure) -> [EventStreamMessage.Header] {
        var rest = bytes
        var headers: [EventStreamMessage.Header] = []
        func take(_ count: Int) throws(Failure) -> ArraySlice<UInt8> {
            guard rest.count >= count else { throw Failure() }
            defer { rest = rest.dropFirst(count) }
            return rest.prefix(count)
        }
        while !rest.isEmpty {
            let length = Int(integer(try take(1)))
            guard length > 0, let name = String(validating: try take(length), as: UTF8.self) else { throw Failure() }
            let value: EventStreamMessage.HeaderValue
            switch integer(try take(1)) {
            case 0: value = .boolean(true)
            case 1: value = .boolean(false)
            case 2: value = .byte(Int8(truncatingIfNeeded: integer(try take(1))))
            case 3: value = .short(Int16(truncatingIfNeeded: integer(try take(2))))
            case 4: value = .integer(Int32(truncatingIfNeeded: integer(try take(4))))
            case 5: value = .long(integer(try take(8)))
            case 6: value = .bytes(Array(try take(Int(integer(try take(2))))))
            case 7:
                guard let text = String(validating: try take(Int(integer(try take(2)))), as: UTF8.self) else {
                    throw Failure()
                }
                value = .string(text)
            case 8: value = .timestamp(Timestamp(milliseconds: integer(try take(8))))
            case 9: value = .uuid(Array(try take(16)))
            default: throw Failure()
            }
            headers.append(EventStreamMessage.Header(name, value))
        }
        return headers
    }
}
