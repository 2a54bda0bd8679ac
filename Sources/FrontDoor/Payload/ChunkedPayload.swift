import Crypto
import ServiceModel

/// A whole `aws-chunked` body: its framing taken off, chunk signatures, trailers and checksums verified.
struct ChunkedPayload: Sendable {
    /// The announced length, `x-amz-decoded-content-length`.
    var decodedLength: Int?
    /// The trailers announced by `x-amz-trailer`, in lower case.
    var announced: [String]
    var form: AWSChunkedDecoder.Form
    /// What chunk signatures continue; nil if they are not verified.
    var seed: SignatureVerifier.Seed?
    /// How large the payload may be.
    var limit: Int

    private static let emptyHash = Hexadecimal.encode(SHA256.hash(data: [UInt8]()))

    /// - Returns: the payload, and its trailers by lower-case name, without the signature.
    func decode(_ body: [UInt8]) throws(PayloadError) -> (payload: [UInt8], trailers: [(name: String, value: String)]) {
        if let decodedLength, decodedLength > limit { throw .tooLarge }
        var decoder = AWSChunkedDecoder(form: form)
        var payload: [UInt8] = []
        payload.reserveCapacity(min(decodedLength ?? 0, body.count))
        var trailers: [(name: String, value: String)] = []
        var trailerSignature: String?
        var previous = seed?.signature ?? ""
        var chunk = (start: 0, signature: String?.none)
        var failure: PayloadError?
        body.withUnsafeBytes { bytes in
            do throws(PayloadError) {
                try decoder.feed(bytes) { (event: AWSChunkedDecoder.Event) throws(PayloadError) in
                    switch event {
                    case .chunk(_, let signature): chunk = (payload.count, signature)
                    case .data(let range): payload.append(contentsOf: bytes[range])
                    case .chunkEnd:
                        guard form.signed, let seed else { return }
                        let hash = payload.withUnsafeBytes {
                            Hexadecimal.encode(SHA256.hash(data: UnsafeRawBufferPointer(rebasing: $0[chunk.start...])))
                        }
                        previous = try Self.verify(
                            chunk.signature, "AWS4-HMAC-SHA256-PAYLOAD", previous, Self.emptyHash + "\n" + hash, seed)
                    case .trailer(let name, let value):
                        if name == "x-amz-trailer-signature" {
                            trailerSignature = value
                        } else {
                            trailers.append((name, value))
                        }
                    case .end: break
                    }
                }
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        guard decoder.isComplete, decodedLength == nil || decodedLength == payload.count else { throw .incomplete }
        if form.signed, form.trailers, let seed {
            let text = trailers.map { "\($0.name):\($0.value)\n" }.joined()
            let hash = Hexadecimal.encode(SHA256.hash(data: Array(text.utf8)))
            _ = try Self.verify(trailerSignature, "AWS4-HMAC-SHA256-TRAILER", previous, hash, seed)
        }
        try check(trailers, payload)
        return (payload, trailers)
    }

    private static func verify(
        _ provided: String?, _ algorithm: String, _ previous: String, _ hashes: String, _ seed: SignatureVerifier.Seed
    ) throws(PayloadError) -> String {
        let toSign = "\(algorithm)\n\(seed.date)\n\(seed.scope.text)\n\(previous)\n\(hashes)"
        let expected = SignatureVerifier.signature(of: toSign, key: seed.key)
        guard let provided, ConstantTime.equals(provided, expected) else { throw .chunkSignature }
        return expected
    }

    private func check(_ trailers: [(name: String, value: String)], _ payload: [UInt8]) throws(PayloadError) {
        if form.trailers, Set(announced) != Set(trailers.map(\.name)) { throw .trailer }
        for trailer in trailers {
            guard let algorithm = ChecksumAlgorithm(headerName: trailer.name) else { continue }
            try algorithm.verify(payload, against: trailer.value)
        }
    }
}
