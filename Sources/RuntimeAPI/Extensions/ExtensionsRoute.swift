import Execution

/// The calls of the Extensions API, version 2020-01-01, and the subscriptions of the Telemetry API and the Logs API.
enum ExtensionsRoute: Equatable {
    case register, next, initError, exitError
    case subscribe(TelemetrySubscription.API)

    /// - Returns: nil for any other call.
    init?(isGet: Bool, isPost: Bool, isPut: Bool, path: some Collection<UInt8>) {
        let path = String(decoding: path, as: UTF8.self)
        switch path.hasSuffix("/") ? String(path.dropLast()) : path {
        case "/2020-01-01/extension/register" where isPost: self = .register
        case "/2020-01-01/extension/event/next" where isGet: self = .next
        case "/2020-01-01/extension/init/error" where isPost: self = .initError
        case "/2020-01-01/extension/exit/error" where isPost: self = .exitError
        case "/2022-07-01/telemetry" where isPut: self = .subscribe(.telemetry)
        case "/2020-08-15/logs" where isPut: self = .subscribe(.logs)
        default: return nil
        }
    }
}

/// The header fields of the Extensions API.
struct ExtensionsHeaders: Equatable {
    enum Field: CaseIterable {
        case name, identifier, feature, errorType

        var text: StaticString {
            switch self {
            case .name: "lambda-extension-name"
            case .identifier: "lambda-extension-identifier"
            case .feature: "lambda-extension-accept-feature"
            case .errorType: "lambda-extension-function-error-type"
            }
        }

        /// The length of the shortest.
        static let shortest = 21
    }

    private var values: [Field: String] = [:]

    subscript(field: Field) -> String? {
        get { values[field] }
        set { values[field] = newValue }
    }
}
