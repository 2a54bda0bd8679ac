public import ServiceModel

/// What a service answers to a ``Call``.
public struct Reply: Sendable {
    /// The output: a structure by the model's member names. A blob payload member is here as well.
    public var output: WireValue
    /// The events of an operation whose output is an event stream: each a union structure with one member. The initial
    /// response is `output`.
    public var events: AsyncThrowingStream<WireValue, any Error>?

    /// The payload of an operation whose output streams, such as S3's `GetObject`. Its length has to be known. A caller that goes
    /// away lets go of it without having read it to its end.
    public var payload: (any ByteSource)?
    /// The status of the answer, where it isn't the model's: 206 for a part of an object.
    public var status: Int?

    public init(
        _ output: WireValue = .structure([:]), events: AsyncThrowingStream<WireValue, any Error>? = nil,
        payload: (any ByteSource)? = nil, status: Int? = nil
    ) {
        self.output = output
        self.events = events
        self.payload = payload
        self.status = status
    }
}
