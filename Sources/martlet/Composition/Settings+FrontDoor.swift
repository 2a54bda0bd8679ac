import FrontDoor

extension Settings {
    /// What of the settings concerns the front door.
    var frontDoor: FrontDoorConfiguration {
        var configuration = FrontDoorConfiguration()
        configuration.host = host
        configuration.port = port
        configuration.authentication = authentication == .iam ? .iam : .open
        configuration.region = region
        configuration.defaultAccount = Platform.defaultAccount
        configuration.additionalHosts = hostSuffixes
        configuration.allowedOrigins = allowedOrigins
        return configuration
    }
}
