import ServiceKit
import Synchronization

/// Bytes that are there already, in pieces.
final class ArraySource: ByteSource {
    let length: Int?
    private let bytes: [UInt8]
    private let position = Mutex(0)
    private static let piece = 512 * 1024

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        length = bytes.count
    }

    func next() async throws -> [UInt8]? {
        let begin = position.withLock { position in
            defer { position = min(bytes.count, position + Self.piece) }
            return position
        }
        guard begin < bytes.count else { return nil }
        return begin == 0 && bytes.count <= Self.piece
            ? bytes : Array(bytes[begin..<min(bytes.count, begin + Self.piece)])
    }
}
