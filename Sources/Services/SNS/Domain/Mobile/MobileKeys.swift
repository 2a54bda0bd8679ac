import ServiceKit

/// A platform application's place.
struct ApplicationKey: Sendable, Hashable {
    var account: String
    var region: String
    /// Such as `GCM`.
    var platform: String
    var name: String

    static let platforms: Set<String> = [
        "ADM", "APNS", "APNS_SANDBOX", "APNS_VOIP", "APNS_VOIP_SANDBOX", "APNS_MACOS", "APNS_MACOS_SANDBOX",
        "APNS_PASSBOOK", "APNS_PASSBOOK_SANDBOX", "BAIDU", "GCM", "MPNS", "WNS", "MACOS", "MACOS_SANDBOX",
    ]

    var path: String { "\(platform)/\(name)" }
    var arn: String { "arn:aws:sns:\(region):\(account):app/\(path)" }

    init(account: String, region: String, platform: String, name: String) {
        self.account = account
        self.region = region
        self.platform = platform
        self.name = name
    }

    init(parsing text: String, parameter: String = "PlatformApplicationArn", region: String) throws(AWSError) {
        let parts = try SNSARN.elements(text, parameter: parameter)
        let path = parts[5...].joined(separator: ":").split(separator: "/", omittingEmptySubsequences: false).map(
            String.init)
        guard parts[2] == "sns", parts[3] == region, AccountID.isValid(parts[4]), path.count == 3, path[0] == "app",
            Self.platforms.contains(path[1]), !path[2].isEmpty
        else {
            throw SNSFailures.invalid(
                parameter, reason: "Wrong number of slashes in relative portion of the ARN.")
        }
        self.init(account: parts[4], region: parts[3], platform: path[1], name: path[2])
    }
}

/// The place of an application's endpoint: one device.
struct EndpointKey: Sendable, Hashable {
    var application: ApplicationKey
    var id: String

    var arn: String {
        "arn:aws:sns:\(application.region):\(application.account):endpoint/\(application.path)/\(id)"
    }

    init(application: ApplicationKey, id: String) {
        self.application = application
        self.id = id
    }

    init?(arn text: String) {
        guard let arn = ARN(text), arn.service == "sns", AccountID.isValid(arn.account) else { return nil }
        let path = arn.resource.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard path.count == 4, path[0] == "endpoint", path.allSatisfy({ !$0.isEmpty }) else { return nil }
        self.init(
            application: ApplicationKey(account: arn.account, region: arn.region, platform: path[1], name: path[2]),
            id: path[3])
    }

    init(parsing text: String, parameter: String = "EndpointArn", region: String) throws(AWSError) {
        let parts = try SNSARN.elements(text, parameter: parameter)
        guard let key = EndpointKey(arn: text), parts[3] == region else {
            throw SNSFailures.invalid(
                parameter, reason: "Wrong number of slashes in relative portion of the ARN.")
        }
        self = key
    }
}

/// A device that pushes go to.
struct MobileEndpoint: Sendable, Hashable {
    var key: EndpointKey
    /// `Token`, `Enabled`, `CustomUserData`.
    var attributes: [String: String]
}
