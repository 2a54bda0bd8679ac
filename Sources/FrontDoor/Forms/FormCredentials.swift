import Crypto
import ServiceKit
import ServiceModel

/// How a form shows who has allowed its upload: the fields of "Browser-based uploads using POST (AWS Signature Version 4)", or
/// those of Version 2: `AWSAccessKeyId`, `policy`, `signature`.
struct FormCredentials: Sendable {
    var policy: String
    var accessKeyID: String
    /// nil: it is a Signature Version 2.
    var scope: CredentialScope?
    var signature: String
    var sessionToken: String?

    /// - Returns: nil if the form shows nothing at all.
    /// - Throws: ``AWSError`` if a field is missing.
    init?(_ fields: [(name: String, value: String)]) throws(AWSError) {
        var values: [String: String] = [:]
        for field in fields { values[field.name.lowercased()] = field.value }
        if Self.decisive.allSatisfy({ values[$0] == nil }) { return nil }
        func required(_ name: String) throws(AWSError) -> String {
            if let value = values[name.lowercased()] { return value }
            throw AWSError(
                "InvalidArgument", status: 400,
                message:
                    "Bucket POST must contain a field named '\(name)'.  If it is specified, please check the order of the fields.",
                fields: ["ArgumentName": .string(name), "ArgumentValue": .string("")])
        }
        sessionToken = values["x-amz-security-token"]
        policy = try required("Policy")
        guard Self.version4.contains(where: { values[$0] != nil }) else {
            accessKeyID = try required("AWSAccessKeyId")
            signature = try required("Signature")
            return
        }
        _ = try required("X-Amz-Algorithm")
        let text = try required("X-Amz-Credential")
        _ = try required("X-Amz-Date")
        signature = try required("X-Amz-Signature")
        guard let credential = CredentialScope.parse(credential: text) else {
            throw AWSError(
                "InvalidArgument", status: 400,
                message: "Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; expecting "
                    + "\"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".")
        }
        accessKeyID = credential.accessKeyID
        scope = credential.scope
    }

    private static let version4 = ["x-amz-algorithm", "x-amz-credential", "x-amz-signature"]
    private static let decisive = ["policy", "signature", "awsaccesskeyid", "x-amz-credential", "x-amz-signature"]

    /// Whether the secret has signed the policy.
    func isGood(secret: String) -> Bool {
        guard let scope else { return ConstantTime.equals(Version2Signature.sign(policy, secret: secret), signature) }
        let key = SigningKeyCache.derive(secret: secret, scope: scope)
        return ConstantTime.equals(SignatureVerifier.signature(of: policy, key: key), signature)
    }
}
