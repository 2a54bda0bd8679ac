import Synchronization

/// A function's answer on its way to its caller, piece by piece: a pipe of bounded size between the environment, which writes, and
/// one reader.
///
/// A reader that does not read makes the pipe full, and the function wait. One that leaves does not: as on AWS the function goes on, and
/// what it writes is thrown away. See https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html.
public final class ResponseStream: Sendable {
    public enum Part: Sendable, Hashable {
        /// Never empty.
        case bytes([UInt8])
        /// The last part.
        case end(End)
    }

    /// How the invocation ended.
    public struct End: Sendable, Hashable {
        /// `Unhandled` or `Handled`; nil for success. An error may follow bytes.
        public var functionError: String?
        /// AWS's error JSON, if there was an error.
        public var errorDetails: String?
        /// The last 4 KB of the log, if they were asked for.
        public var logTail: [UInt8]?

        public init(functionError: String? = nil, errorDetails: String? = nil, logTail: [UInt8]? = nil) {
            self.functionError = functionError
            self.errorDetails = errorDetails
            self.logTail = logTail
        }
    }

    private struct State {
        var isOpen = false
        var contentType: String?
        var buffer: [UInt8] = []
        /// The writer was told to wait.
        var isFull = false
        var onRoom: (@Sendable () -> Void)?
        var outcome: Result<End, any Error>?
        var isEndTaken = false
        var isAbandoned = false
        /// Grows with every change that a reader may wait for.
        var changes = 0
        var reader: CheckedContinuation<Void, Never>?

        /// Whom to tell that there is room, if someone waits for that.
        mutating func takeRoom() -> (@Sendable () -> Void)? {
            defer { isFull = false }
            return isFull ? onRoom : nil
        }

        mutating func changed() -> CheckedContinuation<Void, Never>? {
            changes += 1
            defer { reader = nil }
            return reader
        }
    }

    private let capacity: Int
    private let state = Mutex(State())

    /// - Parameter capacity: from how many bytes on the writer has to wait.
    public init(capacity: Int = 256 * 1024) { self.capacity = capacity }

    // MARK: Writing

    /// The function begins to stream its answer.
    /// - Parameters:
    ///   - contentType: of the bytes to come, as the function says.
    ///   - onRoom: is called, on any thread, when a writer that was told to wait may go on, or need not go on.
    public func begin(contentType: String?, onRoom: @escaping @Sendable () -> Void) {
        let reader = state.withLock { state in
            state.isOpen = true
            state.contentType = contentType
            state.onRoom = onRoom
            return state.changed()
        }
        reader?.resume()
    }

    /// - Returns: false if the writer has to wait for room before it writes more.
    public func write(_ bytes: [UInt8]) -> Bool {
        guard !bytes.isEmpty else { return true }
        let (reader, mayGoOn) = state.withLock { state -> (CheckedContinuation<Void, Never>?, Bool) in
            guard !state.isAbandoned, state.outcome == nil else { return (nil, true) }
            if state.buffer.isEmpty { state.buffer = bytes } else { state.buffer += bytes }
            state.isFull = state.buffer.count >= capacity
            return (state.changed(), !state.isFull)
        }
        reader?.resume()
        return mayGoOn
    }

    /// The invocation has ended. A payload that is no error is the answer of a function that did not stream, or the rest of one.
    public func finish(_ result: InvocationResult) {
        var end = End(logTail: result.logTail)
        if let error = result.functionError {
            end.functionError = error
            end.errorDetails = String(decoding: result.payload, as: UTF8.self)
        }
        finish(.success(end), rest: result.functionError == nil ? result.payload : [])
    }

    /// There was no invocation.
    public func fail(_ error: any Error) { finish(.failure(error), rest: []) }

    private func finish(_ outcome: Result<End, any Error>, rest: [UInt8]) {
        let (reader, onRoom) = state.withLock { state -> (CheckedContinuation<Void, Never>?, (@Sendable () -> Void)?) in
            guard state.outcome == nil else { return (nil, nil) }
            if !state.isAbandoned { state.buffer += rest }
            state.outcome = outcome
            let onRoom = state.takeRoom()
            state.onRoom = nil
            return (state.changed(), onRoom)
        }
        reader?.resume()
        onRoom?()
    }

    // MARK: Reading

    /// What the bytes are, as the function says; nil if it does not, or has not begun.
    public var contentType: String? { state.withLock { $0.contentType } }

    /// Returns when the function has begun its answer, or has ended.
    /// - Throws: what prevented the invocation; `CancellationError`, which abandons the stream.
    public func opened() async throws {
        try await take { state in
            if case .failure(let error) = state.outcome { throw error }
            return state.isOpen || state.outcome != nil ? () : nil
        }
    }

    /// All that has been written since the last part. One reader at a time.
    /// - Returns: nil after the end.
    /// - Throws: what prevented the invocation; `CancellationError`, which abandons the stream.
    public func next() async throws -> Part? {
        let (part, onRoom) = try await take { state -> (Part?, (@Sendable () -> Void)?)? in
            if !state.buffer.isEmpty {
                let bytes = state.buffer
                state.buffer = []
                return (.bytes(bytes), state.takeRoom())
            }
            if state.isEndTaken { return (nil, nil) }
            guard let end = try state.outcome?.get() else { return nil }
            state.isEndTaken = true
            return (.end(end), nil)
        }
        onRoom?()
        return part
    }

    /// Nobody reads any more.
    public func abandon() {
        let (reader, onRoom) = state.withLock { state -> (CheckedContinuation<Void, Never>?, (@Sendable () -> Void)?) in
            guard !state.isAbandoned else { return (nil, nil) }
            state.isAbandoned = true
            state.buffer = []
            let onRoom = state.takeRoom()
            state.onRoom = nil
            return (state.changed(), onRoom)
        }
        reader?.resume()
        onRoom?()
    }

    /// Tries again after every change, until there is something.
    private func take<T: Sendable>(_ body: @Sendable (inout State) throws -> T?) async throws -> T {
        try await withTaskCancellationHandler {
            while true {
                let (taken, seen) = try state.withLock { state -> (T?, Int) in
                    if state.isAbandoned { throw CancellationError() }
                    return (try body(&state), state.changes)
                }
                if let taken { return taken }
                await withCheckedContinuation { continuation in
                    let isStale = state.withLock { state in
                        guard state.changes == seen else { return true }
                        state.reader = continuation
                        return false
                    }
                    if isStale { continuation.resume() }
                }
            }
        } onCancel: {
            abandon()
        }
    }
}
