import Crypto
import NIOHTTP1
import ServiceKit
import ServiceModel
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
        if request.manner == .s3, isChunked(request), decodedLength(request) == nil { throw Self.lengthMissing }
        if let stream = request.stream { return decodeStream(stream, &request, route) }
        switch payloadMode(request) {
        case .hashed, .unsigned: return
        case .declared(let hash):
            // Of a signed request the verifier has compared it.
            guard request.manner == .s3, request.seed == nil else { return }
            let computed = Hexadecimal.encode(SHA256.hash(data: request.body))
            if computed != hash { throw SignatureError.contentHash(client: hash, computed: computed).error(.s3) }
        case .unknown:
            guard request.seed != nil else { return }
            throw AWSError(
                "InvalidArgument", status: 400,
                message: "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, "
                    + "STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value."
            )
        case .chunked(_, let form):
            let limit = payloadLimit(request)
            let payload = chunkedPayload(request, form, limit: limit)
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

    private func chunkedPayload(
        _ request: ChainRequest, _ form: AWSChunkedDecoder.Form, limit: Int
    ) -> ChunkedPayload {
        let headers = request.head.headers
        return ChunkedPayload(
            decodedLength: decodedLength(request),
            announced: headers["x-amz-trailer"].flatMap { $0.split(separator: ",") }.map {
                $0.split(separator: " ").joined().lowercased()
            }, form: form, seed: request.seed, limit: limit)
    }

    private func decodedLength(_ request: ChainRequest) -> Int? {
        request.head.headers.first(name: "x-amz-decoded-content-length").flatMap(Int.init)
    }

    /// The same of a body that is read while it arrives: what is wrong with it its reader will hear.
    private func decodeStream(_ stream: BodyStream, _ request: inout ChainRequest, _ route: Route) {
        let reader: PayloadReader
        var length: Int?
        if case .length(let count) = request.head.framing { length = count }
        switch payloadMode(request) {
        case .chunked(_, let form):
            length = decodedLength(request)
            reader = PayloadReader(chunkedPayload(request, form, limit: Self.objectLimit))
            forgetFraming(&request.head.headers, length: length ?? 0, trailers: [])
        case .declared(let hash): reader = PayloadReader(length: length, declared: hash, limit: Self.objectLimit)
        case .hashed, .unsigned, .unknown:
            reader = PayloadReader(length: length, declared: nil, limit: Self.objectLimit)
        }
        let manner = request.manner
        request.payload = PayloadSource(stream, reader, length: length) {
            Self.awsError($0, route, limit: Self.objectLimit, manner: manner)
        }
    }

    /// What one request may bring into S3: 5 GiB.
    static let objectLimit = 5 << 30

    /// How much of a body is read while the request is answered; nil: it is an ordinary request, whose body is read first.
    /// - Throws: ``AWSError`` if such a body does not say how long it is.
    func streamLimit(_ request: ChainRequest) throws -> Int? {
        guard let route = request.route, Self.takesStream(route) else { return nil }
        switch request.head.framing {
        case .none: return nil
        // Small ones come with their heads.
        case .length(let length) where length <= 64 * 1024: return nil
        case .length: break
        case .chunked:
            guard isChunked(request) else { throw Self.lengthMissing }
        }
        return isChunked(request) ? Self.objectLimit + Self.objectLimit / 64 : Self.objectLimit
    }

    /// Whether its bodies are read while it is answered: S3's uploads.
    static func takesStream(_ route: Route) -> Bool {
        route.wire.kind == .restXML && route.operation.input?.shape.payload?.isStreaming == true
    }

    private static let lengthMissing = AWSError(
        "MissingContentLength", status: 411, message: "You must provide the Content-Length HTTP header.")

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
