/// The scope of a signing key: `20261121/us-east-1/lambda/aws4_request`.
struct CredentialScope: Sendable, Hashable {
    /// `YYYYMMDD`.
    var date: String
    var region: String
    /// The service's signing name.
    var service: String
    var terminator: String

    static let terminator = "aws4_request"

    var text: String { "\(date)/\(region)/\(service)/\(terminator)" }

    /// Reads `AKID/date/region/service/terminator`. The key id may hold slashes, the scope never does.
    static func parse(credential: String) -> (accessKeyID: String, scope: CredentialScope)? {
        let parts = credential.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count >= 5, credential.utf8.count <= 1024 else { return nil }
        let scope = parts.suffix(4).map(String.init)
        let id = parts.dropLast(4).joined(separator: "/")
        guard !id.isEmpty else { return nil }
        return (id, CredentialScope(date: scope[0], region: scope[1], service: scope[2], terminator: scope[3]))
    }
}
