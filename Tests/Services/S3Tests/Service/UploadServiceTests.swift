import Persistence
import ServiceKit
import ServiceModel
import TestSupport
import Testing

@testable import S3

/// Multipart uploads, events and lifecycles through the service.
struct UploadServiceTests {
    private static func upload(_ s3: Harness, _ key: String, _ bodies: [[UInt8]], _ more: [String: WireValue] = [:])
        async throws -> (id: String, parts: [WireValue])
    {
        let target: [String: WireValue] = ["Bucket": "bucket", "Key": .string(key)]
        let begun = try await s3.call("CreateMultipartUpload", target.merging(more) { $1 }).output
        let id = begun["UploadId"]?.stringValue ?? ""
        var parts: [WireValue] = []
        for (index, body) in bodies.enumerated() {
            let input = target.merging([
                "UploadId": .string(id), "PartNumber": .integer(Int64(index + 1)), "Body": .blob(body),
            ]) { $1 }
            let output = try await s3.call("UploadPart", input).output
            var part: [String: WireValue] = ["PartNumber": .integer(Int64(index + 1)), "ETag": output["ETag"] ?? ""]
            if let algorithm = more["ChecksumAlgorithm"]?.stringValue {
                part["Checksum" + algorithm] = output["Checksum" + algorithm]
            }
            parts.append(.structure(part))
        }
        return (id, parts)
    }

    private static func complete(_ s3: Harness, _ key: String, _ id: String, _ parts: [WireValue]) async throws
        -> WireValue
    {
        try await s3.call(
            "CompleteMultipartUpload",
            [
                "Bucket": "bucket", "Key": .string(key), "UploadId": .string(id),
                "MultipartUpload": .structure(["Parts": .list(parts)]),
            ]
        ).output
    }

    @Test(arguments: TestDatabase.engines, [nil, "CRC32", "CRC64NVME", "SHA256"])
    func `parts make an object`(engine: SQLEngine, algorithm: String?) async throws {
        try await Harness.with(engine) { s3 in
            try await s3.bucket()
            let bodies = [Harness.bytes(5 << 20, seed: 1), Harness.bytes(5 << 20, seed: 2), Harness.bytes(17, seed: 3)]
            var more: [String: WireValue] = [:]
            if let algorithm { more["ChecksumAlgorithm"] = .string(algorithm) }
            let (id, parts) = try await Self.upload(s3, "k", bodies, more)
            let answer = try await Self.complete(s3, "k", id, parts)
            #expect(answer["ETag"]?.stringValue?.hasSuffix("-3\"") == true)
            #expect(try await Self.complete(s3, "k", id, parts) == answer)
            #expect(try await s3.get("k") == bodies.flatMap { $0 })
            #expect(try await s3.get("k", ["PartNumber": 3]) == bodies[2])
            let across = "bytes=\((5 << 20) - 2)-\((5 << 20) + 1)"
            #expect(
                try await s3.get("k", ["Range": .string(across)])
                    == Array(bodies[0].suffix(2)) + Array(bodies[1].prefix(2)))
            if algorithm != "SHA256" && algorithm != "CRC32" {
                let put = try await s3.put("whole", bodies.flatMap { $0 })
                #expect(put["ChecksumCRC64NVME"] == answer["ChecksumCRC64NVME"])
            }
            #expect(s3.files.count == (algorithm == "SHA256" || algorithm == "CRC32" ? 3 : 4))
        }
    }

    @Test(arguments: TestDatabase.engines)
    func `an upload that is given up leaves nothing`(engine: SQLEngine) async throws {
        try await Harness.with(engine) { s3 in
            try await s3.bucket()
            let (id, _) = try await Self.upload(s3, "k", [Harness.bytes(100_000), Harness.bytes(50_000)])
            let target: [String: WireValue] = ["Bucket": "bucket", "Key": "k", "UploadId": .string(id)]
            let listed = try await s3.call("ListParts", target).output
            #expect(listed["Parts"]?.listValue?.count == 2)
            _ = try await s3.call("AbortMultipartUpload", target)
            #expect(try await s3.refusal("ListParts", target) == "NoSuchUpload")
            await SegmentCollector(database: s3.database, folder: s3.service.folder, logger: s3.service.logger).collect(
                now: s3.time.now.advanced(by: .seconds(1000)))
            #expect(s3.files.isEmpty)
            _ = try await s3.call("DeleteBucket", ["Bucket": "bucket"])
        }
    }

    private static let queue = "arn:aws:sqs:us-east-1:111122223333:q"

    private static func notify(_ s3: Harness, _ events: [String]) async throws {
        let rule = WireValue.structure([
            "QueueArn": .string(queue), "Events": .list(events.map(WireValue.string)), "Id": "all",
        ])
        _ = try await s3.call(
            "PutBucketNotificationConfiguration",
            [
                "Bucket": "bucket", "NotificationConfiguration": .structure(["QueueConfigurations": .list([rule])]),
            ])
    }

    @Test(arguments: TestDatabase.engines)
    func `events are told in the order of a key's changes`(engine: SQLEngine) async throws {
        try await Harness.with(engine) { s3 in
            try await s3.bucket()
            try await Self.notify(s3, ["s3:ObjectCreated:*", "s3:ObjectRemoved:*", "s3:ObjectTagging:*"])
            #expect(s3.told.all.first?.body.contains("s3:TestEvent") == true)
            let run = Task { await s3.jobs.run() }
            defer { run.cancel() }
            s3.told.breakNext(1)
            for round in 0..<10 { try await s3.put("k", [UInt8](repeating: 0, count: round + 1)) }
            _ = try await s3.call("DeleteObject", ["Bucket": "bucket", "Key": "k"])
            var sizes: [String] = []
            for _ in 0..<40 {
                await s3.jobs.settled()
                sizes = s3.told.all.dropFirst().map(\.body)
                if sizes.count == 11 { break }
                s3.time.advance(by: .seconds(60))
                s3.jobs.timeMoved()
            }
            #expect(sizes.count == 11)
            for (index, body) in sizes.dropLast().enumerated() { #expect(body.contains("\"size\":\(index + 1),")) }
            #expect(sizes.last?.contains("ObjectRemoved:Delete") == true)
            #expect(
                s3.told.all.last?.principal
                    == .service(name: "s3.amazonaws.com", sourceARN: "arn:aws:s3:::bucket", account: Harness.account))
        }
    }

    @Test(arguments: TestDatabase.engines)
    func `a part of little of a segment does not keep all of it`(engine: SQLEngine) async throws {
        try await Harness.with(engine) { s3 in
            try await s3.bucket()
            let body = Harness.bytes(3 << 20)
            try await s3.put("source", body)
            let (id, _) = try await Self.upload(s3, "k", [])
            let target: [String: WireValue] = [
                "Bucket": "bucket", "Key": "k", "UploadId": .string(id), "CopySource": "bucket/source",
            ]
            var parts: [WireValue] = []
            for (number, range) in ["bytes=7-7", "bytes=0-2097151"].enumerated().reversed() {
                let input = target.merging([
                    "PartNumber": .integer(Int64(number + 1)), "CopySourceRange": .string(range),
                ]) { $1 }
                let result = try await s3.call("UploadPartCopy", input).output["CopyPartResult"]
                parts.insert(
                    .structure(["PartNumber": .integer(Int64(number + 1)), "ETag": result?["ETag"] ?? ""]), at: 0)
            }
            // Two thirds of the segment are named where they are, the one byte is not.
            #expect(s3.files.count == 2)
            _ = try await s3.call("DeleteObject", ["Bucket": "bucket", "Key": "source"])
            _ = try await Self.complete(s3, "k", id, [parts[0]])
            await SegmentCollector(database: s3.database, folder: s3.service.folder, logger: s3.service.logger).collect(
                now: s3.time.now.advanced(by: .seconds(1000)))
            #expect(s3.files.count == 1)
            #expect(try await s3.get("k") == [body[7]])
        }
    }

    @Test func `targets that refuse are refused`() async throws {
        try await Harness.with(.sqlite) { s3 in
            try await s3.bucket()
            s3.told.refuse(Self.queue)
            do {
                try await Self.notify(s3, ["s3:ObjectCreated:*"])
                Issue.record("it was not refused")
            } catch let error as AWSError {
                #expect(error.code == "InvalidArgument")
                #expect(error.message == "Unable to validate the following destination configurations")
                #expect(error.fields["ArgumentName1"] == .string(Self.queue))
            }
        }
    }

    @Test(arguments: TestDatabase.engines)
    func `the clock enforces a lifecycle`(engine: SQLEngine) async throws {
        try await Harness.with(engine) { s3 in
            try await s3.bucket()
            try await s3.put("logs/a", [1])
            try await s3.put("keep", [1])
            _ = try await Self.upload(s3, "logs/part", [[1, 2, 3]])
            let rule = WireValue.structure([
                "ID": "r", "Status": "Enabled", "Filter": .structure(["Prefix": "logs/"]),
                "Expiration": .structure(["Days": 2]),
                "AbortIncompleteMultipartUpload": .structure(["DaysAfterInitiation": 1]),
            ])
            _ = try await s3.call(
                "PutBucketLifecycleConfiguration",
                ["Bucket": "bucket", "LifecycleConfiguration": .structure(["Rules": .list([rule])])])
            let run = Task { await s3.jobs.run() }
            defer { run.cancel() }
            for _ in 0..<4 {
                s3.time.advance(by: .seconds(86_400))
                s3.jobs.timeMoved()
                await s3.jobs.settled()
            }
            #expect(try await s3.keys() == ["keep"])
            let uploads = try await s3.call("ListMultipartUploads", ["Bucket": "bucket"]).output
            #expect(uploads["Uploads"] == nil)
        }
    }

    @Test(arguments: TestDatabase.engines)
    func `policies and lists decide for strangers`(engine: SQLEngine) async throws {
        try await Harness.with(engine) { s3 in
            try await s3.bucket()
            try await s3.put("k", [1])
            let target: [String: WireValue] = ["Bucket": "bucket", "Key": "k"]
            #expect(try await s3.refusal("GetObject", target, account: "999988887777") == "AccessDenied")
            #expect(try await s3.refusal("GetObject", target, principal: .anonymous) == "AccessDenied")
            let policy = """
                {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"999988887777"},
                "Action":"s3:GetObject","Resource":"arn:aws:s3:::bucket/*"}]}
                """
            _ = try await s3.call("PutBucketPolicy", ["Bucket": "bucket", "Policy": .string(policy)])
            #expect(try await s3.refusal("GetObject", target, account: "999988887777") == nil)
            #expect(try await s3.refusal("PutObject", target, account: "999988887777") == "AccessDenied")
            #expect(try await s3.refusal("GetObject", target, principal: .anonymous) == "AccessDenied")
            let open = policy.replacing("{\"AWS\":\"999988887777\"}", with: "\"*\"")
            let input: [String: WireValue] = ["Bucket": "bucket", "Policy": .string(open)]
            #expect(try await s3.refusal("PutBucketPolicy", input) == "AccessDenied")
            _ = try await s3.call("DeletePublicAccessBlock", ["Bucket": "bucket"])
            _ = try await s3.call("PutBucketPolicy", input)
            #expect(try await s3.refusal("GetObject", target, principal: .anonymous) == nil)
            #expect(try await s3.refusal("DeleteObject", target, principal: .anonymous) == "AccessDenied")
        }
    }
}
