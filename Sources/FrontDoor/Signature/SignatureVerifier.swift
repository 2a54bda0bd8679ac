import Crypto
import NIOHTTP1
import ServiceKit
import ServiceModel

/// Verifies Signature Version 4 as AWS documents it ("AWS Signature Version 4 for API requests", IAM User Guide; "Authenticating
/// Requests", S3 API Reference).
struct SignatureVerifier: Sendable {
    /// How far a request's time may be from ours.
    static let tolerance: Int64 = 15 * 60

    /// What a good signature leaves behind for the chunks of the body.
    struct Seed: Sendable {
        var key: SymmetricKey
        var signature: String
        var date: String
        var scope: CredentialScope
    }

    /// What the request shall have been signed for.
    struct Expectation: Sendable {
        /// The service's signing name.
        var service: String
        /// The region in the host name; nil if it names none.
        var region: String?
        var isS3: Bool { service == "s3" }
    }

    private let keys: SigningKeyCache

    init(keys: SigningKeyCache) { self.keys = keys }

    /// Whether `parameters` are a good signature of the request. `body` is as it came, framing included; nil: it still arrives, and whoever
    /// reads it compares it with the hash that was declared. `now` is real time, in seconds since the epoch.
    func verify(
        _ head: RequestHead, _ parameters: SignatureParameters, body: [UInt8]?, secret: String, expecting: Expectation,
        now: Int64
    ) throws(SignatureError) -> Seed {
        try Self.checkTime(parameters, isS3: expecting.isS3, now: now)
        try checkScope(parameters, expecting)
        try checkSignedHeaders(head, parameters, isS3: expecting.isS3)

        let mode = payloadMode(head, parameters)
        let payloadHash = try payloadHash(mode, parameters, body: body, isS3: expecting.isS3)
        let key = keys.key(secret: secret, scope: parameters.scope)
        var first: (canonical: String, toSign: String)?
        for reading in CanonicalRequest.Reading.allCases {
            let canonical = CanonicalRequest(
                head, signedHeaders: parameters.signedHeaders, payloadHash: payloadHash,
                presigned: parameters.isPresigned, isS3: expecting.isS3, reading: reading)
            let toSign = Self.stringToSign(canonical, parameters)
            if ConstantTime.equals(Self.signature(of: toSign, key: key), parameters.signature) {
                return Seed(key: key, signature: parameters.signature, date: parameters.date, scope: parameters.scope)
            }
            first = first ?? (canonical.text, toSign)
        }
        throw .mismatch(
            accessKeyID: parameters.accessKeyID, stringToSign: first?.toSign ?? "", provided: parameters.signature,
            canonicalRequest: first?.canonical ?? "")
    }

    static func stringToSign(_ canonical: CanonicalRequest, _ parameters: SignatureParameters) -> String {
        "\(AuthorizationHeader.algorithm)\n\(parameters.date)\n\(parameters.scope.text)\n\(canonical.hash)"
    }

    static func signature(of text: String, key: SymmetricKey) -> String {
        Hexadecimal.encode(HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: key))
    }

    /// The mode of a body, also of a presigned request, which may carry the header in its query.
    func payloadMode(_ head: RequestHead, _ parameters: SignatureParameters) -> PayloadMode {
        if let header = head.headers.first(name: "x-amz-content-sha256") { return PayloadMode(header) }
        return PayloadMode(parameters.isPresigned ? QueryPairs(head.query).first("X-Amz-Content-Sha256") : nil)
    }

    private func payloadHash(
        _ mode: PayloadMode, _ parameters: SignatureParameters, body: [UInt8]?, isS3: Bool
    ) throws(SignatureError) -> String {
        switch mode {
        case .unsigned: return PayloadMode.unsignedLiteral
        case .chunked(let literal, _): return literal
        case .unknown(let literal): return literal
        case .hashed where isS3 && parameters.isPresigned: return PayloadMode.unsignedLiteral
        case .hashed:
            guard let body else { throw .contentHashMissing }
            return Hexadecimal.encode(SHA256.hash(data: body))
        case .declared(let declared):
            guard let body else { return declared }
            let computed = Hexadecimal.encode(SHA256.hash(data: body))
            if declared != computed { throw .contentHash(client: declared, computed: computed) }
            return declared
        }
    }

    /// Whether it was signed at a time that is good `now`.
    static func checkTime(_ parameters: SignatureParameters, isS3: Bool, now: Int64) throws(SignatureError) {
        let signed = parameters.seconds
        if let expires = parameters.expires {
            if signed - tolerance > now {
                if isS3 { throw .presignedNotYetValid }
                throw .notYetCurrent(signed: signed, latest: now + tolerance, now: now)
            }
            if signed + expires < now { throw .presignedExpired(expires: signed + expires, now: now, seconds: expires) }
        } else if signed < now - tolerance {
            throw .expired(signed: signed, earliest: now - tolerance, now: now)
        } else if signed > now + tolerance {
            throw .notYetCurrent(signed: signed, latest: now + tolerance, now: now)
        }
        let day = String(parameters.date.prefix(8))
        if parameters.scope.date != day {
            throw .scopeDate(given: parameters.scope.date, expected: day, full: parameters.date)
        }
    }

    private func checkScope(_ parameters: SignatureParameters, _ expecting: Expectation) throws(SignatureError) {
        let scope = parameters.scope
        if scope.terminator != CredentialScope.terminator { throw .scopeTerminator(scope.terminator) }
        if scope.service != expecting.service {
            throw .scopeService(given: scope.service, expected: expecting.service)
        }
        if let region = expecting.region, scope.region != region {
            throw .scopeRegion(given: scope.region, expected: region)
        }
    }

    private func checkSignedHeaders(
        _ head: RequestHead, _ parameters: SignatureParameters, isS3: Bool
    ) throws(SignatureError) {
        guard parameters.signedHeaders.contains("host") else { throw .hostNotSigned }
        guard isS3 else { return }
        let signed = Set(parameters.signedHeaders)
        var unsigned: [String] = []
        for header in head.headers {
            let name = header.name.lowercased()
            if name.hasPrefix("x-amz-"), !signed.contains(name), !unsigned.contains(name) {
                // A presigned URL may be used with the hash of its body, which it does not cover.
                if parameters.isPresigned, name == "x-amz-content-sha256" { continue }
                unsigned.append(name)
            }
        }
        if !unsigned.isEmpty { throw .headersNotSigned(unsigned) }
    }
}
