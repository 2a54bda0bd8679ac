import Foundation
import ServiceKit
import ServiceModel
import Synchronization

@testable import FrontDoor

/// Takes objects without keeping them, and gives others that are made up.
struct StubS3: AWSService {
    static let modelName = "s3"
    static let implementedOperations: Set<String> = ["PutObject", "GetObject", "HeadObject", "ListObjects"]
    let recorder: CallRecorder

    func handle(_ call: Call) async throws -> Reply {
        recorder.record(call)
        let key = call.input["Key"]?.stringValue ?? ""
        switch call.operation {
        case "PutObject":
            if key == "refused" {
                throw AWSError("NoSuchBucket", status: 404, message: "The specified bucket does not exist")
            }
            var count = call.input["Body"]?.blobValue?.count ?? 0
            var sum: UInt8 = 0
            do {
                while let piece = try await call.payload?.next() {
                    count += piece.count
                    sum = piece.reduce(sum, &+)
                }
            } catch {
                recorder.recordCancellation()
                throw error
            }
            return Reply(.structure(["ETag": .string("\"\(count)-\(sum)-\(call.payload?.length ?? -1)\"")]))
        case "GetObject":
            let length = Int(key) ?? 0
            return Reply(
                .structure(["ETag": .string("\"e\"")]), payload: Zeros(length: length, breaks: key.hasSuffix("!")),
                status: 206)
        default: return Reply(.structure(["ContentLength": 5_000_000]))
        }
    }

    /// That many bytes, the last of which is a `$`.
    final class Zeros: ByteSource {
        let length: Int?
        private let left: Mutex<Int>
        private let breaks: Bool

        init(length: Int, breaks: Bool) {
            self.length = breaks ? 1_000_000 : length
            self.breaks = breaks
            left = Mutex(breaks ? 500_000 : length)
        }

        func next() async throws -> [UInt8]? {
            let count = left.withLock { left in
                defer { left -= min(left, 100_000) }
                return min(left, 100_000)
            }
            if count == 0, breaks { throw CocoaError(.fileReadUnknown) }
            if count == 0 { return nil }
            let isLast = left.withLock { $0 == 0 } && !breaks
            return [UInt8](repeating: 0x30, count: count - (isLast ? 1 : 0)) + (isLast ? [0x24] : [])
        }
    }
}

/// Bucket `far` is in Europe. Of bucket `open` a page at `https://page.example` may read objects.
struct StubBuckets: BucketPages {
    func region(bucket: String) async throws -> String? { bucket == "far" ? "eu-west-1" : nil }

    func corsRules(bucket: String) async throws -> [CrossOriginRule]? {
        guard bucket == "open" else { return nil }
        return [
            CrossOriginRule(origins: ["https://page.example"], methods: ["GET"], headers: ["x-amz-*"], maxAge: 30)
        ]
    }
}
