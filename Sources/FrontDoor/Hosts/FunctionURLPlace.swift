/// Which function URL a request is for, and what it asks of it.
struct FunctionURLPlace: Sendable, Equatable {
    /// The path below which URLs are found where names below `localhost` lead nowhere: `/_lambda-url/<id>/…`. No bucket can have a name
    /// with an underscore, and no API has paths of this form, so nothing else can be meant.
    static let prefix = "/_lambda-url/"

    var id: String
    /// What the host's name says; nil: nothing.
    var region: String?
    /// The path as the function sees it.
    var path: String
    /// Whether the URL was found by the path.
    var isByPath: Bool

    /// - Returns: nil if the request is for none.
    init?(_ host: HostRoute, path: String) {
        if let id = host.functionURL {
            self.id = id
            region = host.region
            self.path = path
            isByPath = false
            return
        }
        guard path.hasPrefix(Self.prefix) else { return nil }
        let rest = path.dropFirst(Self.prefix.utf8.count)
        let end = rest.firstIndex(of: "/") ?? rest.endIndex
        id = String(rest[..<end])
        self.path = end == rest.endIndex ? "/" : String(rest[end...])
        isByPath = true
    }
}
