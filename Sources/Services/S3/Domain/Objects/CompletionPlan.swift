import Crypto
import Foundation
import ServiceKit
import ServiceModel

/// Checks the parts that the completion of an upload names, and computes what the object will be like. Pure.
struct CompletionPlan: Sendable {
    struct NamedPart: Sendable {
        var number: Int
        var etag: String
        /// By algorithm, base64.
        var checksums: [ChecksumAlgorithm: String] = [:]
    }

    /// In bytes, of every part but the last.
    static let minimumPart: Int64 = 5 * 1024 * 1024
    /// In bytes, of the whole.
    static let maximumSize: Int64 = 5 * 1024 * 1024 * 1024 * 1024

    var parts: [PartRecord] = []
    var size: Int64 = 0
    var etag = ""
    var checksum: StoredChecksum?

    /// `input`: the request.
    init(_ named: [NamedPart], _ uploaded: [Int: PartRecord], _ upload: UploadRecord, input: WireValue) throws {
        guard !named.isEmpty else { throw AWSError.invalidRequest("You must specify at least one part") }
        for (one, next) in zip(named, named.dropFirst()) where one.number >= next.number {
            throw AWSError.s3(
                "InvalidPartOrder", 400,
                "The list of parts was not in ascending order. The parts list must be specified in order by part number.",
                ["UploadId": upload.upload])
        }
        try Self.checkType(input, upload)
        for name in named { parts.append(try Self.part(name, uploaded, upload)) }
        for part in parts.dropLast() where part.size < Self.minimumPart {
            throw AWSError.s3(
                "EntityTooSmall", 400, "Your proposed upload is smaller than the minimum allowed size",
                [
                    "ETag": part.etag, "MinSizeAllowed": String(Self.minimumPart), "PartNumber": String(part.number),
                    "ProposedSize": String(part.size),
                ])
        }
        size = parts.reduce(0) { $0 + $1.size }
        if let claimed = input["MpuObjectSize"]?.integerValue, claimed != size {
            throw AWSError.invalidRequest(
                "The provided 'x-amz-mp-object-size' header value \(claimed) does not match what was computed: \(size)")
        }
        var md5 = Insecure.MD5()
        for part in parts { md5.update(data: Hexadecimal.decode(part.etag) ?? []) }
        etag = Hexadecimal.encode(Array(md5.finalize())) + "-\(parts.count)"
        checksum = Self.checksum(parts, upload)
        try checkWhole(input, upload)
    }

    private static func checkType(_ input: WireValue, _ upload: UploadRecord) throws {
        guard let type = input["ChecksumType"]?.stringValue, type != upload.checksumType?.rawValue else { return }
        throw AWSError.invalidRequest(
            "The upload was created using the \(upload.checksumType?.rawValue ?? "null") checksum mode. The complete request must use the same checksum mode."
        )
    }

    private static func part(_ name: NamedPart, _ uploaded: [Int: PartRecord], _ upload: UploadRecord) throws
        -> PartRecord
    {
        let invalid = AWSError.s3(
            "InvalidPart", 400,
            "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
            ["ETag": name.etag, "PartNumber": String(name.number), "UploadId": upload.upload])
        guard let part = uploaded[name.number], part.etag == name.etag else { throw invalid }
        if let algorithm = upload.checksumAlgorithm {
            if let other = name.checksums.keys.first(where: { $0 != algorithm }) {
                throw AWSError.s3(
                    "BadDigest", 400,
                    "The \(other.name.lowercased()) you specified for part \(name.number) did not match what we received."
                )
            }
            if let given = name.checksums[algorithm] {
                if given != part.checksum { throw invalid }
            } else if upload.checksumType == .composite {
                throw AWSError.invalidRequest(
                    "The upload was created using a \(algorithm.name.lowercased()) checksum. The complete request must include the checksum for each part. It was missing for part \(name.number) in the request."
                )
            }
        } else if let given = name.checksums[.crc64nvme] {
            if given != part.checksum { throw invalid }
        } else if !name.checksums.isEmpty {
            throw invalid
        }
        return part
    }

    private static func checksum(_ parts: [PartRecord], _ upload: UploadRecord) -> StoredChecksum? {
        let algorithm = upload.checksumAlgorithm ?? .crc64nvme
        let type = upload.checksumType ?? .fullObject
        let values = parts.map { part in part.checksum.flatMap { Data(base64Encoded: $0) }.map(Array.init) ?? [] }
        guard type == .fullObject, let kind = algorithm.crc else {
            let checksum = Array(values.joined()).withUnsafeBytes { ChecksumHasher.checksum(algorithm, $0) }
            return StoredChecksum(
                algorithm: algorithm, type: .composite, text: checksum.base64 + "-\(parts.count)")
        }
        let whole = CRC.combined(kind, zip(parts, values).lazy.map { (check: $1, length: Int($0.size)) })
        return StoredChecksum(algorithm: algorithm, type: .fullObject, text: whole.base64)
    }

    /// The checksum of the whole, if the request claims one.
    private func checkWhole(_ input: WireValue, _ upload: UploadRecord) throws {
        for algorithm in ChecksumAlgorithm.allCases {
            guard let claimed = input[algorithm.member]?.stringValue else { continue }
            let own = upload.checksumAlgorithm ?? .crc64nvme
            guard algorithm == own,
                claimed == checksum?.text || claimed == checksum?.text.split(separator: "-").first.map(String.init)
            else {
                throw AWSError.s3(
                    "BadDigest", 400,
                    "The \(own.name.lowercased()) you specified did not match the calculated checksum.")
            }
        }
    }
}
