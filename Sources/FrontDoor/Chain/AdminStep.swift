import NIOHTTP1
import ServiceKit

extension Chain {
    static let adminBodyLimit = 1024 * 1024

    /// - Returns: whether the request is one for the platform itself.
    func routeToAdmin(_ request: inout ChainRequest) throws(AWSError) -> Bool {
        if let document = platform.admin.document(request.head.method, request.head.path) {
            request.admin = document
            return true
        }
        guard AdminRoutes.covers(request.head.path) else { return false }
        guard case .anyone = caller else { throw Self.noSuchPath }
        switch platform.admin.find(request.head.method, request.head.path) {
        case .found(let entry): request.admin = entry
        case .wrongMethod(let allowed):
            throw AWSError(
                "MethodNotAllowed", status: 405, message: "Use \(allowed.joined(separator: " or ")) for this path.")
        case .unknown: throw Self.noSuchPath
        }
        return true
    }

    private static let noSuchPath = AWSError("NotFound", status: 404, message: "There is no such path.")

    /// What changes something takes no orders from browsers, and with `--auth iam` only from a root key.
    func authenticateOwner(_ request: inout ChainRequest, _ admin: AdminRoutes.Entry) async throws {
        guard case .owner = admin.access else { return }
        let headers = request.head.headers
        let site = headers.first(name: "sec-fetch-site") ?? "none"
        guard !headers.contains(name: "origin"), site == "none" else {
            throw AWSError("AccessDenied", status: 403, message: "This path takes no requests from web pages.")
        }
        guard platform.configuration.authentication == .iam else { return }
        try await verify(&request, service: AdminRoutes.signingName, manner: .json)
        guard case .root = request.principal else {
            throw AWSError("AccessDeniedException", status: 403, message: "This path is for a root key only.")
        }
    }

    func runAdmin(_ request: ChainRequest, _ admin: AdminRoutes.Entry) async throws -> HTTPResponse {
        let response = try await admin.handler(
            AdminRoutes.Request(
                method: request.head.method, path: request.head.path, query: request.head.query, body: request.body))
        return HTTPResponse(
            status: response.status,
            headers: [
                .init(name: "Content-Type", value: response.contentType),
                .init(name: "x-amzn-RequestId", value: request.id),
            ], body: response.body)
    }
}
