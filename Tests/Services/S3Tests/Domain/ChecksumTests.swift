import ServiceKit
import ServiceModel
import Testing

@testable import S3

struct ChecksumTests {
    @Test func `several checksums and what is none are refused`() {
        for input in [
            ["ChecksumCRC32": "AAAAAA==", "ChecksumSHA1": "B++3uSfJMSHWToQMQ1g6lIJY5Eo="], ["ChecksumCRC32": "AAA="],
            ["ChecksumSHA256": "not base 64"], ["ChecksumAlgorithm": "MD4"], ["ContentMD5": "000"],
        ] as [[String: String]] {
            #expect(throws: AWSError.self) {
                _ = try ChecksumRequest(.structure(input.mapValues(WireValue.string)))
            }
        }
    }

    private static func part(_ number: Int, _ size: Int64, _ checksum: String? = nil) -> PartRecord {
        PartRecord(
            number: number, size: size, etag: String(repeating: "0", count: 31) + String(number),
            modified: Timestamp(milliseconds: 0), checksum: checksum, manifest: [])
    }

    private static func plan(
        _ parts: [PartRecord], named: [Int]? = nil, algorithm: ChecksumAlgorithm? = nil,
        input: [String: WireValue] = [:]
    ) throws -> CompletionPlan {
        let upload = UploadRecord(
            upload: "u", bucket: 1, key: "k", initiated: Timestamp(milliseconds: 0), sequence: 0, initiator: "",
            checksum: algorithm.map { StoredChecksum(algorithm: $0, type: $0.defaultType, text: "").summary } ?? 0,
            attributes: [])
        let names = (named ?? parts.map(\.number)).map { number in
            CompletionPlan.NamedPart(
                number: number, etag: parts.first { $0.number == number }?.etag ?? "x",
                checksums: algorithm.map { algorithm in
                    parts.first { $0.number == number }?.checksum.map { [algorithm: $0] } ?? [:]
                } ?? [:])
        }
        return try CompletionPlan(
            names, Dictionary(parts.map { ($0.number, $0) }, uniquingKeysWith: { $1 }), upload, input: .structure(input)
        )
    }

    @Test func `parts have to be there, in order, and large enough`() throws {
        let large = CompletionPlan.minimumPart
        let parts = [Self.part(1, large), Self.part(2, large), Self.part(5, 3)]
        #expect(try Self.plan(parts).size == 2 * large + 3)
        #expect(try Self.plan(parts).etag.hasSuffix("-3"))
        func code(_ body: () throws -> CompletionPlan) -> String? {
            do {
                _ = try body()
                return nil
            } catch {
                return (error as? AWSError)?.code
            }
        }
        #expect(code { try Self.plan(parts, named: [2, 1]) } == "InvalidPartOrder")
        #expect(code { try Self.plan(parts, named: [1, 1]) } == "InvalidPartOrder")
        #expect(code { try Self.plan(parts, named: [1, 3]) } == "InvalidPart")
        #expect(code { try Self.plan(parts, named: []) } == "InvalidRequest")
        #expect(code { try Self.plan([Self.part(1, large - 1), Self.part(2, 1)]) } == "EntityTooSmall")
        #expect(code { try Self.plan(parts, input: ["MpuObjectSize": 7]) } == "InvalidRequest")
    }

    @Test func `a composite checksum is that of the parts' checksums`() throws {
        let parts = [Self.part(1, 5 << 20, "AAAAAA=="), Self.part(2, 1, "AAAAAA==")]
        let plan = try Self.plan(parts, algorithm: .crc32)
        let expected = [UInt8](repeating: 0, count: 8).withUnsafeBytes { ChecksumHasher.checksum(.crc32, $0) }.base64
        #expect(plan.checksum?.text == expected + "-2")
        #expect(plan.checksum?.type == .composite)
    }
}
