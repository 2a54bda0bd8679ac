/// The calls of the Runtime API, version 2018-06-01.
enum RuntimeAPIRoute: Equatable {
    case next
    case response(requestID: String)
    case error(requestID: String)
    case initError
    case extensions(ExtensionsRoute)
    case unknown

    private static let prefix = "/2018-06-01/runtime/"
    private static let invocation = "/2018-06-01/runtime/invocation/"

    /// `target` is that of the request line; a query does not count.
    init(isGet: Bool, isPost: Bool, isPut: Bool = false, target: some Collection<UInt8>) {
        let path = target.prefix { $0 != UInt8(ascii: "?") }
        self = .unknown
        guard path.starts(with: Self.prefix.utf8) else {
            if let route = ExtensionsRoute(isGet: isGet, isPost: isPost, isPut: isPut, path: path) {
                self = .extensions(route)
            }
            return
        }
        if path.starts(with: Self.invocation.utf8) {
            let rest = path.dropFirst(Self.invocation.utf8.count)
            if isGet, rest.elementsEqual("next".utf8) {
                self = .next
            } else if isPost, let slash = rest.firstIndex(of: UInt8(ascii: "/")) {
                let id = String(decoding: rest[..<slash], as: UTF8.self)
                let action = rest[rest.index(after: slash)...]
                if action.elementsEqual("response".utf8) {
                    self = .response(requestID: id)
                } else if action.elementsEqual("error".utf8) {
                    self = .error(requestID: id)
                }
            }
        } else if isPost, path.dropFirst(Self.prefix.utf8.count).elementsEqual("init/error".utf8) {
            self = .initError
        }
    }
}
