import NIOHTTP1
import ServiceKit
import WireProtocols

extension Chain {
    func isChunked(_ request: ChainRequest) -> Bool {
        if case .chunked = payloadMode(request) { true } else { false }
    }

    private func payloadMode(_ request: ChainRequest) -> PayloadMode {
        PayloadMode(request.head.headers.first(name: "x-amz-content-sha256"))
    }

    /// Takes `aws-chunked` framing off. Signatures of chunks are verified if that of the head was.
    func decodePayload(_ request: inout ChainRequest, _ route: Route) throws {
        switch payloadMode(request) {
        case .hashed, .declared, .unsigned: return
        case .unknown:
            guard request.seed != nil else { return }
            throw AWSError(
                "InvalidArgument", status: 400,
                message: "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, "
                    + "STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value."
            )
        case .chunked(_, let form):
            let headers = request.head.headers
            let limit = payloadLimit(request)
            let payload = ChunkedPayload(
                decodedLength: headers.first(name: "x-amz-decoded-content-length").flatMap(Int.init),
                announced: headers["x-amz-trailer"].flatMap { $0.split(separator: ",") }.map {
                    $0.split(separator: " ").joined().lowercased()
                }, form: form, seed: request.seed, limit: limit)
            do throws(PayloadError) {
                let (bytes, trailers) = try payload.decode(request.body)
                if bytes.count > limit { throw .tooLarge }
                request.body = bytes
                forgetFraming(&request.head.headers, length: bytes.count, trailers: trailers)
            } catch {
                throw Self.awsError(error, route, limit: limit, manner: request.manner)
            }
        }
    }

    /// What the services see is the payload, as if it had come whole, its trailers among the headers.
    private func forgetFraming(_ headers: inout HTTPHeaders, length: Int, trailers: [(name: String, value: String)]) {
        let encodings = headers[canonicalForm: "content-encoding"].filter { $0.lowercased() != "aws-chunked" }
        headers.remove(name: "content-encoding")
        if !encodings.isEmpty { headers.add(name: "Content-Encoding", value: encodings.joined(separator: ",")) }
        headers.replaceOrAdd(name: "Content-Length", value: String(length))
        for trailer in trailers where !headers.contains(name: trailer.name) {
            headers.add(name: trailer.name, value: trailer.value)
        }
    }

    private static func awsError(_ error: PayloadError, _ route: Route, limit: Int, manner: ErrorManner) -> AWSError {
        switch error {
        case .malformedChunks, .incomplete:
            AWSError(
                "IncompleteBody", status: 400,
                message: "You did not provide the number of bytes specified by the Content-Length HTTP header")
        case .chunkSignature:
            SignatureError.mismatch(accessKeyID: "", stringToSign: "", provided: "", canonicalRequest: "").error(manner)
        case .contentHash(let client, let computed):
            SignatureError.contentHash(client: client, computed: computed).error(manner)
        case .invalidChecksum(let name):
            AWSError("InvalidRequest", status: 400, message: "Value for \(name) trailing header is invalid.")
        case .checksumMismatch(let name):
            AWSError(
                "BadDigest", status: 400, message: "The \(name) you specified did not match the calculated checksum.")
        case .trailer:
            AWSError(
                "MalformedTrailerError", status: 400,
                message:
                    "The request contained trailing data that was not well-formed or did not conform to our published schema."
            )
        case .tooLarge: tooLarge(route, limit: limit)
        }
    }
}
