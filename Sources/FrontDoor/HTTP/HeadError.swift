/// Why a request's head or body is refused before anything looks at its meaning. The connection is closed after the answer.
enum HeadError: Error, Sendable, Equatable {
    case malformed(String)
    case headTooLarge
    case timeout

    var status: Int {
        switch self {
        case .malformed: 400
        case .headTooLarge: 431
        case .timeout: 408
        }
    }

    var code: String {
        switch self {
        case .malformed: "BadRequest"
        case .headTooLarge: "RequestHeaderSectionTooLarge"
        case .timeout: "RequestTimeout"
        }
    }

    var message: String {
        switch self {
        case .malformed(let reason): "The request is malformed: \(reason)."
        case .headTooLarge:
            "Your request header and query parameters used to make the request exceed the maximum allowed size."
        case .timeout:
            "Your socket connection to the server was not read from or written to within the timeout period. "
                + "Idle connections will be closed."
        }
    }
}
