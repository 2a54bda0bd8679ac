import NIOCore
import Synchronization

/// The body of a request on its way from a connection to the one who makes the answer, bounded: the connection reads no further while
/// enough of it waits.
final class BodyStream: Sendable {
    /// The reader is not woken for less, unless it is the end.
    private static let piece = 256 * 1024
    /// How much may wait.
    private static let high = 1024 * 1024

    private struct State {
        var pieces: [ByteBuffer] = []
        var bytes = 0
        var hasEnded = false
        var failure: (any Error)?
        /// Nothing is read before the reader asks for it, and then not while ``high`` bytes wait.
        var isHeld = true
        var reader: CheckedContinuation<[UInt8]?, any Error>?
    }

    private let eventLoop: any EventLoop
    private let wanted: @Sendable () -> Void
    private let state = Mutex(State())

    /// `wanted` is called on the event loop when more of the body may come, first when it is asked for.
    init(eventLoop: any EventLoop, wanted: @escaping @Sendable () -> Void) {
        self.eventLoop = eventLoop
        self.wanted = wanted
    }

    // MARK: The connection's side

    /// - Returns: false if that is enough, until `wanted` is called.
    func append(_ bytes: ByteBuffer) -> Bool {
        let (reader, piece, mayGoOn) = state.withLock { state in
            state.pieces.append(bytes)
            state.bytes += bytes.readableBytes
            if state.bytes >= Self.high { state.isHeld = true }
            guard state.bytes >= Self.piece, let reader = state.reader else {
                return (nil as CheckedContinuation<[UInt8]?, any Error>?, [UInt8](), !state.isHeld)
            }
            state.reader = nil
            state.isHeld = false
            return (reader, Self.take(&state), true)
        }
        reader?.resume(returning: piece)
        return mayGoOn
    }

    /// That was all of it.
    func finish() {
        let (reader, piece) = state.withLock { state in
            state.hasEnded = true
            defer { state.reader = nil }
            return (state.reader, state.reader == nil ? nil : Self.end(&state))
        }
        reader?.resume(returning: piece)
    }

    /// It will not come whole. After ``finish()`` it has no effect.
    func fail(_ error: any Error) {
        let reader = state.withLock { state in
            if state.hasEnded { return nil as CheckedContinuation<[UInt8]?, any Error>? }
            state.failure = error
            (state.pieces, state.bytes) = ([], 0)
            defer { state.reader = nil }
            return state.reader
        }
        reader?.resume(throwing: error)
    }

    // MARK: The reader's side

    /// The next piece; nil: that was the end.
    /// - Throws: ``ExchangeClosed`` if the client has gone.
    func next() async throws -> [UInt8]? {
        try await withCheckedThrowingContinuation { continuation in
            let (answer, isWanted) = state.withLock { state -> (Result<[UInt8]?, any Error>?, Bool) in
                if let failure = state.failure { return (.failure(failure), false) }
                if state.hasEnded { return (.success(Self.end(&state)), false) }
                if state.bytes >= Self.piece {
                    let piece = Self.take(&state)
                    let isWanted = state.isHeld && state.bytes < Self.high / 2
                    if isWanted { state.isHeld = false }
                    return (.success(piece), isWanted)
                }
                state.reader = continuation
                defer { state.isHeld = false }
                return (nil, state.isHeld)
            }
            if isWanted { eventLoop.execute(wanted) }
            if let answer { continuation.resume(with: answer) }
        }
    }

    /// What waits, as far as it is one piece, in one copy.
    private static func take(_ state: inout State) -> [UInt8] {
        var count = 0
        var used = 0
        for piece in state.pieces where count < Self.piece {
            count += piece.readableBytes
            used += 1
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        for piece in state.pieces.prefix(used) { bytes.append(contentsOf: piece.readableBytesView) }
        state.pieces.removeFirst(used)
        state.bytes -= count
        return bytes
    }

    private static func end(_ state: inout State) -> [UInt8]? {
        state.bytes == 0 ? nil : take(&state)
    }
}
