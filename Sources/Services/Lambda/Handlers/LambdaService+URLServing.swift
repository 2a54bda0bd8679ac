import Execution
import Logging
public import ServiceKit
import ServiceModel

extension LambdaService: FunctionURLs {
    public func functionURL(id: String, region: String?) async throws -> (any FunctionURL)? {
        guard FunctionURLRecord.isID(id), let url = try await url(id: id), region ?? url.key.region == url.key.region
        else { return nil }
        return ServedURL(url: url, service: self)
    }

    /// From memory, unless the catalogue is not certain.
    private func url(id: String) async throws -> FunctionURLRecord? {
        var key = urlIndex.key(id: id)
        if key == nil, !catalog.isCertain { key = try await store.read { try $0.url(id: id)?.key } }
        guard let key, let function = try await known(key) else { return nil }
        return function.urls.values.first { $0.id == id }
    }

    /// The version that a URL stands for, if its caller may invoke it.
    /// - Returns: nil if not, or if there is no such version any more.
    fileprivate func version(_ url: FunctionURLRecord, for caller: WebCaller?) async throws -> VersionRecord? {
        guard caller != nil || !url.requiresSignature, let function = try await known(url.key) else { return nil }
        let principal = caller?.principal ?? .anonymous
        let isOwn = principal.account == url.key.account
        if !(isOwn && caller?.isAuthorized == true) {
            // For a stranger both sides have to agree; of those at home the function's word is enough.
            guard caller == nil || isOwn || caller?.isAuthorized == true,
                InvocationAccess.url(authType: url.authType).isGranted(
                    by: function.policy(url.qualifier), to: principal)
            else { return nil }
        }
        return function.version(for: url.qualifier) { Double.random(in: 0..<1) }
    }
}

/// A function URL as the front door serves it.
private struct ServedURL: FunctionURL {
    let url: FunctionURLRecord
    let service: LambdaService

    var requiresSignature: Bool { url.requiresSignature }
    var region: String { url.key.region }

    func preflight(_ request: WebRequest) -> WebResponse? {
        guard var response = url.cors?.preflight(request) else { return nil }
        response.headers.append(.init("x-amzn-RequestId", request.id))
        return response
    }

    func refusal(_ error: AWSError, _ request: WebRequest) -> WebResponse {
        finished(URLRefusal.response(error), request)
    }

    func answer(_ request: WebRequest, caller: WebCaller?) async -> WebResponse {
        let trace = TraceHeader(request["x-amzn-trace-id"], now: service.time.now.milliseconds / 1000)
        var response: WebResponse
        do {
            guard let version = try await service.version(url, for: caller) else { throw URLRefusal.forbidden }
            response = try await run(version, request, caller, trace)
        } catch {
            response = URLRefusal.response(error)
            let isExpected =
                error is AWSError || error is URLAnswer.Malformed || error is StreamedURLAnswer.Broken
                || error is CancellationError
            if !isExpected {
                service.logger.error(
                    "A function URL failed unexpectedly", metadata: ["error": "\(String(reflecting: error))"])
            }
        }
        response.headers.append(.init("X-Amzn-Trace-Id", trace.value))
        return finished(response, request)
    }

    private func finished(_ response: WebResponse, _ request: WebRequest) -> WebResponse {
        var response = response
        url.cors?.apply(to: &response.headers, origin: request["origin"])
        response.headers.append(.init("x-amzn-RequestId", request.id))
        return response
    }

    private func run(
        _ version: VersionRecord, _ request: WebRequest, _ caller: WebCaller?, _ trace: TraceHeader
    ) async throws -> WebResponse {
        let event = URLEvent(request: request, url: url, caller: caller, trace: trace.value, now: service.time.now)
        let payload = event.json
        guard payload.count <= LambdaLimits.synchronousPayload else { throw URLRefusal.tooLarge }
        try service.requireStarted(version)
        let function = try await service.function(version)
        let invocation = Execution.InvocationRequest(
            requestID: request.id, payload: payload, invokedFunctionARN: url.arn, traceHeader: trace.value)
        if url.streams {
            return try await StreamedURLAnswer(try await service.invoker.invokeStreaming(function, invocation))
                .response()
        }
        let result = try await service.invoker.invoke(function, invocation)
        if result.functionError != nil { return URLRefusal.functionFailed }
        return try URLAnswer.response(result.payload)
    }
}
