import Logging
import ServiceKit
import ServiceModel
import WireProtocols

extension Chain {
    /// A good answer. `status` is given if it isn't the model's.
    func serialize(
        _ output: WireValue, _ request: ChainRequest, _ route: Route, status: Int? = nil
    ) -> HTTPResponse {
        var answer = response(route.wire.serializeOutput(output, requestID: request.id), request)
        if let status { answer.status = status }
        return answer
    }

    /// An error, in the shape of the protocol as far as it is known. What is not for the caller's eyes goes to the log.
    func failed(_ request: ChainRequest, _ error: any Error) -> HTTPResponse {
        var answer: AWSError
        switch error {
        case let error as AWSError: answer = error
        case is CancellationError, is ExchangeClosed:
            // Nobody hears it; and what a client does is no fault of the server's.
            platform.logger.debug(
                "A client has gone", metadata: ["request": "\(request.id)", "operation": "\(request.operationName)"])
            answer = AWSError("RequestAbortedException", status: 499, message: "The client has gone.")
        default:
            answer = .internalFailure
            platform.logger.error(
                "A call failed unexpectedly",
                metadata: [
                    "request": "\(request.id)", "operation": "\(request.operationName)",
                    "error": "\(String(reflecting: error))",
                ])
        }
        guard let wire = request.wire else {
            var generic = HTTPResponse.error(
                status: answer.status, code: answer.code, message: answer.message, requestID: request.id)
            if let origin = request.allowedOrigin { generic.headers += OriginRules.headers(for: origin) }
            return generic
        }
        return response(wire.serializeError(answer, requestID: request.id), request)
    }

    func response(_ parts: HTTPResponseParts, _ request: ChainRequest) -> HTTPResponse {
        var headers = parts.headers.map { HTTPResponse.Header(name: $0.name, value: $0.value) }
        if let origin = request.allowedOrigin { headers += OriginRules.headers(for: origin) }
        headers += request.pageHeaders
        return HTTPResponse(status: parts.status, headers: headers, body: parts.body)
    }
}

extension ChainRequest {
    /// For logs: `lambda:Invoke`.
    var operationName: String {
        if admin != nil { return "\(head.method) \(head.path)" }
        if let functionURL { return "function URL \(functionURL.id)" }
        return route.map { "\($0.service.name):\($0.operation.name)" } ?? "unknown"
    }
}
