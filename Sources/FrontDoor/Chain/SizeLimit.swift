import ServiceKit
import ServiceModel
import WireProtocols

extension Chain {
    /// How many bytes a request's body may have.
    func bodyLimit(_ request: ChainRequest) -> Int {
        guard let route = request.route else { return platform.configuration.limits.body }
        let limit = Self.operationLimit(route) ?? platform.configuration.limits.body
        // The framing of chunks comes on top; the payload itself is measured when it is decoded.
        return isChunked(request) ? limit + limit / 64 + 16 * 1024 : limit
    }

    /// AWS's own limits ("Lambda quotas").
    static func operationLimit(_ route: Route) -> Int? {
        guard route.service.name == "lambda" else { return nil }
        switch route.operation.name {
        case "Invoke", "InvokeAsync", "InvokeWithResponseStream": return 6_291_456
        case "CreateFunction", "UpdateFunctionCode", "PublishLayerVersion": return 70_167_211
        default: return nil
        }
    }

    func refused(_ reason: RefusalReason, _ request: ChainRequest?) -> HTTPResponse {
        guard let request else {
            switch reason {
            case .head(let error):
                return .error(
                    status: error.status, code: error.code, message: error.message, requestID: RandomUUID.make())
            case .bodyTooLarge, .overloaded:
                return .error(
                    status: 413, code: "RequestEntityTooLarge", message: "Request Entity Too Large",
                    requestID: RandomUUID.make())
            }
        }
        switch reason {
        case .head(let error):
            return failed(request, AWSError(error.code, status: error.status, message: error.message))
        case .overloaded:
            return failed(
                request,
                AWSError(
                    request.manner == .s3 ? "SlowDown" : "ServiceUnavailable", status: 503,
                    message: "The server holds as many request bodies as it may. Please reduce your request rate."))
        case .bodyTooLarge where request.functionURL != nil: return Self.tooLargeForFunctionURL(request)
        case .bodyTooLarge: return failed(request, Self.tooLarge(request.route, limit: payloadLimit(request)))
        }
    }

    /// Without the framing.
    func payloadLimit(_ request: ChainRequest) -> Int {
        if let route = request.route, Self.takesStream(route) { return Self.objectLimit }
        return request.route.flatMap(Self.operationLimit) ?? platform.configuration.limits.body
    }

    static func tooLarge(_ route: Route?, limit: Int) -> AWSError {
        guard let route else {
            return AWSError(
                "RequestEntityTooLarge", status: 413, message: "Request must be smaller than \(limit) bytes")
        }
        if route.wire.kind == .restXML {
            return AWSError(
                "EntityTooLarge", status: 400, message: "Your proposed upload exceeds the maximum allowed size",
                fields: ["MaxSizeAllowed": .string(String(limit))])
        }
        let isInvoke = route.service.name == "lambda" && route.operation.name == "Invoke"
        return AWSError(
            "RequestEntityTooLargeException", status: 413,
            message: "Request must be smaller than \(limit) bytes for the "
                + "\(isInvoke ? "InvokeFunction" : route.operation.name) operation")
    }
}
