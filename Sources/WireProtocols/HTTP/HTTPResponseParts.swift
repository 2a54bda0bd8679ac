/// An answer as the protocols write it. The server adds what belongs to the connection, such as `Content-Length` and `Date`.
public struct HTTPResponseParts: Sendable {
    public var status: Int
    public var headers: [(name: String, value: String)]
    public var body: [UInt8]

    public init(status: Int, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    func header(_ name: String) -> String? { headers.first { HeaderNames.equal($0.name, name) }?.value }
}
