import NIOHTTP1

/// The calls of the Runtime API, version 2018-06-01.
enum RuntimeAPIRoute: Equatable {
    case next
    case response(requestID: String)
    case error(requestID: String)
    case initError
    case unknown

    private static let prefix = "/2018-06-01/runtime/"
    private static let invocation = "/2018-06-01/runtime/invocation/"

    init(method: HTTPMethod, uri: String) {
        let path = uri.utf8.prefix { $0 != UInt8(ascii: "?") }
        guard path.starts(with: Self.prefix.utf8) else {
            self = .unknown
            return
        }
        if path.starts(with: Self.invocation.utf8) {
            let rest = path.dropFirst(Self.invocation.utf8.count)
            if method == .GET, rest.elementsEqual("next".utf8) {
                self = .next
                return
            }
            if method == .POST, let slash = rest.firstIndex(of: UInt8(ascii: "/")), let id = String(rest[..<slash]) {
                let action = rest[rest.index(after: slash)...]
                if action.elementsEqual("response".utf8) {
                    self = .response(requestID: id)
                    return
                }
                if action.elementsEqual("error".utf8) {
                    self = .error(requestID: id)
                    return
                }
            }
        } else if method == .POST, path.dropFirst(Self.prefix.utf8.count).elementsEqual("init/error".utf8) {
            self = .initError
            return
        }
        self = .unknown
    }
}
