/// The network that a function is connected to. There are no networks here yet: the settings are kept, and shown.
/// https://docs.aws.amazon.com/lambda/latest/api/API_VpcConfig.html
struct VPCSettings: Sendable, Hashable, Codable {
    var subnetIDs: [String] = []
    var securityGroupIDs: [String] = []
    var allowsIPv6 = false

    /// Whether the function is connected to a network; the settings of one that was disconnected are shown, and empty.
    var isConnected: Bool { !subnetIDs.isEmpty }

    /// These settings, or those of a new function, with what a request names changed.
    /// - Throws: AWS's error for subnets without security groups, and the other way round.
    static func updated(_ current: VPCSettings?, _ input: VpcConfig?) throws -> VPCSettings? {
        guard let input else { return current }
        var settings = current ?? VPCSettings()
        if input.subnetIds != nil || input.securityGroupIds != nil {
            settings.subnetIDs = input.subnetIds ?? []
            settings.securityGroupIDs = input.securityGroupIds ?? []
            settings.allowsIPv6 = input.ipv6AllowedForDualStack ?? false
        } else if let allows = input.ipv6AllowedForDualStack {
            settings.allowsIPv6 = allows
        }
        guard settings.subnetIDs.isEmpty == settings.securityGroupIDs.isEmpty else {
            throw LambdaFailures.invalidParameter(
                "SubnetIds and SecurityIds must coexist or be both empty list.")
        }
        if !settings.isConnected { settings.allowsIPv6 = false }
        return settings
    }
}
