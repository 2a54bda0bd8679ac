extension PlatformEvent {
    /// The event in the Telemetry API's schema; nil where that has none.
    func telemetry(time: String) -> String? {
        switch self {
        case .initStart, .initReport, .start, .report, .extensionState, .subscription:
            text(.json, time: time)?.trimmingNewline
        case .end, .failure, .warning: nil
        }
    }

    /// The event in the Logs API's schema; nil where that has none.
    func logsAPI(time: String) -> String? {
        switch self {
        case .start, .extensionState, .subscription: return text(.json, time: time)?.trimmingNewline
        case .end(let id): return Self.text("platform.end", time: time, record: [("requestId", JSONText.string(id))])
        case .report(let report): return report.record(time: time)
        case .failure(let failure, let id):
            guard let message = failure.logMessage(requestID: id) else { return nil }
            return TelemetryEvent.event("platform.fault", time, JSONText.string(message))
        case .initStart, .initReport, .warning: return nil
        }
    }
}

extension String {
    fileprivate var trimmingNewline: String { hasSuffix("\n") ? String(dropLast()) : self }
}
