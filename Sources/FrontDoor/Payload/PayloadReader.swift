import Crypto
import Foundation
import ServiceKit
import ServiceModel

/// Reads a payload out of a body, piece by piece, and verifies what was said of it: framing, length, chunk signatures, trailers and
/// checksums, or the hash of a body that came plainly. In memory bounded by the pieces.
struct PayloadReader: Sendable {
    private static let emptyHash = Hexadecimal.encode(SHA256.hash(data: [UInt8]()))

    /// nil: the body is the payload.
    private let chunked: ChunkedPayload?
    private var decoder: AWSChunkedDecoder?
    /// The signature that the next one continues.
    private var previous: String
    private var chunkSignature: String?
    private var chunkHash = SHA256()

    /// Of a plain body: its hash, in hexadecimal, that the client has signed.
    private let declared: String?
    private var hash = SHA256()
    private let length: Int?
    private let limit: Int

    private var checksums: ChecksumHasher
    private var count = 0
    private var trailerSignature: String?
    /// By lower-case name, without the signature; complete when ``end()`` has returned.
    private(set) var trailers: [(name: String, value: String)] = []

    init(_ payload: ChunkedPayload) {
        chunked = payload
        decoder = AWSChunkedDecoder(form: payload.form)
        previous = payload.seed?.signature ?? ""
        declared = nil
        length = payload.decodedLength
        limit = payload.limit
        checksums = ChecksumHasher(Set(payload.announced.compactMap(ChecksumAlgorithm.init(header:))))
    }

    /// Of a plain body. `declared` is the SHA-256 of the whole, in lower-case hexadecimal, to be verified; nil: nothing was said.
    init(length: Int?, declared: String?, limit: Int) {
        chunked = nil
        previous = ""
        self.declared = declared
        self.length = length
        self.limit = limit
        checksums = ChecksumHasher([])
    }

    /// The next piece of the body.
    /// - Returns: what it holds of the payload.
    mutating func take(_ bytes: [UInt8]) throws(PayloadError) -> [UInt8] {
        guard let chunked, decoder != nil else {
            try counts(bytes.count)
            if declared != nil { hash.update(data: bytes) }
            return bytes
        }
        var payload: [UInt8] = []
        payload.reserveCapacity(bytes.count)
        var events: [AWSChunkedDecoder.Event] = []
        var failure: PayloadError?
        bytes.withUnsafeBytes { input in
            do throws(PayloadError) {
                try decoder?.feed(input) { (event: AWSChunkedDecoder.Event) throws(PayloadError) in events.append(event)
                }
                for event in events { try take(event, input, chunked, &payload) }
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return payload
    }

    /// The body has ended.
    mutating func end() throws(PayloadError) {
        guard length == nil || length == count else { throw .incomplete }
        guard let chunked else {
            guard let declared else { return }
            let computed = Hexadecimal.encode(hash.finalize())
            if computed != declared { throw .contentHash(client: declared, computed: computed) }
            return
        }
        guard decoder?.isComplete == true else { throw .incomplete }
        if chunked.form.signed, chunked.form.trailers, let seed = chunked.seed {
            let text = trailers.map { "\($0.name):\($0.value)\n" }.joined()
            let hash = Hexadecimal.encode(SHA256.hash(data: Array(text.utf8)))
            _ = try verify(trailerSignature, "AWS4-HMAC-SHA256-TRAILER", hash, seed)
        }
        if chunked.form.trailers, Set(chunked.announced) != Set(trailers.map(\.name)) { throw .trailer }
        let computed = checksums.finish()
        for trailer in trailers {
            guard let algorithm = ChecksumAlgorithm(header: trailer.name), let checksum = computed[algorithm] else {
                continue
            }
            guard let expected = Data(base64Encoded: trailer.value), expected.count == algorithm.length else {
                throw .invalidChecksum(algorithm.header)
            }
            if checksum != Array(expected) { throw .checksumMismatch(algorithm.name) }
        }
    }

    private mutating func take(
        _ event: AWSChunkedDecoder.Event, _ input: UnsafeRawBufferPointer, _ chunked: ChunkedPayload,
        _ payload: inout [UInt8]
    ) throws(PayloadError) {
        switch event {
        case .chunk(_, let signature): chunkSignature = signature
        case .data(let range):
            let bytes = UnsafeRawBufferPointer(rebasing: input[range])
            try counts(bytes.count)
            payload.append(contentsOf: bytes)
            if chunked.form.signed, chunked.seed != nil { chunkHash.update(bufferPointer: bytes) }
            checksums.update(bytes)
        case .chunkEnd:
            guard chunked.form.signed, let seed = chunked.seed else { return }
            let hash = Hexadecimal.encode(chunkHash.finalize())
            chunkHash = SHA256()
            previous = try verify(
                chunkSignature, "AWS4-HMAC-SHA256-PAYLOAD", Self.emptyHash + "\n" + hash, seed)
        case .trailer(let name, let value):
            if name == "x-amz-trailer-signature" {
                trailerSignature = value
            } else {
                trailers.append((name, value))
            }
        case .end: break
        }
    }

    private mutating func counts(_ bytes: Int) throws(PayloadError) {
        count += bytes
        if count > limit { throw .tooLarge }
        if let length, count > length { throw .incomplete }
    }

    private func verify(
        _ provided: String?, _ algorithm: String, _ hashes: String, _ seed: SignatureVerifier.Seed
    ) throws(PayloadError) -> String {
        let toSign = "\(algorithm)\n\(seed.date)\n\(seed.scope.text)\n\(previous)\n\(hashes)"
        let expected = SignatureVerifier.signature(of: toSign, key: seed.key)
        guard let provided, ConstantTime.equals(provided, expected) else { throw .chunkSignature }
        return expected
    }
}
