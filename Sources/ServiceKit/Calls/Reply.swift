public import ServiceModel

/// What a service answers to a ``Call``.
public struct Reply: Sendable {
    /// The output: a structure by the model's member names. A blob payload member is here as well.
    public var output: WireValue
    /// The events of an operation whose output is an event stream: each a union structure with one member. The initial
    /// response is `output`.
    public var events: AsyncThrowingStream<WireValue, any Error>?

    public init(_ output: WireValue = .structure([:]), events: AsyncThrowingStream<WireValue, any Error>? = nil) {
        self.output = output
        self.events = events
    }
}
