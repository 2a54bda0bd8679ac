import Crypto
import Foundation
import Persistence
import ServiceKit
import ServiceModel

/// Writes one segment: frames are encrypted and written on threads, while their hashes are computed on others and the next bytes come.
/// Used by one task.
final class SegmentWriter: @unchecked Sendable {
    /// Plain bytes that are encrypted and written at a time.
    static let batch = 16 * ObjectCipher.frame

    let id: [UInt8]
    let name: String
    /// Keeps the file from being taken for one that nobody knows of, until a row names it.
    let pin: SegmentPin
    private let folder: SegmentFolder
    private let key: SymmetricKey
    private let sealedKey: [UInt8]
    private var descriptor: Int32 = -1
    private var md5 = Insecure.MD5()
    private var checks: ChecksumHasher
    private var buffer: [UInt8] = []
    private var size: Int64 = 0
    /// What the file will have in the end, as far as is known, and what it has been given of that; in bytes.
    private var expected: Int64 = 0
    private var allocated: Int64 = 0
    private var hashing: Task<Void, any Swift.Error>?
    private var writing: Task<Void, any Swift.Error>?

    init(
        _ folder: SegmentFolder, _ cipher: ObjectCipher, customer: CustomerKey?, algorithms: Set<ChecksumAlgorithm>
    ) throws {
        self.folder = folder
        id = SegmentFolder.newName()
        name = Hexadecimal.encode(id)
        (key, sealedKey) = try cipher.newKey(segment: id, customer: customer)
        checks = ChecksumHasher(algorithms)
        buffer.reserveCapacity(Self.batch)
        pin = SegmentPin([name], folder)
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// `expected`: how many bytes will come, if that is known.
    /// - Throws: ``DatabaseError/diskFull`` if there is no room for them.
    func begin(expected: Int?) async throws {
        if let expected, expected > 0 {
            let frames = (expected + ObjectCipher.frame - 1) / ObjectCipher.frame
            self.expected = Int64(expected + frames * ObjectCipher.overhead)
        }
        descriptor = try await folder.threads.run { [folder, name, length = self.expected] in
            let descriptor = try folder.create(name)
            var system = statvfs()
            if fstatvfs(descriptor, &system) == 0, Int64(clamping: system.f_bfree) < length / Int64(system.f_frsize) {
                close(descriptor)
                folder.remove(name)
                throw DatabaseError.diskFull
            }
            return descriptor
        }
    }

    /// How much the file is given ahead of what has come, in bytes: as much again, so that a claim alone takes no room.
    static func ahead(of size: Int64) -> Int64 { min(max(size, 1 << 20), 64 << 20) }

    /// Gives the file room in large pieces, for what comes and some of what was announced. On a thread.
    private func allocate(upTo end: Int64) throws {
        guard end > allocated, expected > allocated else { return }
        let target = min(expected, end + Self.ahead(of: end))
        // Only a hint where the file system can't do it.
        if posix_fallocate(descriptor, Int(allocated), Int(target - allocated)) == ENOSPC {
            throw DatabaseError.diskFull
        }
        allocated = target
    }

    func write(_ piece: [UInt8]) async throws {
        var rest = piece[...]
        while !rest.isEmpty {
            let part = rest.prefix(Self.batch - buffer.count)
            buffer.append(contentsOf: part)
            rest = rest.dropFirst(part.count)
            if buffer.count == Self.batch { try await submit() }
        }
    }

    /// Writes the rest, and makes all of it durable.
    func finish() async throws -> (extent: Extent, md5: [UInt8], checksums: [ChecksumAlgorithm: [UInt8]]) {
        if !buffer.isEmpty { try await submit() }
        try await writing?.value
        try await folder.threads.run { [self] in try folder.sync(descriptor, name) }
        try await hashing?.value
        let extent = Extent(segment: id, offset: 0, length: size, size: size, sealedKey: sealedKey)
        return (extent, Array(md5.finalize()), checks.finish())
    }

    /// The file goes: nothing will name it.
    func abandon() async {
        _ = try? await writing?.value
        _ = try? await hashing?.value
        let removal = Task { [folder, name] in try? await folder.threads.run { folder.remove(name) } }
        await removal.value
    }

    private func submit() async throws {
        let bytes = buffer
        let begin = size
        size += Int64(bytes.count)
        buffer = []
        buffer.reserveCapacity(Self.batch)
        // What came before must be done: two batches at most are held.
        let written = writing
        let hashed = hashing
        try await written?.value
        try await hashed?.value
        writing = Task { try await folder.threads.run { [self] in try store(bytes, at: begin) } }
        hashing = Task {
            try await folder.threads.run { [self] in bytes.withUnsafeBytes { md5.update(bufferPointer: $0) } }
        }
    }

    /// On a thread: checksums, encryption, writing. MD5, which takes longest, is on another.
    private func store(_ bytes: [UInt8], at begin: Int64) throws {
        let plainEnd = begin + Int64(bytes.count)
        let frames = (plainEnd + Int64(ObjectCipher.frame) - 1) / Int64(ObjectCipher.frame)
        try allocate(upTo: plainEnd + frames * Int64(ObjectCipher.overhead))
        try bytes.withUnsafeBytes { plain in
            checks.update(plain)
            var frame = begin / Int64(ObjectCipher.frame)
            var rest = plain
            while !rest.isEmpty {
                let count = min(rest.count, ObjectCipher.frame)
                let box = try ObjectCipher.seal(
                    UnsafeRawBufferPointer(rebasing: rest[..<count]), frame: frame, key: key)
                // The tag follows the ciphertext; the nonce before it is the frame's number.
                guard let combined = box.combined else { throw DatabaseError.failed("A frame can't be sealed.") }
                try Self.writeAll(
                    combined.dropFirst(combined.count - count - ObjectCipher.overhead), to: descriptor,
                    at: ObjectCipher.position(ofFrame: frame))
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
                frame += 1
            }
        }
        // Linux begins to write what is not needed in memory: the last flush has little left to do. What is being written stays.
        let from = ObjectCipher.position(ofFrame: begin / Int64(ObjectCipher.frame))
        if folder.isDurable { posix_fadvise(descriptor, Int(from), bytes.count, POSIX_FADV_DONTNEED) }
    }

    private static func writeAll(_ data: Data, to descriptor: Int32, at place: Int64) throws {
        try data.withUnsafeBytes { bytes in
            var done = 0
            while done < bytes.count, let start = bytes.baseAddress {
                let length = pwrite(descriptor, start + done, bytes.count - done, Int(place) + done)
                if length > 0 {
                    done += length
                } else if errno != EINTR {
                    throw DatabaseError(errno: errno, "A segment can't be written")
                }
            }
        }
    }
}
