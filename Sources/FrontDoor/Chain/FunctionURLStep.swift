import NIOCore
import NIOHTTP1
import ServiceKit
import ServiceModel
import WireProtocols

/// Requests to the URLs of functions: no calls of an API, and nothing of the rest of the chain concerns them.
extension Chain {
    /// The event of a function has a limit, and so has what becomes a part of it.
    static let functionURLBodyLimit = 6_291_456

    /// Web pages may call: which ones is for the URL's own rules to say, and nobody can guess its id.
    /// - Returns: whether the request is for a function URL.
    func routeToFunctionURL(_ request: inout ChainRequest) -> Bool {
        guard let place = FunctionURLPlace(request.hostRoute, path: request.head.path) else { return false }
        request.functionURL = place
        // What goes wrong is told as Lambda tells it.
        request.wire = platform.router.wire(service: "lambda", operation: "Invoke")
        return true
    }

    func answerFunctionURL(_ request: inout ChainRequest, _ place: FunctionURLPlace, _ exchange: Exchange) async throws
    {
        guard let url = try await platform.functionURLs?.functionURL(id: place.id, region: place.region) else {
            return finish(request, Self.noFunctionURL(request), exchange)
        }
        request.region = url.region
        let asked = webRequest(request, place)
        if let preflight = url.preflight(asked) {
            return finish(request, HTTPResponse(preflight), exchange)
        }
        var caller: WebCaller?
        if url.requiresSignature {
            do {
                caller = try await self.caller(&request, region: url.region)
            } catch let error as AWSError {
                return finish(request, HTTPResponse(url.refusal(error, asked)), exchange)
            }
        }
        let answer = await url.answer(asked, caller: caller)
        var head = HTTPResponse(answer)
        // By its path a page has the origin of the platform's APIs, which its scripts must not speak for.
        if place.isByPath { head.headers.append(.init(name: "Content-Security-Policy", value: Self.apart)) }
        guard let rest = answer.rest else { return finish(request, head, exchange) }
        try await stream(rest, head, request, exchange)
    }

    /// Gives a page an origin of its own, and leaves it all else.
    private static let apart =
        "sandbox allow-downloads allow-forms allow-modals allow-popups allow-popups-to-escape-sandbox allow-scripts"

    /// As on AWS, without a word.
    private static func noFunctionURL(_ request: ChainRequest) -> HTTPResponse {
        refusal(request, status: 404, code: "ResourceNotFoundException", body: #"{"Message":null}"#)
    }

    static func tooLargeForFunctionURL(_ request: ChainRequest) -> HTTPResponse {
        refusal(
            request, status: 413, code: "RequestEntityTooLargeException",
            body: #"{"Message":"Request Entity Too Large"}"#)
    }

    private static func refusal(_ request: ChainRequest, status: Int, code: String, body: String) -> HTTPResponse {
        HTTPResponse(
            status: status,
            headers: [
                .init(name: "Content-Type", value: "application/json"), .init(name: "x-amzn-ErrorType", value: code),
                .init(name: "x-amzn-RequestId", value: request.id),
            ], body: Array(body.utf8))
    }

    // MARK: Who calls

    /// Whether a request is signed, and for Lambda, counts in every mode: what differs is whose keys are believed.
    /// - Returns: nil if the request is not signed.
    private func caller(_ request: inout ChainRequest, region: String) async throws -> WebCaller? {
        guard let accessKeyID = request.presented.accessKeyID else { return nil }
        switch caller {
        case .sandbox(let identity): request.principal = identity.principal
        case .anyone where platform.isOpen:
            if let given = request.presented.scope?.service, given != "lambda" {
                throw SignatureError.scopeService(given: given, expected: "lambda").error(.rest)
            }
            request.principal = try await openPrincipal(request)
        case .anyone: try await verify(&request, service: "lambda", region: region, manner: .rest)
        }
        let account = request.principal.account ?? platform.configuration.defaultAccount
        request.account = account
        return WebCaller(
            principal: request.principal, accessKeyID: accessKeyID,
            isAuthorized: await isAuthorized(request.principal, account: account))
    }

    private func isAuthorized(_ principal: Principal, account: String) async -> Bool {
        do {
            try await platform.dispatcher.authorize(
                principal, service: "lambda", operation: "Invoke", account: account)
            return true
        } catch {
            return false
        }
    }

    // MARK: Requests and answers

    private func webRequest(_ request: ChainRequest, _ place: FunctionURLPlace) -> WebRequest {
        let host = HostName(request.head.authority)
        let isSecure = request.connection.isSecure
        var headers = request.head.headers.map { WebRequest.Header($0.name, $0.value) }
        if !request.head.headers.contains(name: "host") {
            headers.insert(.init("host", request.head.authority), at: 0)
        }
        return WebRequest(
            id: request.id, method: request.head.method, path: place.path, query: request.head.query, headers: headers,
            body: request.body,
            domain: place.isByPath
                ? "\(place.id).lambda-url.\(request.region).localhost" : host?.name ?? request.head.authority,
            port: host?.port ?? (isSecure ? 443 : 80), isSecure: isSecure,
            source: request.connection.sourceAddress ?? "127.0.0.1")
    }

    /// Writes an answer as it comes; the next piece is asked for when the connection can take it.
    private func stream(
        _ pieces: AsyncThrowingStream<[UInt8], any Error>, _ head: HTTPResponse, _ request: ChainRequest,
        _ exchange: Exchange
    ) async throws {
        exchange.begin(head)
        do {
            if !head.body.isEmpty { try await exchange.write(head.body) }
            for try await piece in pieces { try await exchange.write(piece) }
            if Task.isCancelled { throw ExchangeClosed() }
            exchange.end()
        } catch is ExchangeClosed {
            // The loop has left the stream: its producer sees that it is terminated.
        } catch {
            // The head has promised success: only the connection can tell.
            exchange.abort()
        }
        logAccess(request, request.head, head)
    }
}

extension HTTPResponse {
    init(_ response: WebResponse) {
        self.init(
            status: response.status, headers: response.headers.map { Header(name: $0.name, value: $0.value) },
            body: response.body)
    }
}
