public import ServiceModel
import Synchronization

/// What ports are made of: calls that one service makes of another, through the same dispatcher and with the same authorisation
/// as those from outside.
///
/// Services are made before the dispatcher that knows them; the composition root connects the two.
public final class InProcessCaller: Sendable {
    private let dispatcher = Mutex<Dispatcher?>(nil)

    public init() {}

    public func connect(_ dispatcher: Dispatcher) {
        self.dispatcher.withLock { $0 = dispatcher }
    }

    /// Whether this Martlet has the operation: ports say so when they are configured, not when they are used.
    public func implements(_ service: String, _ operation: String) -> Bool {
        dispatcher.withLock { $0 }?.implements(service, operation) ?? false
    }

    /// Makes a call as `principal`. Input and output are structures by the model's member names. At the deadline, an operation that
    /// waits for something, such as `ReceiveMessage`, answers with what there is.
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
        return try await dispatcher.dispatch(call).output
    }
}
