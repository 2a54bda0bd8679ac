import ServiceKit

/// A stream, as its row and its frames know it.
struct StreamIdentity: Hashable, Sendable {
    var id: Int64
    var group: Int64
    var address: LogStreamAddress
}

/// Events to be appended to one stream.
struct AppendBatch: Sendable {
    var stream: StreamIdentity
    var events: [LogEvent]
}

/// A frame that has been written.
struct AppendedFrame: Sendable {
    var stream: StreamIdentity
    var reference: FrameReference
    var header: Frame.Header
    var messageBytes: Int
}

/// Which streams a read concerns.
enum ReadScope: Sendable {
    case stream(Int64)
    case streams([Int64])
    case group(Int64)
    case prefix(group: Int64, String)
}

/// An event as it is stored.
struct StoredEvent: Hashable, Sendable {
    var stream: Int64
    var position: EventPosition
    /// When it was accepted, milliseconds since 1970.
    var ingestion: Int64
    var message: String
}
