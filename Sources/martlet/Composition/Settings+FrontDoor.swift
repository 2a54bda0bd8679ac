import FrontDoor

extension Settings {
    /// What of the settings concerns the front door.
    func frontDoor(_ security: TransportSecurity) -> FrontDoorConfiguration {
        var configuration = FrontDoorConfiguration()
        configuration.host = host
        configuration.port = port
        configuration.authentication = authentication == .iam ? .iam : .open
        configuration.region = region
        configuration.defaultAccount = Platform.defaultAccount
        configuration.additionalHosts = hostSuffixes
        configuration.allowedOrigins = allowedOrigins
        configuration.tls = security.context
        configuration.requiresTLS = requiresTLS
        return configuration
    }
}
