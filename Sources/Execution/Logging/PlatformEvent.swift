import Foundation

/// The lines that the platform itself writes into a function's log.
public enum PlatformEvent: Sendable {
    case initStart(
        runtime: String, runtimeVersionARN: String, functionName: String, functionVersion: String,
        type: InitializationType = .onDemand)
    case initReport(
        duration: Double, phase: String, status: String, errorType: String?, type: InitializationType = .onDemand)
    case start(requestID: String, version: String)
    /// The runtime has ended the invocation; only text logs show it.
    case end(requestID: String)
    case report(InvocationReport)
    /// A failure that the runtime did not report itself.
    case failure(FunctionFailure, requestID: String)
    /// Something that the platform has to say, such as a runtime that was replaced.
    case warning(String)
    /// An extension after initialisation: `Ready`, or how it failed.
    case extensionState(name: String, state: String, events: [String], errorType: String?)
    /// An extension subscribed to telemetry.
    case subscription(name: String, api: TelemetrySubscription.API, kinds: [TelemetrySubscription.Kind])

    /// The event's text in the function's log format, nil where that format has none. `time` is RFC 3339 with milliseconds.
    public func text(_ format: FunctionVersion.LogFormat, time: @autoclosure () -> String) -> String? {
        format == .json ? json(time: time()).map { $0 + "\n" } : plain(time: time)
    }

    /// The level by which `SystemLogLevel` filters JSON logs.
    public var level: LogLevel {
        switch self {
        case .failure: .error
        case .warning: .warn
        case .initReport(_, _, let status, _, _) where status != "success": .info
        case .initStart, .initReport, .start, .end, .report, .extensionState, .subscription: .info
        }
    }

    private func plain(time: () -> String) -> String? {
        switch self {
        case .initStart(let runtime, let arn, _, _, _):
            return "INIT_START Runtime Version: \(runtime)\tRuntime Version ARN: \(arn)\n"
        case .initReport(let duration, let phase, let status, let errorType, _):
            // Text logs show success as the Init Duration of the first invocation, if they do.
            if status == "success" { return nil }
            let type = errorType.map { "\tError Type: \($0)" } ?? ""
            return
                "INIT_REPORT Init Duration: \(Milliseconds.text(duration)) ms\tPhase: \(phase)\tStatus: \(status)\(type)\n"
        case .start(let id, let version): return "START RequestId: \(id) Version: \(version)\n"
        case .end(let id): return "END RequestId: \(id)\n"
        case .report(let report): return report.line
        case .failure(let failure, let id):
            guard let message = failure.logMessage(requestID: id) else { return nil }
            return failure.reportStatus == "timeout" ? "\(time()) \(message)\n\n" : "\(message)\n"
        case .warning(let text): return "[WARN] \(text)\n"
        case .extensionState(let name, let state, let events, let errorType):
            let type = errorType.map { "\tError Type: \($0)" } ?? ""
            return "EXTENSION\tName: \(name)\tState: \(state)\tEvents: [\(events.joined(separator: ", "))]\(type)\n"
        case .subscription(let name, let api, let kinds):
            let types = kinds.map { $0.rawValue.capitalized }.joined(separator: ", ")
            return "\(api == .logs ? "LOGS" : "TELEMETRY")\tName: \(name)\tState: Subscribed\tTypes: [\(types)]\n"
        }
    }

    private func json(time: String) -> String? {
        switch self {
        case .initStart(let runtime, let arn, let name, let version, let type):
            return Self.text(
                "platform.initStart", time: time,
                record: [
                    ("initializationType", JSONText.string(type.rawValue)), ("phase", "\"init\""),
                    ("runtimeVersion", JSONText.string(runtime)),
                    ("runtimeVersionArn", JSONText.string(arn)), ("functionName", JSONText.string(name)),
                    ("functionVersion", JSONText.string(version)),
                ])
        case .initReport(let duration, let phase, let status, let errorType, let type):
            var record = [
                ("initializationType", JSONText.string(type.rawValue)), ("phase", JSONText.string(phase)),
                ("status", JSONText.string(status)),
                ("metrics", JSONText.raw([("durationMs", Milliseconds.text(duration))])),
            ]
            if let errorType { record.append(("errorType", JSONText.string(errorType))) }
            return Self.text("platform.initReport", time: time, record: record)
        case .start(let id, let version):
            return Self.text(
                "platform.start", time: time,
                record: [("requestId", JSONText.string(id)), ("version", JSONText.string(version))])
        case .end: return nil
        case .report(let report): return report.record(time: time)
        case .failure(let failure, let id):
            guard let message = failure.logMessage(requestID: id) else { return nil }
            return JSONText.object([
                ("timestamp", time), ("level", "ERROR"), ("requestId", id), ("errorType", failure.errorType),
                ("message", message),
            ])
        case .warning(let text): return JSONText.object([("timestamp", time), ("level", "WARN"), ("message", text)])
        case .extensionState(let name, let state, let events, let errorType):
            var record = [
                ("name", JSONText.string(name)), ("state", JSONText.string(state)),
                ("events", JSONText.strings(events)),
            ]
            if let errorType { record.append(("errorType", JSONText.string(errorType))) }
            return Self.text("platform.extension", time: time, record: record)
        case .subscription(let name, let api, let kinds):
            return Self.text(
                api == .logs ? "platform.logsSubscription" : "platform.telemetrySubscription", time: time,
                record: [
                    ("name", JSONText.string(name)), ("state", "\"Subscribed\""),
                    ("types", JSONText.strings(kinds.map(\.rawValue))),
                ])
        }
    }

    static func text(_ type: String, time: String, record: [(String, String)]) -> String {
        JSONText.raw([
            ("time", JSONText.string(time)), ("type", JSONText.string(type)), ("record", JSONText.raw(record)),
        ])
    }
}

/// Levels of Lambda's advanced logging controls.
public enum LogLevel: String, Sendable, Comparable {
    case trace = "TRACE"
    case debug = "DEBUG"
    case info = "INFO"
    case warn = "WARN"
    case error = "ERROR"
    case fatal = "FATAL"

    private var rank: Int {
        switch self {
        case .trace: 0
        case .debug: 1
        case .info: 2
        case .warn: 3
        case .error: 4
        case .fatal: 5
        }
    }

    public static func < (a: LogLevel, b: LogLevel) -> Bool { a.rank < b.rank }
}
