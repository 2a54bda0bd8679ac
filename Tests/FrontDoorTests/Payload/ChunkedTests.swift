import ServiceKit
import TestSupport
import Testing

@testable import FrontDoor

@Suite("aws-chunked payloads")
struct ChunkedTests {
    /// The example of the S3 API reference, "Signature calculations for the authorization header: transferring payload in multiple
    /// chunks": 66560 bytes of `a`, with a key of its documentation.
    private func documented() -> (payload: ChunkedPayload, body: [UInt8]) {
        let scope = CredentialScope(date: "20130524", region: "us-east-1", service: "s3", terminator: "aws4_request")
        let seed = SignatureVerifier.Seed(
            key: SigningKeyCache.derive(secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", scope: scope),
            signature: "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9", date: "20130524T000000Z",
            scope: scope)
        func chunk(_ size: Int, _ signature: String) -> [UInt8] {
            Array("\(String(size, radix: 16));chunk-signature=\(signature)\r\n".utf8)
                + [UInt8](repeating: 0x61, count: size)
                + Array("\r\n".utf8)
        }
        let body =
            chunk(65536, "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648")
            + chunk(1024, "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497")
            + chunk(0, "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9")
        let payload = ChunkedPayload(
            decodedLength: 66560, announced: [], form: .init(signed: true, trailers: false), seed: seed,
            limit: 1_000_000)
        return (payload, body)
    }

    @Test("AWS's documented example")
    func example() throws {
        let (payload, body) = documented()
        #expect(try payload.decode(body).payload == [UInt8](repeating: 0x61, count: 66560))
    }

    @Test("a changed byte breaks a chunk's signature")
    func tampered() throws {
        let (payload, body) = documented()
        for index in [200, 66_000, body.count - 10] {
            var body = body
            body[index] = body[index] == 0x62 ? 0x63 : 0x62
            #expect(throws: PayloadError.chunkSignature) { try payload.decode(body) }
        }
        #expect(throws: PayloadError.incomplete) { try payload.decode(Array(body.dropLast(90))) }
    }

    private func unsigned(_ announced: [String], limit: Int = 1000, length: Int? = nil) -> ChunkedPayload {
        ChunkedPayload(
            decodedLength: length, announced: announced, form: .init(signed: false, trailers: true), seed: nil,
            limit: limit)
    }

    @Test(
        "checksum trailers are verified",
        arguments: [
            ("crc32", "DUoRhQ=="), ("crc32c", "yZRlqg=="), ("crc64nvme", "jSnVw/bqjr4="),
            ("sha1", "Kq5sNclPz7QV2+lfQIuc6R7oRu0="),
            ("sha256", "uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek="),
        ])
    func trailers(_ name: String, _ value: String) throws {
        let body = Array("b\r\nhello world\r\n0\r\nx-amz-checksum-\(name):\(value)\r\n\r\n".utf8)
        let payload = unsigned(["x-amz-checksum-\(name)"], length: 11)
        #expect(try payload.decode(body).payload == Array("hello world".utf8))
        var wrong = body
        wrong[5] = UInt8(ascii: "L")
        #expect(throws: PayloadError.checksumMismatch(name.uppercased())) { try payload.decode(wrong) }
        #expect(throws: PayloadError.trailer) { try unsigned([]).decode(body) }
        #expect(throws: PayloadError.incomplete) { try unsigned(["x-amz-checksum-\(name)"], length: 12).decode(body) }
    }

    @Test("signed trailers")
    func signedTrailers() throws {
        // "Signature calculations … including trailing headers": the same payload with a CRC32C trailer.
        let scope = CredentialScope(date: "20130524", region: "us-east-1", service: "s3", terminator: "aws4_request")
        let seed = SignatureVerifier.Seed(
            key: SigningKeyCache.derive(secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", scope: scope),
            signature: "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e", date: "20130524T000000Z",
            scope: scope)
        func chunk(_ size: Int, _ signature: String) -> [UInt8] {
            Array("\(String(size, radix: 16));chunk-signature=\(signature)\r\n".utf8)
                + [UInt8](repeating: 0x61, count: size)
                + Array((size == 0 ? "" : "\r\n").utf8)
        }
        let body =
            chunk(65536, "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2")
            + chunk(1024, "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7")
            + chunk(0, "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992")
            + Array(
                ("x-amz-checksum-crc32c:sOO8/Q==\r\n"
                    + "x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n")
                    .utf8)
        let payload = ChunkedPayload(
            decodedLength: 66560, announced: ["x-amz-checksum-crc32c"], form: .init(signed: true, trailers: true),
            seed: seed,
            limit: 1_000_000)
        #expect(try payload.decode(body).payload.count == 66560)
        var wrong = body
        wrong[wrong.count - 10] = UInt8(ascii: "x")
        #expect(throws: PayloadError.chunkSignature) { try payload.decode(wrong) }
    }

    @Test(
        "broken framing is refused",
        arguments: [
            "", "5\r\nhello", "5\r\nhello\r\n", "x\r\n", "\r\n", "-1\r\n", "5hello\r\n", "5\nhello\r\n0\r\n\r\n",
            "5\r\nhelloX\r\n0\r\n\r\n",
            "ffffffffffffffff\r\n", "5\r\nhello\r\n0\r\n:x\r\n\r\n", "5\r\nhello\r\n0\r\nnocolon\r\n\r\n",
            "0\r\n\r\nmore",
        ])
    func broken(_ text: String) {
        #expect(throws: PayloadError.self) { try unsigned([]).decode(Array(text.utf8)) }
    }

    @Test("the payload's limit counts")
    func limit() {
        #expect(throws: PayloadError.tooLarge) {
            try unsigned([], limit: 4, length: 5).decode(Array("5\r\nhello\r\n0\r\n\r\n".utf8))
        }
    }

    @Test("pieces of any size give the same")
    func pieces() throws {
        let (payload, body) = documented()
        var random = SeededGenerator(seed: 3)
        var decoder = AWSChunkedDecoder(form: payload.form)
        var out: [UInt8] = []
        var rest = body[...]
        while !rest.isEmpty {
            let piece = Array(rest.prefix(Int.random(in: 1...700, using: &random)))
            rest = rest.dropFirst(piece.count)
            try piece.withUnsafeBytes { bytes in
                try decoder.feed(bytes) { (event: AWSChunkedDecoder.Event) throws(PayloadError) in
                    if case .data(let range) = event { out.append(contentsOf: bytes[range]) }
                }
            }
        }
        #expect(decoder.isComplete)
        #expect(out.count == 66560)
    }

    @Test("a payload is verified in pieces as it is whole", arguments: [1, 7, 1000, 65_000])
    func verifiedInPieces(size: Int) throws {
        let (payload, body) = documented()
        var reader = PayloadReader(payload)
        var out: [UInt8] = []
        for start in stride(from: 0, to: body.count, by: size) {
            out += try reader.take(Array(body[start..<min(start + size, body.count)]))
        }
        try reader.end()
        #expect(out == [UInt8](repeating: 0x61, count: 66560))
        var tampered = PayloadReader(payload)
        #expect(throws: PayloadError.chunkSignature) {
            for start in stride(from: 0, to: body.count, by: size) {
                var piece = Array(body[start..<min(start + size, body.count)])
                if start <= 200, 200 < start + size { piece[200 - start] = 0x62 }
                _ = try tampered.take(piece)
            }
        }
    }

    @Test("a plain payload is held against its hash and its length")
    func plain() throws {
        let hash = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        var good = PayloadReader(length: 3, declared: hash, limit: 10)
        #expect(try good.take(Array("ab".utf8)) + good.take(Array("c".utf8)) == Array("abc".utf8))
        try good.end()
        var other = PayloadReader(length: 3, declared: hash, limit: 10)
        _ = try other.take(Array("abd".utf8))
        #expect(throws: PayloadError.self) { try other.end() }
        var short = PayloadReader(length: 3, declared: nil, limit: 10)
        _ = try short.take(Array("ab".utf8))
        #expect(throws: PayloadError.incomplete) { try short.end() }
        var long = PayloadReader(length: nil, declared: nil, limit: 2)
        #expect(throws: PayloadError.tooLarge) { try long.take(Array("abc".utf8)) }
    }

    @Test("mutated bodies never crash, and never grow")
    func fuzz() {
        var random = SeededGenerator(seed: 5)
        let seed = Array("b\r\nhello world\r\n0\r\nx-amz-checksum-crc32:DUoRhQ==\r\n\r\n".utf8)
        for _ in 0..<5000 {
            var body = seed
            for _ in 0..<Int.random(in: 1...5, using: &random) {
                let index = Int.random(in: body.indices, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: body[index] = UInt8.random(in: 0...255, using: &random)
                case 1: body.insert(UInt8.random(in: 0...255, using: &random), at: index)
                default: if body.count > 1 { body.remove(at: index) }
                }
            }
            if let decoded = try? unsigned(["x-amz-checksum-crc32"], limit: 1000).decode(body) {
                #expect(decoded.payload.count <= body.count)
            }
        }
    }
}
