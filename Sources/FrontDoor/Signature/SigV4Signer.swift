import Crypto
import NIOHTTP1
public import ServiceKit
import ServiceModel

/// Signs requests that this program makes itself, with Signature Version 4 in the `Authorization` header.
public struct SigV4Signer: Sendable {
    private let key: AccessKey
    private let region: String
    private let service: String

    /// Signs with `key` for a region and a service's signing name.
    public init(key: AccessKey, region: String, service: String) {
        self.key = key
        self.region = region
        self.service = service
    }

    /// The headers with those of the signature: `headers` are all that the request will have, `Host` among them, and each is signed.
    /// `uri` is path and query, percent-encoded; `seconds` the time of the request, since the epoch.
    public func sign(
        method: String, uri: String, headers: [(String, String)], body: [UInt8], seconds: Int64
    ) -> [(String, String)] {
        let time = CivilTime.basic(seconds: seconds)
        var headers = headers
        headers.append(("X-Amz-Date", time))
        if let token = key.sessionToken { headers.append(("X-Amz-Security-Token", token)) }
        let parts = uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let fields = HTTPHeaders(headers)
        let head = RequestHead(
            method: method, path: String(parts[0]), query: parts.count > 1 ? String(parts[1]) : "", headers: fields,
            authority: fields.first(name: "host") ?? "", keepAlive: false, isHTTP10: false, expectsContinue: false,
            framing: .length(body.count))
        let names = Set(headers.map { $0.0.lowercased() }).sorted()
        let scope = CredentialScope(
            date: String(time.prefix(8)), region: region, service: service, terminator: CredentialScope.terminator)
        let canonical = CanonicalRequest(
            head, signedHeaders: names, payloadHash: Hexadecimal.encode(SHA256.hash(data: body)), presigned: false,
            isS3: service == "s3",
            reading: .asSent)
        let toSign = "\(AuthorizationHeader.algorithm)\n\(time)\n\(scope.text)\n\(canonical.hash)"
        let signature = SignatureVerifier.signature(
            of: toSign, key: SigningKeyCache.derive(secret: key.secret, scope: scope))
        headers.append(
            (
                "Authorization",
                "\(AuthorizationHeader.algorithm) Credential=\(key.id)/\(scope.text), SignedHeaders=\(names.joined(separator: ";")), Signature=\(signature)"
            ))
        return headers
    }
}
