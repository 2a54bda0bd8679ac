import Crypto
import ServiceKit
import ServiceModel

/// One attribute of a message.
struct MessageAttribute: Sendable, Hashable {
    var name: String
    /// `String`, `Number` or `Binary`, and what the sender has put behind a point.
    var type: String
    var value: Value

    enum Value: Sendable, Hashable {
        case text(String)
        case binary([UInt8])
    }

    /// What of a message's size the attribute counts for.
    var size: Int {
        let length =
            switch value {
            case .text(let text): text.utf8.count
            case .binary(let bytes): bytes.count
            }
        return name.utf8.count + type.utf8.count + length
    }
}

extension [MessageAttribute] {
    /// As AWS has it: each attribute, in the order of the names, with its name, its type and its value, lengths before them.
    /// See <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html>.
    var md5: String {
        var bytes: [UInt8] = []
        func append(_ part: some Collection<UInt8>) {
            let count = UInt32(truncatingIfNeeded: part.count)
            for shift: UInt32 in [24, 16, 8, 0] { bytes.append(UInt8(truncatingIfNeeded: count >> shift)) }
            bytes.append(contentsOf: part)
        }
        for attribute in sorted(by: { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }) {
            append(attribute.name.utf8)
            append(attribute.type.utf8)
            switch attribute.value {
            case .text(let text):
                bytes.append(1)
                append(text.utf8)
            case .binary(let value):
                bytes.append(2)
                append(value)
            }
        }
        return MD5.hex(bytes)
    }
}

/// MD5, with which senders and receivers see that nothing was damaged on the way; nothing is kept secret with it.
enum MD5 {
    static func hex(_ text: String) -> String {
        var text = text
        return text.withUTF8 { hex(UnsafeRawBufferPointer($0)) }
    }

    static func hex(_ bytes: [UInt8]) -> String { bytes.withUnsafeBytes(hex) }

    private static func hex(_ bytes: UnsafeRawBufferPointer) -> String {
        var hash = Insecure.MD5()
        hash.update(bufferPointer: bytes)
        let digest = hash.finalize()
        return String(unsafeUninitializedCapacity: 32) { buffer in
            var position = 0
            for byte in digest {
                buffer[position] = Hexadecimal.digits[Int(byte >> 4)]
                buffer[position + 1] = Hexadecimal.digits[Int(byte & 15)]
                position += 2
            }
            return position
        }
    }
}
