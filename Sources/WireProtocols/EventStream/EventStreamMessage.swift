import ServiceKit
public import ServiceModel

/// One frame of `application/vnd.amazon.eventstream`: two lengths with a checksum, headers, a payload, a checksum of it all.
public struct EventStreamMessage: Sendable, Hashable {
    public enum HeaderValue: Sendable, Hashable {
        case boolean(Bool)
        case byte(Int8)
        case short(Int16)
        case integer(Int32)
        case long(Int64)
        case bytes([UInt8])
        case string(String)
        case timestamp(Timestamp)
        /// Sixteen bytes.
        case uuid([UInt8])
    }

    public struct Header: Sendable, Hashable {
        /// At most 255 bytes.
        public var name: String
        public var value: HeaderValue

        public init(_ name: String, _ value: HeaderValue) {
            self.name = name
            self.value = value
        }
    }

    public var headers: [Header]
    public var payload: [UInt8]

    public init(headers: [Header], payload: [UInt8]) {
        self.headers = headers
        self.payload = payload
    }

    public func header(_ name: String) -> HeaderValue? { headers.first { $0.name == name }?.value }

    /// The frame's bytes.
    public var encoded: [UInt8] {
        var head: [UInt8] = []
        for header in headers { EventStreamMessage.append(header, to: &head) }
        var frame: [UInt8] = []
        frame.reserveCapacity(head.count + payload.count + 16)
        EventStreamMessage.append(UInt32(truncatingIfNeeded: head.count + payload.count + 16), to: &frame)
        EventStreamMessage.append(UInt32(truncatingIfNeeded: head.count), to: &frame)
        EventStreamMessage.append(frame.withUnsafeBytes(CRC.crc32), to: &frame)
        frame += head
        frame += payload
        EventStreamMessage.append(frame.withUnsafeBytes(CRC.crc32), to: &frame)
        return frame
    }

    private static func append(_ value: some FixedWidthInteger, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }

    private static func append(_ header: Header, to bytes: inout [UInt8]) {
        let name = Array(header.name.utf8.prefix(255))
        bytes.append(UInt8(name.count))
        bytes += name
        func variable(_ type: UInt8, _ value: some Collection<UInt8>) {
            let value = value.prefix(Int(Int16.max))
            bytes.append(type)
            append(UInt16(value.count), to: &bytes)
            bytes += value
        }
        func fixed(_ type: UInt8, _ value: some FixedWidthInteger) {
            bytes.append(type)
            append(value, to: &bytes)
        }
        switch header.value {
        case .boolean(let value): bytes.append(value ? 0 : 1)
        case .byte(let value): fixed(2, value)
        case .short(let value): fixed(3, value)
        case .integer(let value): fixed(4, value)
        case .long(let value): fixed(5, value)
        case .bytes(let value): variable(6, value)
        case .string(let value): variable(7, value.utf8)
        case .timestamp(let value): fixed(8, value.milliseconds)
        case .uuid(let value):
            bytes.append(9)
            bytes += value.prefix(16)
        }
    }
}
