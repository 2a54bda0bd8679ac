import Crypto
import Foundation
import ServiceKit
import ServiceModel

/// What a request says about the checksum of its body.
struct ChecksumRequest: Sendable {
    /// A checksum that the body must have.
    var given: (algorithm: ChecksumAlgorithm, value: [UInt8])?
    /// What the SDK says it will send, with the body or after it.
    var declared: ChecksumAlgorithm?
    /// What the upload that the body is a part of has; nil: none in particular.
    var required: ChecksumAlgorithm?
    /// Of `Content-MD5`.
    var md5: [UInt8]?

    init(_ input: WireValue) throws {
        given = try Self.given(input)
        if let name = input["ChecksumAlgorithm"]?.stringValue {
            guard let algorithm = ChecksumAlgorithm(name: name) else { throw Self.unsupported }
            declared = algorithm
        }
        md5 = try input["ContentMD5"]?.stringValue.map(Self.md5)
    }

    init() {}

    static let unsupported = AWSError.invalidRequest(
        "Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]"
    )

    /// The one checksum among the members of a request.
    static func given(_ input: WireValue) throws -> (algorithm: ChecksumAlgorithm, value: [UInt8])? {
        var found: (algorithm: ChecksumAlgorithm, value: [UInt8])?
        for algorithm in ChecksumAlgorithm.allCases {
            guard let text = input[algorithm.member]?.stringValue else { continue }
            if found != nil {
                throw AWSError.invalidRequest(
                    "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.")
            }
            guard let bytes = Data(base64Encoded: text), bytes.count == algorithm.length else {
                throw AWSError.invalidRequest("Value for \(algorithm.header) header is invalid.")
            }
            found = (algorithm, Array(bytes))
        }
        for name in ChecksumAlgorithm.unsupported where input["Checksum" + name] != nil {
            throw AWSError.notImplemented(service: "s3", operation: "PutObject", parameter: "Checksum" + name)
        }
        return found
    }

    private static func md5(_ text: String) throws -> [UInt8] {
        guard let bytes = Data(base64Encoded: text), bytes.count == 16 else {
            throw AWSError.s3(
                "InvalidDigest", 400, "The Content-MD5 you specified was invalid.", ["Content-MD5": text])
        }
        return Array(bytes)
    }

    /// What to compute while a body comes.
    var algorithms: Set<ChecksumAlgorithm> {
        Set([required ?? given?.algorithm ?? declared ?? .crc64nvme] + (given.map { [$0.algorithm] } ?? []))
    }

    /// What to compute of a body that is there, with what came after it.
    func algorithms(_ trailers: [(name: String, value: String)]) -> Set<ChecksumAlgorithm> {
        let own = given?.algorithm ?? Self.trailer(trailers)?.algorithm
        return Set([required ?? own ?? .crc64nvme] + (own.map { [$0] } ?? []))
    }

    private static func trailer(_ trailers: [(name: String, value: String)]) -> (
        algorithm: ChecksumAlgorithm, value: [UInt8]
    )? {
        for algorithm in ChecksumAlgorithm.allCases {
            guard let trailer = trailers.first(where: { $0.name == algorithm.header }),
                let bytes = Data(base64Encoded: trailer.value)
            else { continue }
            return (algorithm, Array(bytes))
        }
        return nil
    }

    /// Checks what was received against what the request says.
    /// `isPart`: a part's refusal spells the digest otherwise.
    /// - Returns: the checksum to keep and to answer.
    func verify(_ body: ReceivedBody, isPart: Bool = false) throws -> (algorithm: ChecksumAlgorithm, value: [UInt8]) {
        if let md5, md5 != body.md5 {
            throw AWSError.s3(
                "BadDigest", 400, "The Content-MD5 you specified did not match what we received.",
                [
                    "ExpectedDigest": isPart ? Data(md5).base64EncodedString() : Hexadecimal.encode(md5),
                    "CalculatedDigest": Data(body.md5).base64EncodedString(),
                ])
        }
        let wanted = given ?? Self.trailer(body.trailers)
        if let wanted {
            // What came after the bytes was verified by whoever took the framing off.
            if let computed = body.checksums[wanted.algorithm], computed != wanted.value {
                throw AWSError.s3(
                    "BadDigest", 400,
                    "The \(wanted.algorithm.name) you specified did not match the calculated checksum.")
            }
            if required == nil || required == wanted.algorithm { return wanted }
        }
        let algorithm = required ?? (body.checksums[.crc64nvme] != nil ? .crc64nvme : declared ?? .crc64nvme)
        return (algorithm, body.checksums[algorithm] ?? [])
    }
}

extension [UInt8] {
    var base64: String { Data(self).base64EncodedString() }
}

/// Outputs and their parts that hold a checksum.
protocol ChecksumHolder {
    var checksumCRC32: String? { get set }
    var checksumCRC32C: String? { get set }
    var checksumCRC64NVME: String? { get set }
    var checksumSHA1: String? { get set }
    var checksumSHA256: String? { get set }
}

extension ChecksumHolder {
    mutating func setChecksum(_ algorithm: ChecksumAlgorithm?, _ text: String?) {
        switch algorithm {
        case .crc32?: checksumCRC32 = text
        case .crc32c?: checksumCRC32C = text
        case .crc64nvme?: checksumCRC64NVME = text
        case .sha1?: checksumSHA1 = text
        case .sha256?: checksumSHA256 = text
        case nil: break
        }
    }
}

extension PutObjectOutput: ChecksumHolder {}
extension UploadPartOutput: ChecksumHolder {}
extension CopyObjectResult: ChecksumHolder {}
extension CopyPartResult: ChecksumHolder {}
extension CompleteMultipartUploadOutput: ChecksumHolder {}
extension Part: ChecksumHolder {}
extension ObjectPart: ChecksumHolder {}
extension Checksum: ChecksumHolder {}
