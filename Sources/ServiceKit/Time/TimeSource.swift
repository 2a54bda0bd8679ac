public import ServiceModel

/// The time by which due times, retention and recorded timestamps go. Tests move it. Signatures, `Date` headers, sockets
/// and running timeouts keep real time and do not ask it.
public protocol TimeSource: Sendable {
    var now: Timestamp { get }
    /// Returns when `now` has reached `time`.
    /// - Throws: `CancellationError`.
    func sleep(until time: Timestamp) async throws
}
