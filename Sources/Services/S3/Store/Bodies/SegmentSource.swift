import Crypto
import Foundation
import NIOCore
import Persistence
import ServiceKit
import Synchronization

/// The bytes of extents, read and decrypted on threads, some ahead of the reader.
final class SegmentSource: ByteSource {
    let length: Int?
    private let folder: SegmentFolder
    private let cipher: ObjectCipher
    private let customer: CustomerKey?
    private let pin: SegmentPin
    private let state: Mutex<State>
    /// Frames that are read at a time.
    private static let frames: Int64 = 4
    /// How many times that is read ahead.
    private static let ahead = 2

    private enum Read {
        case known(ByteBuffer)
        case coming(Task<ByteBuffer, any Swift.Error>)
    }

    private struct State {
        var extents: ArraySlice<Extent>
        var current: OpenSegment?
        /// Where in the current extent to go on.
        var position: Int64 = 0
        var reads: [Read] = []
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
        for case .coming(let read) in state.withLock({ $0.reads }) { read.cancel() }
    }

    func next() async throws -> [UInt8]? { try await nextBuffer().map { Array($0.readableBytesView) } }

    func nextBuffer() async throws -> ByteBuffer? {
        let read: Read? = try state.withLock { state in
            while state.reads.count <= Self.ahead, let piece = try nextPiece(&state) {
                state.reads.append(begin(piece))
            }
            return state.reads.isEmpty ? nil : state.reads.removeFirst()
        }
        return switch read {
        case .known(let bytes): bytes
        case .coming(let task): try await task.value
        case nil: nil
        }
    }

    private func begin(_ piece: Piece) -> Read {
        // What only its customer can read is not kept.
        let cache = customer == nil ? folder.pieces : nil
        let key = PieceCache.Key(
            segment: piece.segment.name, begin: piece.range.lowerBound, count: piece.range.count)
        if let known = cache?.find(key) { return .known(known) }
        let threads = folder.threads
        return .coming(
            Task {
                try await threads.run {
                    let bytes = try piece.segment.read(piece.range)
                    cache?.offer(bytes, key)
                    return bytes
                }
            })
    }

    private struct Piece {
        var segment: OpenSegment
        /// Of the segment's plain bytes.
        var range: Range<Int64>
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
        let begin = extent.offset + state.position
        let end = min((begin / size + Self.frames) * size, extent.offset + extent.length)
        state.position += end - begin
        if state.position == extent.length {
            state.extents = state.extents.dropFirst()
            state.current = nil
            state.position = 0
        }
        return Piece(segment: segment, range: begin..<end)
    }
}

/// A segment that is being read; its file is opened with the first frame.
private final class OpenSegment: Sendable {
    private let folder: SegmentFolder
    let name: String
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
    func read(_ range: Range<Int64>) throws -> ByteBuffer {
        let file = try descriptor.withLock { descriptor in
            if descriptor < 0 { descriptor = try folder.openForReading(name) }
            return descriptor
        }
        let frame = Int64(ObjectCipher.frame)
        let first = range.lowerBound / frame
        let end = min((range.upperBound + frame - 1) / frame * frame, size)
        guard !range.isEmpty, range.upperBound <= end else { throw damaged }
        let sealed = Int(end - first * frame + ((end - 1) / frame - first + 1) * Int64(ObjectCipher.overhead))
        return try withUnsafeTemporaryAllocation(byteCount: sealed, alignment: 16) { buffer in
            try fill(buffer, from: file, at: ObjectCipher.position(ofFrame: first))
            return try open(UnsafeRawBufferPointer(buffer), first: first, range)
        }
    }

    private func fill(_ buffer: UnsafeMutableRawBufferPointer, from file: Int32, at place: Int64) throws {
        var done = 0
        while done < buffer.count, let start = buffer.baseAddress {
            let length = pread(file, start + done, buffer.count - done, Int(place) + done)
            if length == 0 { throw damaged }
            if length > 0 {
                done += length
            } else if errno != EINTR {
                throw DatabaseError(errno: errno, "The segment \(name) can't be read")
            }
        }
    }

    /// The bytes of `range` out of the frames that `sealed` holds.
    private func open(_ sealed: UnsafeRawBufferPointer, first: Int64, _ range: Range<Int64>) throws -> ByteBuffer {
        var buffer = ByteBufferAllocator().buffer(capacity: range.count)
        try buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: range.count) { bytes in
            var count = 0
            var rest = sealed
            var frame = first
            while !rest.isEmpty {
                let length = min(rest.count, ObjectCipher.frame + ObjectCipher.overhead)
                guard
                    let plain = try? ObjectCipher.open(
                        UnsafeRawBufferPointer(rebasing: rest[..<length]), frame: frame, key: key)
                else { throw damaged }
                let begin = frame * Int64(ObjectCipher.frame)
                let wanted = range.clamped(to: begin..<begin + Int64(plain.count))
                plain.withUnsafeBytes { plain in
                    let part = UnsafeRawBufferPointer(
                        rebasing: plain[Int(wanted.lowerBound - begin)..<Int(wanted.upperBound - begin)])
                    UnsafeMutableRawBufferPointer(rebasing: bytes[count...])
                        .copyMemory(from: part)
                    count += part.count
                }
                rest = UnsafeRawBufferPointer(rebasing: rest[length...])
                frame += 1
            }
            return count
        }
        return buffer
    }

    private var damaged: DatabaseError { .failed("The segment \(name) is damaged.") }
}
