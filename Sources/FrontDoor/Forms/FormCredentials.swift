import Crypto
import ServiceKit
import ServiceModel

/// How a form shows who has allowed its upload: the fields of "Browser-based uploads using POST (AWS Signature Version 4)".
struct FormCredentials: Sendable {
    var policy: String
    var accessKeyID: String
    var scope: CredentialScope
    var signature: String
    var sessionToken: String?

    /// - Returns: nil if the form shows nothing at all.
    /// - Throws: ``AWSError`` if a field is missing.
    init?(_ fields: [(name: String, value: String)]) throws(AWSError) {
        var values: [String: String] = [:]
        for field in fields { values[field.name.lowercased()] = field.value }
        if values["policy"] == nil, values["x-amz-signature"] == nil { return nil }
        if values["awsaccesskeyid"] != nil, values["x-amz-algorithm"] == nil {
            throw AWSError(
                "InvalidRequest", status: 400,
                message: "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.")
        }
        func required(_ name: String) throws(AWSError) -> String {
            if let value = values[name] { return value }
            throw AWSError(
                "InvalidArgument", status: 400,
                message:
                    "Bucket POST must contain a field named '\(name)'.  If it is specified, please check the order of the fields.",
                fields: ["ArgumentName": .string(name), "ArgumentValue": .string("")])
        }
        policy = try required("policy")
        _ = try required("x-amz-algorithm")
        _ = try required("x-amz-date")
        signature = try required("x-amz-signature")
        guard let credential = CredentialScope.parse(credential: try required("x-amz-credential")) else {
            throw AWSError(
                "InvalidArgument", status: 400,
                message: "Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; expecting "
                    + "\"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".")
        }
        accessKeyID = credential.accessKeyID
        scope = credential.scope
        sessionToken = values["x-amz-security-token"]
    }

    /// Whether the secret has signed the policy.
    func isGood(secret: String) -> Bool {
        let key = SigningKeyCache.derive(secret: secret, scope: scope)
        return ConstantTime.equals(SignatureVerifier.signature(of: policy, key: key), signature)
    }
}
