/// Reads the query of a presigned URL.
enum PresignedQuery {
    /// A week: the longest a presigned URL lives.
    static let maximumExpires: Int64 = 604_800

    static func parse(_ items: QueryPairs) -> PresentedSignature {
        guard let algorithm = items.first("X-Amz-Algorithm") else { return withoutAlgorithm(items) }
        let credentialText = items.first("X-Amz-Credential")
        let credential = credentialText.flatMap { CredentialScope.parse(credential: $0) }
        func malformed(_ message: String) -> PresentedSignature {
            .malformed(.queryParameters(message), accessKeyID: credential?.accessKeyID, scope: credential?.scope)
        }
        if algorithm == "AWS4-ECDSA-P256-SHA256" {
            return .version4a(accessKeyID: String((credentialText ?? "").prefix { $0 != "/" }))
        }
        guard algorithm == AuthorizationHeader.algorithm else {
            return malformed("X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256\"")
        }
        guard credentialText != nil, let signature = items.first("X-Amz-Signature"),
            let date = items.first("X-Amz-Date"),
            let signed = items.first("X-Amz-SignedHeaders"), let expiresText = items.first("X-Amz-Expires")
        else {
            return malformed(
                "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, "
                    + "X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.")
        }
        guard let credential else {
            return malformed(
                "Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; expecting "
                    + "\"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".")
        }
        guard let seconds = CivilTime.seconds(basic: date) else {
            return malformed("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"")
        }
        guard let expires = Int64(expiresText) else { return malformed("X-Amz-Expires should be a number") }
        if expires < 0 { return malformed("X-Amz-Expires must be non-negative") }
        if expires > maximumExpires {
            return malformed(
                "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds"
            )
        }
        return .version4(
            SignatureParameters(
                accessKeyID: credential.accessKeyID, scope: credential.scope,
                signedHeaders: signed.split(separator: ";").map { $0.lowercased() }, signature: signature, date: date,
                seconds: seconds, sessionToken: items.first("X-Amz-Security-Token"), isPresigned: true,
                expires: expires))
    }

    private static func withoutAlgorithm(_ items: QueryPairs) -> PresentedSignature {
        if let version2 = Version2Signature.parse(items) { return version2 }
        guard items.first("X-Amz-Signature") != nil else { return .none }
        return .malformed(
            .queryParameters(
                "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, "
                    + "X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters."),
            accessKeyID: nil, scope: nil)
    }
}
