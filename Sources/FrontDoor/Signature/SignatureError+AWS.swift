import ServiceKit
import ServiceModel

/// The manner in which a service words its errors of authentication.
enum ErrorManner: Sendable, Equatable {
    /// S3.
    case s3
    /// Query services: IAM, STS, SNS.
    case query
    /// JSON 1.0 and 1.1, CBOR.
    case json
    /// REST-JSON: Lambda.
    case rest

    fileprivate var status: Int { self == .json ? 400 : 403 }

    fileprivate func code(_ query: String, _ other: String) -> String { self == .query ? query : other }
}

extension SignatureError {
    /// The error as AWS words it, in the manner of the service ("Common Errors" of the API references; "Error responses" of S3's).
    func error(_ manner: ErrorManner) -> AWSError {
        guard manner == .s3 else { return serviceError(manner) }
        var error = s3Error
        if case .scopeRegion(_, let expected?) = self { error.headers["x-amz-bucket-region"] = expected }
        return error
    }

    private static let mismatchMessage =
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and "
        + "signing method. Consult the service documentation for details."

    private func serviceError(_ manner: ErrorManner) -> AWSError {
        func invalidSignature(_ message: String) -> AWSError {
            AWSError(
                manner.code("SignatureDoesNotMatch", "InvalidSignatureException"), status: manner.status,
                message: message)
        }
        switch self {
        case .missing:
            return AWSError(
                manner.code("MissingAuthenticationToken", "MissingAuthenticationTokenException"), status: manner.status,
                message: manner == .rest ? "Missing Authentication Token" : "Request is missing Authentication Token")
        case .version2, .version2Header, .version2Query:
            return invalidSignature(
                "Signature Version 2 is not supported. Sign with AWS Signature Version 4 (AWS4-HMAC-SHA256).")
        case .version4a:
            return invalidSignature(
                "AWS Signature Version 4A (AWS4-ECDSA-P256-SHA256) is not implemented by Martlet. "
                    + "Sign with AWS4-HMAC-SHA256.")
        case .incomplete(let message), .queryParameters(let message):
            return AWSError(
                manner.code("IncompleteSignature", "IncompleteSignatureException"), status: manner.status,
                message: message)
        case .unknownKey, .invalidToken:
            return AWSError(
                manner.code("InvalidClientTokenId", "UnrecognizedClientException"), status: manner.status,
                message: "The security token included in the request is invalid.")
        case .expiredToken:
            return AWSError(
                manner.code("ExpiredToken", "ExpiredTokenException"), status: manner.status,
                message: "The security token included in the request is expired")
        case .mismatch, .contentHash, .contentHashMissing, .headersNotSigned:
            return invalidSignature(Self.mismatchMessage)
        case .expired(let signed, let earliest, let now):
            return invalidSignature(
                "Signature expired: \(CivilTime.basic(seconds: signed)) is now earlier than "
                    + "\(CivilTime.basic(seconds: earliest)) (\(CivilTime.basic(seconds: now)) - 15 min.)")
        case .notYetCurrent(let signed, let latest, let now):
            return invalidSignature(
                "Signature not yet current: \(CivilTime.basic(seconds: signed)) is still later than "
                    + "\(CivilTime.basic(seconds: latest)) (\(CivilTime.basic(seconds: now)) + 15 min.)")
        case .presignedExpired(let expires, let now, _):
            return invalidSignature(
                "Signature expired: \(CivilTime.basic(seconds: expires)) is now earlier than "
                    + "\(CivilTime.basic(seconds: now))")
        case .presignedNotYetValid: return invalidSignature("Request is not valid yet")
        case .scopeRegion(let given, _):
            return invalidSignature("Credential should be scoped to a valid region, not '\(given.prefix(64))'. ")
        case .scopeService(_, let expected):
            return invalidSignature("Credential should be scoped to correct service: '\(expected)'. ")
        case .scopeTerminator(let given):
            return invalidSignature(
                "Credential should be scoped with a valid terminator: 'aws4_request', not '\(given.prefix(64))'. ")
        case .scopeDate(let given, let expected, let full):
            return invalidSignature(
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
                    + "'\(given.prefix(64))' != '\(expected)', from '\(full)'.")
        case .hostNotSigned:
            return invalidSignature(
                "'Host' or ':authority' must be a 'SignedHeader' in the AWS 'Authorization' header.")
        }
    }

    private static func expiryFields(_ expires: Int64, _ now: Int64, _ seconds: Int64?) -> [String: WireValue] {
        var fields: [String: WireValue] = [
            "Expires": .string(CivilTime.extended(seconds: expires)),
            "ServerTime": .string(CivilTime.extended(seconds: now)),
        ]
        if let seconds { fields["X-Amz-Expires"] = .string(String(seconds)) }
        return fields
    }

    private static func mismatchFields(
        _ id: String, _ toSign: String, _ provided: String, _ canonical: String?
    ) -> [String: WireValue] {
        var fields: [String: WireValue] = [
            "AWSAccessKeyId": .string(id), "StringToSign": .string(toSign), "SignatureProvided": .string(provided),
            "StringToSignBytes": .string(bytes(toSign)),
        ]
        guard let canonical else { return fields }
        fields["CanonicalRequest"] = .string(canonical)
        fields["CanonicalRequestBytes"] = .string(bytes(canonical))
        return fields
    }

    /// `41 57 53`.
    private static func bytes(_ text: String) -> String {
        text.utf8.map { Hexadecimal.encode([$0]) }.joined(separator: " ")
    }

    private var s3Error: AWSError {
        switch self {
        case .missing: AWSError("AccessDenied", status: 403, message: "Access Denied")
        case .version2:
            AWSError(
                "InvalidRequest", status: 400,
                message: "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.")
        case .version2Header(let given):
            AWSError(
                "InvalidArgument", status: 400,
                message: "AWS authorization header is invalid.  Expected AwsAccessKeyId:signature",
                fields: ["ArgumentName": "Authorization", "ArgumentValue": .string("AWS \(given)")])
        case .version2Query(let message): AWSError("AccessDenied", status: 403, message: message)
        case .version4a:
            AWSError(
                "NotImplemented", status: 501,
                message: "AWS4-ECDSA-P256-SHA256 is not implemented by Martlet. Please use AWS4-HMAC-SHA256.")
        case .incomplete(let message):
            AWSError(
                "AuthorizationHeaderMalformed", status: 400,
                message: "The authorization header is malformed; \(message)")
        case .queryParameters(let message):
            AWSError("AuthorizationQueryParametersError", status: 400, message: message)
        case .unknownKey:
            AWSError(
                "InvalidAccessKeyId", status: 403,
                message: "The AWS Access Key Id you provided does not exist in our records.")
        case .invalidToken:
            AWSError("InvalidToken", status: 400, message: "The provided token is malformed or otherwise invalid.")
        case .expiredToken: AWSError("ExpiredToken", status: 400, message: "The provided token has expired.")
        case .mismatch(let id, let toSign, let provided, let canonical):
            AWSError(
                "SignatureDoesNotMatch", status: 403,
                message: "The request signature we calculated does not match the signature you provided. "
                    + "Check your key and signing method.",
                fields: Self.mismatchFields(id, toSign, provided, canonical))
        case .expired(let signed, _, let now), .notYetCurrent(let signed, _, let now):
            AWSError(
                "RequestTimeTooSkewed", status: 403,
                message: "The difference between the request time and the current time is too large.",
                fields: [
                    "RequestTime": .string(CivilTime.basic(seconds: signed)),
                    "ServerTime": .string(CivilTime.extended(seconds: now)), "MaxAllowedSkewMilliseconds": "900000",
                ])
        case .presignedExpired(let expires, let now, let seconds):
            AWSError(
                "AccessDenied", status: 403, message: "Request has expired",
                fields: Self.expiryFields(expires, now, seconds))
        case .presignedNotYetValid: AWSError("AccessDenied", status: 403, message: "Request is not valid yet")
        case .scopeRegion(let given, let expected):
            AWSError(
                "AuthorizationHeaderMalformed", status: 400,
                message: "The authorization header is malformed; the region '\(given.prefix(64))' is wrong"
                    + (expected.map { "; expecting '\($0)'" } ?? ""),
                fields: expected.map { ["Region": .string($0)] } ?? [:])
        case .scopeService(let given, _):
            AWSError(
                "AuthorizationHeaderMalformed", status: 400,
                message: "The authorization header is malformed; incorrect service \"\(given.prefix(64))\". "
                    + "This endpoint belongs to \"s3\".")
        case .scopeTerminator(let given):
            AWSError(
                "AuthorizationHeaderMalformed", status: 400,
                message: "The authorization header is malformed; incorrect terminal \"\(given.prefix(64))\". "
                    + "This endpoint uses \"aws4_request\".")
        case .scopeDate(let given, let expected, _):
            AWSError(
                "AuthorizationHeaderMalformed", status: 400,
                message: "The authorization header is malformed; Invalid credential date \"\(given.prefix(64))\". "
                    + "This date is not the same as X-Amz-Date: \"\(expected)\".")
        case .hostNotSigned:
            AWSError(
                "AccessDenied", status: 403, message: "There were headers present in the request which were not signed",
                fields: ["HeadersNotSigned": "host"])
        case .headersNotSigned(let names):
            AWSError(
                "AccessDenied", status: 403, message: "There were headers present in the request which were not signed",
                fields: ["HeadersNotSigned": .string(names.joined(separator: ", "))])
        case .contentHashMissing:
            AWSError(
                "InvalidRequest", status: 400,
                message: "Missing required header for this request: x-amz-content-sha256")
        case .contentHash(let client, let computed):
            AWSError(
                "XAmzContentSHA256Mismatch", status: 400,
                message: "The provided 'x-amz-content-sha256' header does not match what was computed.",
                fields: ["ClientComputedContentSHA256": .string(client), "S3ComputedContentSHA256": .string(computed)])
        }
    }
}
