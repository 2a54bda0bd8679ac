import Crypto
import Foundation
import NIOHTTP1
import ServiceKit
import ServiceModel
import WireProtocols

extension Chain {
    /// Compares the documents that S3 is sent with what the request says of their bytes. Objects are for the service to check, which
    /// reads them as they come.
    /// - Throws: `BadDigest`, `InvalidDigest`, `InvalidRequest`.
    func checkDigests(_ request: ChainRequest, _ route: Route) throws {
        guard route.wire.kind == .restXML, !Self.takesStream(route) else { return }
        let headers = request.head.headers
        var isDigested = false
        if let text = headers.first(name: "content-md5") {
            isDigested = true
            guard let expected = Data(base64Encoded: text), expected.count == 16 else {
                throw AWSError(
                    "InvalidDigest", status: 400, message: "The Content-MD5 you specified was invalid.",
                    fields: ["Content-MD5": .string(text)])
            }
            let computed = Data(Insecure.MD5.hash(data: request.body))
            guard computed == expected else {
                throw AWSError(
                    "BadDigest", status: 400, message: "The Content-MD5 you specified did not match what we received.",
                    fields: [
                        "ExpectedDigest": .string(text), "CalculatedDigest": .string(computed.base64EncodedString()),
                    ])
            }
        }
        // Where a request names checksums that a document in it has, or an upload, they are not those of its own bytes.
        guard route.operation.requiresChecksum else { return }
        for algorithm in ChecksumAlgorithm.allCases {
            guard let text = headers.first(name: algorithm.header) else { continue }
            isDigested = true
            guard let expected = Data(base64Encoded: text), expected.count == algorithm.length else {
                throw AWSError(
                    "InvalidRequest", status: 400, message: "Value for \(algorithm.header) header is invalid.")
            }
            let computed = request.body.withUnsafeBytes { ChecksumHasher.checksum(algorithm, $0) }
            guard computed == Array(expected) else {
                throw AWSError(
                    "BadDigest", status: 400,
                    message: "The \(algorithm.name) you specified did not match the calculated checksum.")
            }
        }
        guard isDigested || request.body.isEmpty else {
            throw AWSError(
                "InvalidRequest", status: 400,
                message: "Missing required header for this request: Content-MD5 OR x-amz-checksum-*")
        }
    }
}
