import Crypto
import Persistence
import ServiceKit

/// A body that has arrived and, if it is in a segment, is on disk. Nothing names it yet.
struct ReceivedBody: Sendable {
    enum Place: Sendable {
        /// Small enough for the row; plain.
        case inline([UInt8])
        case extent(Extent)
    }

    var size: Int64
    var md5: [UInt8]
    var checksums: [ChecksumAlgorithm: [UInt8]]
    var place: Place
    /// What came after the bytes.
    var trailers: [(name: String, value: String)] = []
    /// To be held until a row names the segment.
    var pin: SegmentPin?
}

/// Takes bodies: small ones stay in memory, large ones go to segments as they come.
struct BodyReceiver: Sendable {
    /// Bodies up to this size are kept in the row.
    static let inlineLimit = 32 * 1024

    let folder: SegmentFolder
    let cipher: ObjectCipher

    /// `source`: the bytes; what it throws is thrown, and nothing is left of the body.
    /// `checksums`: which to compute beside MD5.
    /// `inlineLimit`: 0 sends every body to a segment.
    /// `limit`: how many bytes there may be.
    func receive(
        _ source: any ByteSource, checksums: ChecksumRequest, customer: CustomerKey?,
        inlineLimit: Int = Self.inlineLimit, limit: Int64
    ) async throws -> ReceivedBody {
        if let length = source.length, Int64(length) > limit { throw Self.tooLarge(Int64(length), limit) }
        var head: [UInt8] = []
        while head.count <= inlineLimit {
            guard let piece = try await source.next() else {
                guard head.count <= inlineLimit, inlineLimit > 0 || head.isEmpty else { break }
                return inline(head, checksums.algorithms(source.trailers), source.trailers)
            }
            if head.isEmpty { head = piece } else { head += piece }
        }
        let writer = try SegmentWriter(folder, cipher, customer: customer, algorithms: checksums.algorithms)
        do {
            try await writer.begin(expected: source.length)
            var size = Int64(head.count)
            try await writer.write(head)
            head = []
            while let piece = try await source.next() {
                size += Int64(piece.count)
                if size > limit { throw Self.tooLarge(size, limit) }
                try await writer.write(piece)
            }
            let (extent, md5, checksums) = try await writer.finish()
            return ReceivedBody(
                size: extent.length, md5: md5, checksums: checksums, place: .extent(extent), trailers: source.trailers,
                pin: writer.pin)
        } catch {
            await writer.abandon()
            throw error
        }
    }

    private func inline(
        _ bytes: [UInt8], _ algorithms: Set<ChecksumAlgorithm>, _ trailers: [(name: String, value: String)]
    ) -> ReceivedBody {
        var hasher = BodyHasher(algorithms)
        bytes.withUnsafeBytes { hasher.update($0) }
        let (md5, checksums) = hasher.finish()
        return ReceivedBody(
            size: Int64(bytes.count), md5: md5, checksums: checksums, place: .inline(bytes), trailers: trailers)
    }

    private static func tooLarge(_ size: Int64, _ limit: Int64) -> AWSError {
        .s3(
            "EntityTooLarge", 400, "Your proposed upload exceeds the maximum allowed size",
            ["ProposedSize": String(size), "MaxSizeAllowed": String(limit)])
    }

    /// The body could not be named for a reason: its file goes, if that is sure.
    ///
    /// A database whose commit has failed, or which was lost meanwhile, may have committed nevertheless. Then the file stays, and
    /// who looks for files that no row names decides.
    func discard(_ body: ReceivedBody, after reason: any Swift.Error) async {
        guard case .extent(let extent) = body.place, !Self.mayBeNamed(after: reason) else { return }
        try? await folder.threads.run { folder.remove(extent.name) }
    }

    private static func mayBeNamed(after reason: any Swift.Error) -> Bool {
        switch reason {
        case is AWSError, is CancellationError, is StaleBucket, DatabaseError.diskFull, DatabaseError.constraint: false
        default: true
        }
    }
}
