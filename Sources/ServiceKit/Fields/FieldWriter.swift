/// Writes the fields of a job's payload, or of a row, one after the other; ``FieldReader`` reads them in the same order.
package struct FieldWriter: Sendable {
    package private(set) var bytes: [UInt8] = []

    package init(reserving capacity: Int) { bytes.reserveCapacity(capacity) }

    package mutating func append(_ byte: UInt8) { bytes.append(byte) }

    package mutating func append(_ value: Int64) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    package mutating func append(_ text: String) {
        append(Int64(text.utf8.count))
        bytes.append(contentsOf: text.utf8)
    }

    package mutating func append(_ text: String?) {
        guard let text else { return append(-1 as Int64) }
        append(text)
    }

    package mutating func append(_ data: [UInt8]) {
        append(Int64(data.count))
        bytes.append(contentsOf: data)
    }

    /// Everything that follows, to the end.
    package mutating func append(rest: [UInt8]) { bytes.append(contentsOf: rest) }
}
