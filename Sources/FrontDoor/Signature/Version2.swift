import Crypto
import Foundation
import NIOHTTP1
import ServiceModel

/// A Signature Version 2 as S3 takes it: "Signing and authenticating REST requests", Amazon S3 User Guide.
struct Version2Signature: Sendable, Equatable {
    var accessKeyID: String
    /// In base 64.
    var signature: String
    /// When a presigned URL is over, in seconds since the epoch; nil: the signature is in the `Authorization` header.
    var expires: Int64?
    var sessionToken: String?

    /// Reads what follows `AWS ` in an `Authorization` header.
    static func parse(authorization rest: Substring, headers: HTTPHeaders) -> PresentedSignature {
        guard let colon = rest.firstIndex(of: ":"), colon > rest.startIndex else {
            return .malformed(.version2Header(String(rest.prefix(256))), accessKeyID: nil, scope: nil)
        }
        return .version2(
            Version2Signature(
                accessKeyID: String(rest[..<colon]), signature: String(rest[rest.index(after: colon)...]), expires: nil,
                sessionToken: headers.first(name: "x-amz-security-token")))
    }

    /// Reads the query of a presigned URL.
    /// - Returns: nil if it is none.
    static func parse(_ items: QueryPairs) -> PresentedSignature? {
        let id = items.first("AWSAccessKeyId")
        let signature = items.first("Signature")
        guard id != nil || signature != nil else { return nil }
        // The query protocol had a version 2 of its own.
        if items.first("SignatureVersion") != nil || items.first("Action") != nil {
            return id.map { .queryVersion2(accessKeyID: $0) }
        }
        guard let id, let signature, let text = items.first("Expires") else {
            return .malformed(
                .version2Query(
                    "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters"),
                accessKeyID: nil, scope: nil)
        }
        guard let expires = Int64(text), expires >= 0 else {
            return .malformed(
                .version2Query("Invalid date (should be seconds since epoch): \(text.prefix(64))"), accessKeyID: nil,
                scope: nil)
        }
        return .version2(
            Version2Signature(
                accessKeyID: id, signature: signature, expires: expires,
                sessionToken: items.first("x-amz-security-token")))
    }

    /// Whether a presigned URL is still good.
    func checkExpiry(now: Int64) throws(SignatureError) {
        if let expires, expires < now { throw .presignedExpired(expires: expires, now: now, seconds: nil) }
    }

    /// Whether it is a good signature of the request, which is for `bucket` if its host says so. `now` is real time, in seconds since the
    /// epoch.
    func verify(_ head: RequestHead, bucket: String?, secret: String, now: Int64) throws(SignatureError) {
        try checkExpiry(now: now)
        if expires == nil { try checkTime(head.headers, now: now) }
        var first: String?
        // Clients end the path of a bucket with a slash where they sign it, and not always where they send it.
        let isOpen = bucket == nil && !head.path.dropFirst().contains("/")
        for reading in CanonicalRequest.Reading.allCases {
            for end in isOpen ? ["", "/"] : [""] {
                let text = stringToSign(head, bucket: bucket, reading: reading, end: end)
                if ConstantTime.equals(Self.sign(text, secret: secret), signature) { return }
                first = first ?? text
            }
        }
        throw .mismatch(
            accessKeyID: accessKeyID, stringToSign: first ?? "", provided: signature, canonicalRequest: nil)
    }

    /// HMAC-SHA1, in base 64.
    static func sign(_ text: String, secret: String) -> String {
        let key = SymmetricKey(data: Array(secret.utf8))
        let code = HMAC<Insecure.SHA1>.authenticationCode(for: Array(text.utf8), using: key)
        return Data(code).base64EncodedString()
    }

    private func checkTime(_ headers: HTTPHeaders, now: Int64) throws(SignatureError) {
        let text = headers.first(name: "x-amz-date") ?? headers.first(name: "date") ?? ""
        guard let signed = CivilTime.seconds(http: text) ?? CivilTime.seconds(basic: text) else {
            throw .version2Query("AWS authentication requires a valid Date or x-amz-date header")
        }
        let tolerance = SignatureVerifier.tolerance
        if signed < now - tolerance { throw .expired(signed: signed, earliest: now - tolerance, now: now) }
        if signed > now + tolerance { throw .notYetCurrent(signed: signed, latest: now + tolerance, now: now) }
    }

    /// What is signed: method, MD5 and type of the body, the time, Amazon's headers, and the resource.
    func stringToSign(
        _ head: RequestHead, bucket: String?, reading: CanonicalRequest.Reading, end: String = ""
    ) -> String {
        let headers = head.headers
        func value(_ name: String) -> String { headers.first(name: name)?.trimmingSpaces ?? "" }
        // What is signed with an `x-amz-date` does not count its `Date`.
        let time = expires.map(String.init) ?? (headers.contains(name: "x-amz-date") ? "" : value("date"))
        var out = "\(head.method)\n\(value("content-md5"))\n\(value("content-type"))\n\(time)\n"
        for (name, values) in amazonHeaders(head).sorted(by: { $0.key < $1.key }) {
            out += "\(name):\(values.joined(separator: ","))\n"
        }
        if let bucket { out += "/\(bucket)" }
        out += CanonicalRequest.path(head.path, isS3: true, reading: reading) + end
        return out + Self.subresources(head.query)
    }

    /// Also those in a presigned query, which count as headers.
    private func amazonHeaders(_ head: RequestHead) -> [String: [String]] {
        var out: [String: [String]] = [:]
        for header in head.headers {
            let name = header.name.lowercased()
            if name.hasPrefix("x-amz-") { out[name, default: []].append(header.value.trimmingSpaces) }
        }
        guard expires != nil else { return out }
        for (name, value) in QueryPairs(head.query).amazonHeaders { out[name, default: []].append(value) }
        return out
    }

    /// The parameters that make another resource of it, or change the answer's headers.
    private static func subresources(_ query: String) -> String {
        var found: [(name: String, text: String)] = []
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = decoded(parts[0])
            guard isSigned(name) else { continue }
            found.append((name, parts.count > 1 ? "\(name)=\(decoded(parts[1]))" : name))
        }
        if found.isEmpty { return "" }
        return "?" + found.sorted { $0.name < $1.name }.map(\.text).joined(separator: "&")
    }

    private static func decoded(_ text: Substring) -> String {
        String(decoding: PercentCoding.leniently(text, plusIsSpace: false), as: UTF8.self)
    }

    static func isSigned(_ name: String) -> Bool { signed.contains(name) }

    /// All that S3's operations are told apart by: one that was not signed would make of a right another one.
    private static let signed: Set<String> = [
        "abac", "accelerate", "acl", "analytics", "attributes", "cors", "defaultObjectAcl", "delete", "encryption",
        "intelligent-tiering", "inventory", "legal-hold", "lifecycle", "location", "logging", "metadataConfiguration",
        "metadataInventoryTable", "metadataJournalTable", "metadataTable", "metrics", "notification", "object-lock",
        "ownershipControls", "partNumber", "policy", "policyStatus", "publicAccessBlock", "renameObject", "replication",
        "requestPayment", "response-cache-control", "response-content-disposition", "response-content-encoding",
        "response-content-language", "response-content-type", "response-expires", "restore", "retention", "select",
        "select-type", "session", "storageClass", "tagging", "torrent", "uploadId", "uploads", "versionId",
        "versioning",
        "versions", "website",
    ]
}

extension QueryPairs {
    /// Amazon's headers that a presigned URL holds in its query, beside those of the signature: names in lower case, values decoded.
    var amazonHeaders: [(name: String, value: String)] {
        items.compactMap { item in
            let name = item.rawName.lowercased()
            guard name.hasPrefix("x-amz-"), !Self.signatureNames.contains(name) else { return nil }
            let value = String(decoding: PercentCoding.leniently(item.rawValue, plusIsSpace: false), as: UTF8.self)
            return (name, value.trimmingSpaces)
        }
    }

    private static let signatureNames: Set<String> = [
        "x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-expires", "x-amz-signature", "x-amz-signedheaders",
    ]
}

extension String {
    /// Without the spaces and tabs around it.
    fileprivate var trimmingSpaces: String {
        var rest = self[...]
        while rest.first == " " || rest.first == "\t" { rest.removeFirst() }
        while rest.last == " " || rest.last == "\t" { rest.removeLast() }
        return String(rest)
    }
}
