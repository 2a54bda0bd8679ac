public import ServiceModel

/// What subscribers of the Telemetry API and the Logs API are told. Follows
/// https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html and …/runtimes-logs-api.html.
public enum TelemetryEvent: Sendable {
    /// What the platform also writes into the log.
    case platform(PlatformEvent)
    case initRuntimeDone(phase: String, status: String, errorType: String?, type: InitializationType = .onDemand)
    case runtimeDone(RuntimeDone)
    case function(String)
    case `extension`(String)
    case logsDropped(records: Int, bytes: Int)

    /// How the runtime ended an invocation.
    public struct RuntimeDone: Sendable, Hashable {
        public var requestID: String
        /// `success`, `failure`, `error` or `timeout`.
        public var status: String
        public var errorType: String?
        /// In milliseconds.
        public var duration: Double
        /// Bytes of the answer.
        public var produced: Int
        /// The `X-Amzn-Trace-Id` of the invocation.
        public var trace: String?
        public var spans: [Span]

        public init(
            requestID: String, status: String, errorType: String? = nil, duration: Double, produced: Int,
            trace: String? = nil, spans: [Span] = []
        ) {
            self.requestID = requestID
            self.status = status
            self.errorType = errorType
            self.duration = duration
            self.produced = produced
            self.trace = trace
            self.spans = spans
        }
    }

    /// A part of an invocation.
    public struct Span: Sendable, Hashable {
        public enum Name: String, Sendable {
            /// From the event's delivery to the beginning of the answer.
            case responseLatency
            /// From there to the answer's end.
            case responseDuration
        }

        public var name: Name
        public var start: Timestamp
        /// In milliseconds.
        public var duration: Double

        public init(_ name: Name, start: Timestamp, duration: Double) {
            self.name = name
            self.start = start
            self.duration = duration
        }
    }

    /// Which subscribers want it.
    public var kind: TelemetrySubscription.Kind {
        switch self {
        case .function: .function
        case .extension: .extension
        case .platform, .initRuntimeDone, .runtimeDone, .logsDropped: .platform
        }
    }

    /// The event as JSON, in a subscriber's schema; nil if that has no such event. `time` is RFC 3339 with milliseconds.
    public func json(_ subscription: TelemetrySubscription, time: String) -> String? {
        switch self {
        case .function(let text): return Self.event("function", time, JSONText.string(Self.line(text)))
        case .extension(let text): return Self.event("extension", time, JSONText.string(Self.line(text)))
        case .logsDropped(let records, let bytes):
            let reason = "Consumer seems to have fallen behind as it has not acknowledged receipt of logs."
            return Self.event(
                "platform.logsDropped", time,
                JSONText.raw([
                    ("reason", JSONText.string(reason)), ("droppedRecords", String(records)),
                    ("droppedBytes", String(bytes)),
                ]))
        case .initRuntimeDone(let phase, let status, let errorType, let type):
            guard subscription.api == .telemetry else { return nil }
            var record = [
                ("initializationType", JSONText.string(type.rawValue)), ("phase", JSONText.string(phase)),
                ("status", JSONText.string(status)),
            ]
            if let errorType { record.append(("errorType", JSONText.string(errorType))) }
            return Self.event("platform.initRuntimeDone", time, JSONText.raw(record))
        case .runtimeDone(let done):
            if subscription.api == .logs, subscription.schema == "2020-08-15" { return nil }
            return Self.event("platform.runtimeDone", time, done.record(subscription.api))
        case .platform(let event):
            return subscription.api == .telemetry
                ? event.telemetry(time: time) : event.logsAPI(time: time)
        }
    }

    /// A printed line ends with its newline; the event of it does not.
    private static func line(_ text: String) -> String {
        text.hasSuffix("\n") ? String(text.dropLast()) : text
    }

    static func event(_ type: String, _ time: String, _ record: String) -> String {
        JSONText.raw([("time", JSONText.string(time)), ("type", JSONText.string(type)), ("record", record)])
    }
}

extension TelemetryEvent.RuntimeDone {
    fileprivate func record(_ api: TelemetrySubscription.API) -> String {
        var record = [("requestId", JSONText.string(requestID)), ("status", JSONText.string(status))]
        guard api == .telemetry else { return JSONText.raw(record) }
        if let errorType { record.append(("errorType", JSONText.string(errorType))) }
        record.append(
            (
                "metrics",
                JSONText.raw([("durationMs", Milliseconds.text(duration)), ("producedBytes", String(produced))])
            ))
        if !spans.isEmpty {
            let texts = spans.map { span in
                JSONText.raw([
                    ("name", JSONText.string(span.name.rawValue)), ("start", JSONText.string(span.start.rfc3339)),
                    ("durationMs", Milliseconds.text(span.duration)),
                ])
            }
            record.append(("spans", "[\(texts.joined(separator: ","))]"))
        }
        if let trace {
            record.append(("tracing", JSONText.object([("type", "X-Amzn-Trace-Id"), ("value", trace)])))
        }
        return JSONText.raw(record)
    }
}
