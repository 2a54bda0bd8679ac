import ServiceKit
import Synchronization

/// The payload of a request that is read while it arrives, verified on its way.
final class PayloadSource: ByteSource {
    private struct State {
        var reader: PayloadReader
        var hasEnded = false
    }

    let length: Int?
    private let stream: BodyStream
    private let describe: @Sendable (PayloadError) -> AWSError
    private let state: Mutex<State>

    /// `describe` says what the client is told.
    init(
        _ stream: BodyStream, _ reader: PayloadReader, length: Int?,
        describe: @escaping @Sendable (PayloadError) -> AWSError
    ) {
        self.stream = stream
        self.length = length
        self.describe = describe
        state = Mutex(State(reader: reader))
    }

    var trailers: [(name: String, value: String)] {
        state.withLock { $0.hasEnded ? $0.reader.trailers : [] }
    }

    func next() async throws -> [UInt8]? {
        do {
            while let bytes = try await stream.next() {
                let payload = try state.withLock { try $0.reader.take(bytes) }
                // The framing alone is no piece.
                if !payload.isEmpty { return payload }
            }
            try state.withLock { state in
                try state.reader.end()
                state.hasEnded = true
            }
            return nil
        } catch let error as PayloadError {
            throw describe(error)
        }
    }
}
