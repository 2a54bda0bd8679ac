import ServiceKit

/// What is said of platform applications and endpoints.
/// https://docs.aws.amazon.com/sns/latest/api/API_SetPlatformApplicationAttributes.html
enum MobileAttributes {
    /// Never shown again.
    private static let secrets: Set<String> = ["PlatformCredential", "PlatformPrincipal"]

    private static let application: Set<String> = [
        "PlatformCredential", "PlatformPrincipal", "EventEndpointCreated", "EventEndpointDeleted",
        "EventEndpointUpdated", "EventDeliveryFailure", "SuccessFeedbackRoleArn", "FailureFeedbackRoleArn",
        "SuccessFeedbackSampleRate", "ApplePlatformTeamID", "ApplePlatformBundleID", "Enabled",
    ]

    private static let endpoint: Set<String> = ["CustomUserData", "Enabled", "Token"]

    static func checkName(_ name: String) throws(AWSError) {
        guard !name.isEmpty else { throw SNSFailures.invalid(name, reason: "cannot be empty") }
        guard name.utf8.count <= 256 else {
            throw SNSFailures.invalid(name, reason: "must be at most 256 characters long")
        }
        guard
            name.utf8.allSatisfy({
                (0x61...0x7A).contains($0 | 0x20) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-")
                    || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: ".")
            })
        else {
            throw SNSFailures.invalid(
                name, reason: "must contain only characters 'a'-'z', 'A'-'Z', '0'-'9', '_', '-', and '.'")
        }
    }

    static func checkApplication(_ given: [String: String], platform: String, isNew: Bool) throws(AWSError) {
        guard !given.isEmpty else {
            throw SNSFailures.constraint(
                "Value null at 'attributes' failed to satisfy constraint: Member must not be null")
        }
        for name in given.keys.sorted() where !application.contains(name) {
            throw SNSFailures.invalid("Attributes", reason: "Invalid attribute name: \(name)")
        }
        let (credential, principal) = (given["PlatformCredential"], given["PlatformPrincipal"])
        // Of Google there is a key, or a file with one, and no principal.
        let wantsPair = platform != "GCM"
        if principal != nil, credential == nil {
            throw SNSFailures.invalid(
                "Attributes", reason: "PlatformPrincipal attribute provided without PlatformCredential")
        }
        if isNew, wantsPair, credential != nil, principal == nil {
            throw SNSFailures.invalid(
                "Attributes", reason: "PlatformCredential attribute provided without PlatformPrincipal")
        }
        try checkEnabled(given)
    }

    static func checkEndpoint(_ given: [String: String]) throws(AWSError) {
        for name in given.keys.sorted() where !endpoint.contains(name) {
            throw SNSFailures.invalid("Attributes", reason: "Invalid attribute name: \(name)")
        }
        if let data = given["CustomUserData"], data.utf8.count > 2048 {
            throw SNSFailures.invalid(
                "Attributes",
                reason: "Invalid value for attribute: CustomUserData: must be at most 2048 bytes long in UTF-8 encoding"
            )
        }
        try checkEnabled(given)
    }

    private static func checkEnabled(_ given: [String: String]) throws(AWSError) {
        if let flag = given["Enabled"], !["true", "false"].contains(flag.lowercased()) {
            throw SNSFailures.invalid(
                "Attributes", reason: "Invalid value for attribute: Enabled: must be true or false")
        }
    }

    /// What may be seen.
    static func shown(_ attributes: [String: String]) -> [String: String] {
        var shown = attributes.filter { !secrets.contains($0.key) }
        shown["Enabled"] = shown["Enabled"]?.lowercased() ?? "true"
        return shown
    }

    /// What is kept: credentials of push services are of no use here, where nothing is pushed.
    static func kept(_ attributes: [String: String]) -> [String: String] {
        attributes.filter { !secrets.contains($0.key) }
    }
}
