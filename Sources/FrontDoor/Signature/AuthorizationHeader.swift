import NIOHTTP1

/// Reads the `Authorization` header: `AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…`.
enum AuthorizationHeader {
    static let algorithm = "AWS4-HMAC-SHA256"

    static func parse(_ text: String, headers: HTTPHeaders) -> PresentedSignature {
        guard text.utf8.count <= 16 * 1024 else { return malformed("The Authorization header is too long.") }
        let end = text.firstIndex(of: " ") ?? text.endIndex
        let scheme = text[..<end]
        let rest = text[end...].drop { $0 == " " }
        switch scheme {
        case "AWS":
            return Version2Signature.parse(authorization: rest, headers: headers)
        case "AWS4-ECDSA-P256-SHA256":
            let credential = fields(rest)["Credential"] ?? ""
            return .version4a(accessKeyID: String(credential.prefix { $0 != "/" }))
        case Substring(algorithm): break
        default:
            return malformed("Unsupported AWS 'algorithm': '\(scheme.prefix(64))'.")
        }
        return parse(fields(rest), headers: headers)
    }

    private static func parse(_ fields: [String: String], headers: HTTPHeaders) -> PresentedSignature {
        let credential = fields["Credential"].flatMap { CredentialScope.parse(credential: $0) }
        var missing: [String] = []
        if fields["Credential"] == nil { missing.append("Authorization header requires 'Credential' parameter.") }
        if fields["Signature"] == nil { missing.append("Authorization header requires 'Signature' parameter.") }
        if fields["SignedHeaders"] == nil { missing.append("Authorization header requires 'SignedHeaders' parameter.") }
        let date = headers.first(name: "x-amz-date") ?? headers.first(name: "date")
        if date == nil {
            missing.append("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
        }
        guard missing.isEmpty, let signature = fields["Signature"], let signed = fields["SignedHeaders"], let date
        else {
            return malformed(missing.joined(separator: " "), credential)
        }
        guard let credential else {
            return malformed(
                "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term.")
        }
        guard let seconds = CivilTime.seconds(basic: date) ?? CivilTime.seconds(http: date) else {
            return malformed("Date must be in ISO-8601 'basic format'. Got '\(date.prefix(64))'.", credential)
        }
        return .version4(
            SignatureParameters(
                accessKeyID: credential.accessKeyID, scope: credential.scope,
                signedHeaders: signed.split(separator: ";").map { $0.lowercased() }, signature: signature,
                date: CivilTime.basic(seconds: seconds), seconds: seconds,
                sessionToken: headers.first(name: "x-amz-security-token"), isPresigned: false, expires: nil))
    }

    private static func malformed(
        _ message: String, _ credential: (accessKeyID: String, scope: CredentialScope)? = nil
    ) -> PresentedSignature {
        .malformed(.incomplete(message), accessKeyID: credential?.accessKeyID, scope: credential?.scope)
    }

    /// `name=value` pairs, with commas or spaces between them.
    private static func fields(_ text: Substring) -> [String: String] {
        var fields: [String: String] = [:]
        for part in text.split(whereSeparator: { $0 == "," || $0 == " " }) {
            guard fields.count < 16, let equals = part.firstIndex(of: "=") else { continue }
            fields[String(part[..<equals])] = String(part[part.index(after: equals)...])
        }
        return fields
    }
}
