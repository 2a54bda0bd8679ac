public import ServiceModel
import Synchronization

/// What ports are made of: calls that one service makes of another, through the same dispatcher and with the same authorisation
/// as those from outside.
///
/// Services are made before the dispatcher that knows them; the composition root connects the two.
public final class InProcessCaller: Sendable {
    private let dispatcher = Mutex<Dispatcher?>(nil)
    /// In bytes: what a package of code may have, and some more.
    private static let largestPayload = 300 << 20

    public init() {}

    public func connect(_ dispatcher: Dispatcher) {
        self.dispatcher.withLock { $0 = dispatcher }
    }

    /// Whether this Martlet has the operation: ports say so when they are configured, not when they are used.
    public func implements(_ service: String, _ operation: String) -> Bool {
        dispatcher.withLock { $0 }?.implements(service, operation) ?? false
    }

    /// Makes a call as `principal`. Input and output are structures by the model's member names. At the deadline, an operation that
    /// waits for something, such as `ReceiveMessage`, answers with what there is. A payload that would be streamed becomes the member
    /// `Body`, as far as it is small enough to be held.
    /// - Throws: ``AWSError``.
    public func call(
        _ service: String, _ operation: String, _ input: WireValue, as principal: Principal, account: String,
        region: String, traceHeader: String? = nil, deadline: ContinuousClock.Instant? = nil
    ) async throws -> WireValue {
        guard let dispatcher = dispatcher.withLock({ $0 }) else {
            throw AWSError.notImplemented(service: service, operation: operation)
        }
        let call = Call(
            service: service, operation: operation, input: input, principal: principal, account: account,
            region: region, requestID: RandomUUID.make(), traceHeader: traceHeader, deadline: deadline)
        let reply = try await dispatcher.dispatch(call)
        guard let payload = reply.payload, case .structure(var members) = reply.output else { return reply.output }
        let tooLarge = AWSError(
            "EntityTooLarge", status: 400, message: "The object is larger than \(Self.largestPayload) bytes.")
        members["Body"] = .blob(try await payload.collect(limit: Self.largestPayload, orThrow: tooLarge))
        return .structure(members)
    }
}
