import ServiceModel

/// An answer, complete or the head of a stream.
struct HTTPResponse: Sendable, Equatable {
    var status: Int
    /// In the order in which they are written. `Date`, `Content-Length`, `Transfer-Encoding` and `Connection` are added by the
    /// connection.
    var headers: [Header]
    var body: [UInt8]

    struct Header: Sendable, Equatable {
        var name: String
        var value: String
    }

    init(status: Int, headers: [Header] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The first value of a header, by name in any case.
    subscript(name: String) -> String? {
        let lower = name.lowercased()
        return headers.first { $0.name.lowercased() == lower }?.value
    }

    mutating func set(_ name: String, _ value: String) {
        let lower = name.lowercased()
        headers.removeAll { $0.name.lowercased() == lower }
        headers.append(Header(name: name, value: value))
    }
}

extension HTTPResponse {
    /// An answer to a request that could not be read far enough to know its protocol.
    static func error(status: Int, code: String, message: String, requestID: String) -> HTTPResponse {
        HTTPResponse(
            status: status,
            headers: [
                Header(name: "Content-Type", value: "application/json"),
                Header(name: "x-amzn-RequestId", value: requestID),
                Header(name: "x-amzn-ErrorType", value: code),
            ],
            body: JSONValue.object(("__type", .string(code)), ("message", .string(message))).bytes(isSpaced: true))
    }
}
