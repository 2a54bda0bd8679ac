import Logging
import ServiceKit
import WireProtocols

/// Everything that happens to a request, in order. Each step is a file beside this one.
struct Chain: Responder {
    let platform: Platform
    let caller: Caller

    /// What can be told from the head, before a body is read.
    func admit(_ head: RequestHead, on connection: ConnectionInfo) -> Admission<ChainRequest> {
        var request = ChainRequest(head, connection, defaultRegion: region)  // request id, what the signature claims
        do {
            try checkHost(&request)  // unknown names: 403
            if routeToFunctionURL(&request) { return .accept(request, limit: Self.functionURLBodyLimit) }
            if let preflight = try checkOrigin(&request) { return .refuse(preflight) }  // foreign pages: 403; CORS
            if try routeToAdmin(&request) { return .accept(request, limit: Self.adminBodyLimit) }
            if request.page?.isPreflight == true { return .accept(request, limit: 0) }
            if routeToObjectForm(&request) { return .stream(request, limit: Self.objectLimit + 1024 * 1024) }
            try routeByHead(&request)  // target header, CBOR path, REST path, query action in the URL
            if let limit = try streamLimit(request) { return .stream(request, limit: limit) }  // objects
            return .accept(request, limit: bodyLimit(request))  // what is larger is refused unread
        } catch {
            return .refuse(failed(request, error))
        }
    }

    /// Plain invocations may take a shortcut past all that follows; what it takes would pass every step.
    func desk(for connection: ConnectionInfo) -> InvocationDesk? {
        InvocationDesk(platform, caller: caller, connection: connection)
    }

    /// The whole request.
    func answer(_ incoming: IncomingRequest, _ ticket: ChainRequest, to exchange: Exchange) -> (@Sendable () -> Void)? {
        let executor = ticket.isBrief ? LoopExecutor(exchange.eventLoop) : nil
        let task = Task(executorPreference: executor) {
            var request = ticket
            request.body = incoming.body
            request.stream = incoming.stream
            await run(&request, exchange)
        }
        return { task.cancel() }
    }

    private func run(_ request: inout ChainRequest, _ exchange: Exchange) async {
        do {
            if let admin = request.admin {
                try await authenticateOwner(&request, admin)
                return finish(request, try await runAdmin(request, admin), exchange)
            }
            if let url = request.functionURL { return try await answerFunctionURL(&request, url, exchange) }
            if let page = request.page, let preflight = try await checkPage(&request, page) {
                return finish(request, preflight, exchange)
            }
            if let form = request.form { return try await answerObjectForm(&request, form, exchange) }
            let route = try routeByBody(&request)  // query action in the body
            try await authenticate(&request, route)  // SigV4 → principal, account, region
            try await authorize(request, route)
            try decodePayload(&request, route)  // aws-chunked, trailers, checksums
            try checkDigests(request, route)  // Content-MD5 and checksums of documents
            var call = try parseAndValidate(request, route)
            call.facts = request.facts
            let reply = try await platform.dispatcher.perform(call)  // the service
            if let events = reply.events { return try await stream(events, reply.output, request, route, exchange) }
            if let payload = reply.payload { return try await send(payload, reply, request, route, exchange) }
            finish(request, serialize(reply.output, request, route, status: reply.status), exchange)
        } catch {
            finish(request, failed(request, error), exchange)
        }
    }

    /// Refused by the connection while it arrived.
    func refusal(_ reason: RefusalReason, _ head: RequestHead?, _ ticket: ChainRequest?) -> HTTPResponse {
        let response = refused(reason, ticket)
        logAccess(ticket, head, response)
        return response
    }

    func finish(_ request: ChainRequest, _ response: HTTPResponse, _ exchange: Exchange) {
        exchange.finish(response)
        logAccess(request, request.head, response)
    }
}

/// What the chain of every listener stands on.
struct Platform: Sendable {
    var configuration: FrontDoorConfiguration
    var hosts: HostRules
    var origins: OriginRules
    var router: RequestRouter
    var dispatcher: Dispatcher
    var credentials: any CredentialResolver
    var verifier: SignatureVerifier
    var admin: AdminRoutes
    /// nil: every invocation goes through the chain.
    var invocations: (any InvocationLane)?
    /// nil: there are no buckets.
    var buckets: (any BucketPages)?
    /// nil: functions have no URLs.
    var functionURLs: (any FunctionURLs)?
    var logger: Logger
    /// Real time, in seconds since the epoch.
    var clock: @Sendable () -> Int64
}

/// Who is behind a listener.
enum Caller: Sendable {
    /// Whoever signs.
    case anyone
    /// The function in one sandbox, whatever it signs with.
    case sandbox(SandboxIdentity)
}
