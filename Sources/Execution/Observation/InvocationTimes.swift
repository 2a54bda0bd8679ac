/// Where the time of one invocation went, in milliseconds.
public struct InvocationTimes: Sendable, Hashable, Codable {
    public var requestID: String
    public var outcome: InvocationOutcome
    /// Of a cold start whose first initialisation failed: all that this attempt took.
    public var failedInitialization: Double?
    /// Of a cold start: until the sandbox was there, with the function's code and credentials.
    public var start: Double?
    /// Of a cold start: until the runtime asked for an event.
    public var initialization: Double?
    /// From its acceptance by the environment until the runtime had the event: waking the environment, if it was frozen.
    public var delivery: Double
    /// Until the runtime's answer.
    public var run: Double
    /// Until the runtime asked for the next event, and the log was complete. The caller does not wait for this, unless it wants the log.
    public var completion: Double
    /// All that the caller waited for: until the answer, or, with the log, until that was complete.
    public var total: Double

    public init(
        requestID: String, outcome: InvocationOutcome, failedInitialization: Double? = nil, start: Double? = nil,
        initialization: Double? = nil, delivery: Double, run: Double, completion: Double, total: Double
    ) {
        self.requestID = requestID
        self.outcome = outcome
        self.failedInitialization = failedInitialization
        self.start = start
        self.initialization = initialization
        self.delivery = delivery
        self.run = run
        self.completion = completion
        self.total = total
    }
}
