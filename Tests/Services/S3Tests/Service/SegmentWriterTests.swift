import Foundation
import Persistence
import ServiceKit
import ServiceModel
import Synchronization
import TestSupport
import Testing

@testable import S3

/// What bodies take while they come.
struct SegmentWriterTests {
    /// Says that much will come, and sends some.
    private final class BoastingSource: ByteSource {
        let length: Int?
        private let base: PieceSource
        private let atEnd: @Sendable () -> Void

        init(_ length: Int, _ bytes: [UInt8], atEnd: @escaping @Sendable () -> Void) {
            self.length = length
            self.atEnd = atEnd
            base = PieceSource(bytes, piece: 100_000)
        }

        func next() async throws -> [UInt8]? {
            if let piece = try await base.next() { return piece }
            atEnd()
            throw AWSError.internalFailure
        }
    }

    private static func blocks(_ s3: Harness) -> Int64 {
        s3.files.reduce(0) { sum, name in
            var status = stat()
            return stat(s3.service.folder.file(name), &status) == 0 ? sum + Int64(status.st_blocks) * 512 : sum
        }
    }

    @Test(arguments: [300_000, 3 << 20])
    func `what is only announced takes little room`(sent: Int) async throws {
        try await Harness.with(.sqlite) { s3 in
            try await s3.bucket()
            let taken = Mutex<Int64>(0)
            let source = BoastingSource(1 << 30, Harness.bytes(sent)) { taken.withLock { $0 = Self.blocks(s3) } }
            _ = try? await s3.call("PutObject", ["Bucket": "bucket", "Key": "k"], payload: source)
            #expect(taken.withLock { $0 } <= 3 * Int64(sent) + (1 << 20))
            #expect(s3.files.isEmpty)
        }
    }

    @Test func `what there is no room for is refused before it comes`() async throws {
        try await Harness.with(.sqlite) { s3 in
            let writer = try SegmentWriter(s3.service.folder, s3.service.cipher, customer: nil, algorithms: [])
            await #expect(throws: DatabaseError.diskFull) { try await writer.begin(expected: 1 << 60) }
            #expect(s3.files.isEmpty)
        }
    }

    @Test func `a file is as long as its frames`() async throws {
        try await Harness.with(.sqlite) { s3 in
            try await s3.bucket()
            let body = Harness.bytes((5 << 20) + 17)
            let source = PieceSource(body, piece: 700_000)
            _ = try await s3.call("PutObject", ["Bucket": "bucket", "Key": "k"], payload: source)
            let frames = (body.count + ObjectCipher.frame - 1) / ObjectCipher.frame
            var status = stat()
            #expect(stat(s3.service.folder.file(s3.files.first ?? ""), &status) == 0)
            #expect(Int(status.st_size) == body.count + frames * ObjectCipher.overhead)
            #expect(try await s3.get("k") == body)
        }
    }
}
