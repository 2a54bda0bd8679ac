import Execution
import NIOCore
import ServiceKit
import ServiceModel

/// The log of one environment: what its processes print and what the platform says of them, in order.
///
/// Confined to the environment's event loop.
final class EnvironmentLog: @unchecked Sendable {
    let address: LogStreamAddress
    private let function: FunctionVersion
    private let writer: any LogWriter
    private let time: any TimeSource
    private let loop: any EventLoop
    private let systemLevel: LogLevel
    private var parser = OutputParser()
    /// What is not handed over yet; grows only by what was read before the writer was found full.
    private var events: [LogEvent] = []
    /// Bytes of text in ``events``.
    private var backlog = 0
    private var tail: [UInt8]?
    private(set) var isBlocked = false
    /// Whether so much waits for a full writer that nothing more should be read.
    var isOverfull: Bool { isBlocked && backlog > 1 << 18 }
    /// Called when a full writer has taken everything.
    var onUnblocked: (() -> Void)?
    /// Told of everything, as long as there may be somebody to tell.
    var telemetry: TelemetryHub?

    init(
        _ function: FunctionVersion, address: LogStreamAddress, writer: any LogWriter, time: any TimeSource,
        loop: any EventLoop
    ) {
        self.function = function
        self.address = address
        self.writer = writer
        self.time = time
        self.loop = loop
        systemLevel = function.systemLogLevel.flatMap(LogLevel.init) ?? .info
    }

    /// The time of what is said now.
    var now: Timestamp { time.now }

    /// Begins to keep the last bytes of the log, for `LogType=Tail`.
    func beginTail() { tail = [] }

    /// The end of the log since ``beginTail()``.
    func takeTail() -> [UInt8]? {
        defer { tail = nil }
        return tail.map { Array($0.suffix(InvocationLimits.logTail)) }
    }

    /// Takes what the processes printed. Call ``flush()`` after.
    func output(_ bytes: some Collection<UInt8>) {
        let now = time.now
        parser.consume(bytes) { self.line($0, at: now) }
    }

    /// An invocation has ended: an unfinished line is complete.
    func lineEnded(at now: Timestamp) {
        parser.finishLine { self.line($0, at: now) }
    }

    /// The processes have ended: an unfinished line or record is complete.
    func outputEnded() {
        let now = time.now
        parser.finish { self.line($0, at: now) }
    }

    func platform(_ event: PlatformEvent) { platform(event, at: time.now) }

    func platform(_ event: PlatformEvent, at now: Timestamp) {
        telemetry?.add(.platform(event), at: now)
        if function.logFormat == .json && event.level < systemLevel { return }
        guard let text = event.text(function.logFormat, time: now.rfc3339) else { return }
        append(text, at: now)
    }

    /// Something that an extension printed.
    func extensionLine(_ text: String) {
        let now = time.now
        append(text, at: now)
        telemetry?.add(.extension(text), at: now)
    }

    private func line(_ text: String, at now: Timestamp) {
        append(text, at: now)
        telemetry?.add(.function(text), at: now)
    }

    /// Hands everything over, or waits for room: then ``isBlocked`` holds until ``onUnblocked``.
    func flush() {
        guard !events.isEmpty, !isBlocked else { return }
        if writer.offer(events) {
            events.removeAll(keepingCapacity: true)
            backlog = 0
            return
        }
        isBlocked = true
        let taken = events
        events = []
        backlog = 0
        Task { [writer, loop] in
            await writer.append(taken)
            loop.execute {
                self.isBlocked = false
                self.flush()
                if !self.isBlocked { self.onUnblocked?() }
            }
        }
    }

    func close() {
        flush()
        if !isBlocked {
            writer.close()
        } else {
            onUnblocked = { [writer] in writer.close() }
        }
    }

    private func append(_ text: String, at now: Timestamp) {
        if tail != nil {
            tail?.append(contentsOf: text.utf8)
            if let count = tail?.count, count > 4 * InvocationLimits.logTail {
                tail?.removeFirst(count - InvocationLimits.logTail)
            }
        }
        events.append(LogEvent(timestamp: now, message: text))
        backlog += text.utf8.count
    }
}
