/// What one invocation used: the facts of a REPORT line.
public struct InvocationReport: Sendable, Hashable {
    public var requestID: String
    /// From the event's delivery to the runtime's answer, in milliseconds.
    public var duration: Double
    /// Of the initialisation before it, if this was the environment's first invocation, in milliseconds.
    public var initDuration: Double?
    /// The function's memory, in MiB.
    public var memorySize: Int
    /// The environment's peak so far, in bytes.
    public var peakMemory: Int64?
    /// `timeout` or `error`; nil for success (also where the handler itself failed).
    public var status: String?
    public var errorType: String?
    /// The trace's root id, if the request is traced.
    public var traceID: String?

    public init(
        requestID: String, duration: Double, initDuration: Double? = nil, memorySize: Int, peakMemory: Int64?,
        status: String? = nil, errorType: String? = nil, traceID: String? = nil
    ) {
        self.requestID = requestID
        self.duration = duration
        self.initDuration = initDuration
        self.memorySize = memorySize
        self.peakMemory = peakMemory
        self.status = status
        self.errorType = errorType
        self.traceID = traceID
    }

    /// Whole milliseconds, rounded up, at least one. Initialisation is billed too, as on AWS since August 2025.
    public var billedDuration: Int { max(1, Int((duration + (initDuration ?? 0)).rounded(.up))) }

    /// The peak in MiB, rounded up, never more than there is.
    public var maxMemoryUsed: Int {
        guard let peakMemory else { return 0 }
        return min(memorySize, Int((max(0, peakMemory) + (1 << 20) - 1) >> 20))
    }

    /// The REPORT line of a text log.
    public var line: String {
        var line = "REPORT RequestId: \(requestID)\tDuration: \(Milliseconds.text(duration)) ms"
        line +=
            "\tBilled Duration: \(billedDuration) ms\tMemory Size: \(memorySize) MB\tMax Memory Used: \(maxMemoryUsed) MB\t"
        if let initDuration { line += "Init Duration: \(Milliseconds.text(initDuration)) ms\t" }
        if let status { line += "Status: \(status)\t" }
        if let errorType, status == "error" { line += "Error Type: \(errorType)\t" }
        if let traceID { line += "XRAY TraceId: \(traceID)\t" }
        return line + "\n"
    }

    /// The `platform.report` record of a JSON log.
    public func record(time: String) -> String {
        var metrics = [
            ("durationMs", Milliseconds.text(duration)), ("billedDurationMs", String(billedDuration)),
            ("memorySizeMB", String(memorySize)), ("maxMemoryUsedMB", String(maxMemoryUsed)),
        ]
        if let initDuration { metrics.append(("initDurationMs", Milliseconds.text(initDuration))) }
        var record = [("requestId", JSONText.string(requestID)), ("metrics", JSONText.raw(metrics))]
        record.append(("status", JSONText.string(status ?? "success")))
        if let errorType { record.append(("errorType", JSONText.string(errorType))) }
        return PlatformEvent.text("platform.report", time: time, record: record)
    }
}

/// Milliseconds as log lines show them.
public enum Milliseconds {
    /// With two decimals.
    public static func text(_ value: Double) -> String {
        let hundredths = Int64((max(0, value.isFinite ? value : 0) * 100).rounded())
        let fraction = hundredths % 100
        return "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction)"
    }

    public static func of(_ duration: Duration) -> Double {
        let (seconds, attoseconds) = duration.components
        return Double(seconds) * 1000 + Double(attoseconds) / 1e15
    }
}
