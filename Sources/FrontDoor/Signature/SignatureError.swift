/// Why a signature is not accepted.
enum SignatureError: Error, Sendable, Equatable {
    /// The request shows no signature.
    case missing
    /// Signature Version 2, of a service that takes none.
    case version2
    /// What follows `AWS ` in an Authorization header is no key and signature.
    case version2Header(String)
    /// The time of a Version 2, or its presigned query, is not right; the message says how.
    case version2Query(String)
    case version4a
    /// The Authorization header lacks something; the message says what.
    case incomplete(String)
    /// The presigned query lacks something; the message says what.
    case queryParameters(String)
    case unknownKey
    case invalidToken
    case expiredToken
    /// `canonicalRequest` is nil if the version has none.
    case mismatch(accessKeyID: String, stringToSign: String, provided: String, canonicalRequest: String?)
    /// The request is older than its signature may be. Times in seconds since the epoch.
    case expired(signed: Int64, earliest: Int64, now: Int64)
    case notYetCurrent(signed: Int64, latest: Int64, now: Int64)
    /// A presigned URL is over. `seconds` is how long it was good, if it says so.
    case presignedExpired(expires: Int64, now: Int64, seconds: Int64?)
    case presignedNotYetValid
    case scopeRegion(given: String, expected: String?)
    case scopeService(given: String, expected: String)
    case scopeTerminator(String)
    case scopeDate(given: String, expected: String, full: String)
    case hostNotSigned
    case headersNotSigned([String])
    /// S3 wants the body's hash in `x-amz-content-sha256`.
    case contentHashMissing
    case contentHash(client: String, computed: String)
}
