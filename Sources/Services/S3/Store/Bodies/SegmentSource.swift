import Crypto
import Foundation
import Persistence
import ServiceKit
import Synchronization

/// The bytes of extents, read and decrypted on threads, frame by frame, some ahead of the reader.
final class SegmentSource: ByteSource {
    let length: Int?
    private let folder: SegmentFolder
    private let cipher: ObjectCipher
    private let customer: CustomerKey?
    private let pin: SegmentPin
    private let state: Mutex<State>
    /// Frames that are read ahead.
    private static let ahead = 3

    private struct State {
        var extents: ArraySlice<Extent>
        var current: OpenSegment?
        /// Where in the current extent to go on.
        var position: Int64 = 0
        var reads: [Task<[UInt8], any Swift.Error>] = []
    }

    init(_ extents: [Extent], _ folder: SegmentFolder, _ cipher: ObjectCipher, customer: CustomerKey?) {
        self.folder = folder
        self.cipher = cipher
        self.customer = customer
        length = Int(extents.reduce(0) { $0 + $1.length })
        pin = SegmentPin(extents.map(\.name), folder)
        state = Mutex(State(extents: extents.filter { $0.length > 0 }[...]))
    }

    deinit {
        for read in state.withLock({ $0.reads }) { read.cancel() }
    }

    func next() async throws -> [UInt8]? {
        let read: Task<[UInt8], any Swift.Error>? = try state.withLock { state in
            while state.reads.count <= Self.ahead, let piece = try nextPiece(&state) {
                let (threads, segment, frame, range) = (folder.threads, piece.segment, piece.frame, piece.range)
                state.reads.append(
                    Task { try await threads.run { try segment.read(frame: frame, range) } })
            }
            return state.reads.isEmpty ? nil : state.reads.removeFirst()
        }
        return try await read?.value
    }

    private struct Piece {
        var segment: OpenSegment
        var frame: Int64
        /// Within the frame.
        var range: Range<Int>
    }

    private func nextPiece(_ state: inout State) throws -> Piece? {
        guard let extent = state.extents.first else { return nil }
        let segment: OpenSegment
        if let current = state.current {
            segment = current
        } else {
            segment = OpenSegment(folder, extent, try cipher.key(of: extent, customer: customer))
            state.current = segment
        }
        let size = Int64(ObjectCipher.frame)
        let place = extent.offset + state.position
        let frame = place / size
        let begin = Int(place - frame * size)
        let count = min(Int(size) - begin, Int(extent.length - state.position))
        state.position += Int64(count)
        if state.position == extent.length {
            state.extents = state.extents.dropFirst()
            state.current = nil
            state.position = 0
        }
        return Piece(segment: segment, frame: frame, range: begin..<begin + count)
    }
}

/// A segment that is being read; its file is opened with the first frame.
private final class OpenSegment: Sendable {
    private let folder: SegmentFolder
    private let name: String
    private let size: Int64
    private let key: SymmetricKey
    private let descriptor = Mutex<Int32>(-1)

    init(_ folder: SegmentFolder, _ extent: Extent, _ key: SymmetricKey) {
        self.folder = folder
        name = extent.name
        size = extent.size
        self.key = key
    }

    deinit {
        let descriptor = descriptor.withLock { $0 }
        if descriptor >= 0 { close(descriptor) }
    }

    /// Blocks.
    func read(frame: Int64, _ range: Range<Int>) throws -> [UInt8] {
        let file = try descriptor.withLock { descriptor in
            if descriptor < 0 { descriptor = try folder.openForReading(name) }
            return descriptor
        }
        let count = Int(min(Int64(ObjectCipher.frame), size - frame * Int64(ObjectCipher.frame)))
        guard count > 0, range.upperBound <= count else { throw DatabaseError.failed("The segment \(name) is damaged.") }
        var data = Data(count: count + ObjectCipher.overhead)
        let total = data.count
        let place = ObjectCipher.position(ofFrame: frame)
        try data.withUnsafeMutableBytes { buffer in
            var done = 0
            while done < total, let start = buffer.baseAddress {
                let length = pread(file, start + done, total - done, Int(place) + done)
                if length == 0 { throw DatabaseError.failed("The segment \(name) is damaged.") }
                if length > 0 {
                    done += length
                } else if errno != EINTR {
                    throw DatabaseError(errno: errno, "The segment \(name) can't be read")
                }
            }
        }
        let plain: Data
        do {
            plain = try ObjectCipher.open(data[..<count], tag: data[count...], frame: frame, key: key)
        } catch {
            throw DatabaseError.failed("The segment \(name) is damaged.")
        }
        return plain.withUnsafeBytes { [UInt8](UnsafeRawBufferPointer(rebasing: $0[range])) }
    }
}
