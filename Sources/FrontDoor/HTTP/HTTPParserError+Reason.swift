import NIOHTTP1

extension HTTPParserError {
    /// What is wrong with a request that the parser gives up, as ``HeadError/malformed(_:)`` ends its sentence.
    var reason: String {
        switch self {
        case .invalidMethod: "it does not begin with an HTTP method"
        case .invalidVersion: "its HTTP version is not 1.0 or 1.1"
        case .invalidURL, .invalidHost, .invalidPort, .invalidPath, .invalidQueryString, .invalidFragment:
            "its target is not valid"
        case .invalidHeaderToken: "it has a header that is not valid"
        case .invalidContentLength: "its Content-Length is not one number, or has Transfer-Encoding beside it"
        case .unexpectedContentLength: "it has more than one Content-Length, or Transfer-Encoding beside it"
        // The parser has no better name for it; nothing else in a request's head gets this one.
        case .unknown: "its Transfer-Encoding is not chunked alone, or has Content-Length beside it"
        case .invalidChunkSize: "a chunk of its body does not begin with a size"
        case .lfExpected, .strictModeAssertion: "one of its lines does not end as it should"
        default: "it is not HTTP"
        }
    }
}
