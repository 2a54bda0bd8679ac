import DataPlane
import Execution

extension StatusOutline {
    /// For people.
    var text: String {
        var parts = [overview]
        if !dataPlane.functions.isEmpty { parts.append(functions) }
        if !recent.functions.isEmpty { parts.append(metrics) }
        if !dataPlane.environments.isEmpty { parts.append(environments) }
        if !dataPlane.lastInvocations.isEmpty { parts.append(invocations) }
        if let stems = dataPlane.stems, !stems.kinds.isEmpty { parts.append(Self.table(of: stems)) }
        return parts.joined(separator: "\n\n")
    }

    private var overview: String {
        let counts = dataPlane.counts
        let environments = dataPlane.environmentCounts
        let stems = dataPlane.stems
        return """
              invocations: \(counts.invocations), \(counts.errors) with an error, \(counts.timeouts) of them timed out; \
            \(counts.coldStarts) cold starts
              idle cost: environments \(Self.megabytes(environments.idleMemory)) MB (\(environments.idle + environments.frozen)), \
            stems \(Self.megabytes(stems?.memory ?? 0)) MB (\(stems?.ready ?? 0)), Martlet itself \(Self.megabytes(memory)) MB
            """ + (machineMemory.map { "\n  memory: \($0.text)" } ?? "")
    }

    private var functions: String {
        var table = TextTable([
            "Function", "runs", "errors", "timed out", "cold", "mean", "p50", "p99", "max", "init p50", "p99",
            "MB used",
            "of", "throttled", "busy", "idle",
        ])
        for function in dataPlane.functions {
            let name = function.version == "$LATEST" ? function.name : "\(function.name):\(function.version)"
            table.add(
                [name] + Self.cells(function.counts) + [String(function.counts.coldStarts)]
                    + Self.cells(function.duration) + Self.cells(function.initialization, short: true)
                    + [
                        Self.megabytes(function.maxMemoryUsed), String(function.memorySize),
                        Self.throttled(function.processor), String(function.environments.busy),
                        String(function.environments.idle + function.environments.frozen),
                    ])
        }
        return table.text + Self.more(dataPlane.functionCount - dataPlane.functions.count)
    }

    private var metrics: String {
        var table = TextTable(["Last 15 minutes of", "invocations", "errors", "throttles", "most at once"])
        for function in recent.functions {
            let counts = [function.invocations, function.errors, function.throttles, function.concurrentExecutions]
            table.add([function.name] + counts.map(String.init))
        }
        return table.text + Self.more(recent.functionCount - recent.functions.count)
    }

    private var environments: String {
        var table = TextTable([
            "Environment", "of", "is", "age", "runs", "errors", "timed out", "init", "mean", "p50", "p99", "max",
            "MB now", "most", "throttled",
        ])
        for environment in dataPlane.environments {
            let row = [
                String(environment.id.suffix(12)), environment.function, environment.state.rawValue,
                Self.age(environment.age),
            ]
            table.add(
                row + Self.cells(environment.counts) + [Self.milliseconds(environment.initialization)]
                    + Self.cells(environment.duration)
                    + [
                        environment.memory.map(Self.megabytes) ?? "-",
                        environment.maxMemoryUsed.map(Self.megabytes) ?? "-", Self.throttled(environment.processor),
                    ])
        }
        return table.text + Self.more(dataPlane.environmentCounts.total - dataPlane.environments.count)
    }

    private var invocations: String {
        var table = TextTable([
            "Last invocation of", "ago", "ended in", "failed init", "start", "init", "delivery", "run", "completion",
            "total",
        ])
        for invocation in dataPlane.lastInvocations {
            let times = invocation.times
            table.add([
                invocation.function, Self.age(invocation.secondsAgo), times.outcome.rawValue,
                times.failedInitialization.map(Self.milliseconds) ?? "-", times.start.map(Self.milliseconds) ?? "-",
                times.initialization.map(Self.milliseconds) ?? "-", Self.milliseconds(times.delivery),
                Self.milliseconds(times.run), Self.milliseconds(times.completion), Self.milliseconds(times.total),
            ])
        }
        return table.text
    }

    private static func table(of stems: DataPlaneStatus.Stems) -> String {
        var table = TextTable(["Stems of", "there", "MB"])
        for kind in stems.kinds { table.add([kind.name, String(kind.count), megabytes(kind.memory)]) }
        return table.text
    }

    // MARK: Cells

    private static func cells(_ counts: DataPlaneStatus.Counts) -> [String] {
        [counts.invocations, counts.errors, counts.timeouts].map(String.init)
    }

    private static func cells(_ summary: DurationSummary, short: Bool = false) -> [String] {
        let values = short ? [summary.p50, summary.p99] : [summary.mean, summary.p50, summary.p99, summary.max]
        return values.map { summary.count == 0 ? "-" : milliseconds($0) }
    }

    /// For how long, of the processor time that it had and might have had.
    private static func throttled(_ processor: DataPlaneStatus.Processor?) -> String {
        guard let processor else { return "-" }
        return processor.throttledPeriods == 0 ? "0" : age(processor.throttled)
    }

    private static func more(_ count: Int) -> String { count > 0 ? "\n… and \(count) more (--all)" : "" }

    private static func milliseconds(_ value: Double) -> String {
        decimal(value, digits: value < 10 ? 2 : value < 100 ? 1 : 0)
    }

    private static func megabytes(_ bytes: Int64) -> String {
        let value = Double(bytes) / Double(1 << 20)
        return decimal(value, digits: value < 10 ? 1 : 0)
    }

    private static func age(_ seconds: Double) -> String {
        switch seconds {
        case ..<1: "\(Int(seconds * 1000)) ms"
        case ..<120: "\(Int(seconds)) s"
        case ..<7200: "\(Int(seconds) / 60) min"
        default: "\(Int(seconds) / 3600) h"
        }
    }

    private static func decimal(_ value: Double, digits: Int) -> String {
        let scale = digits == 2 ? 100.0 : digits == 1 ? 10.0 : 1.0
        let whole = Int64((value * scale).rounded())
        guard digits > 0 else { return String(whole) }
        let fraction = String(whole % Int64(scale))
        return "\(whole / Int64(scale))." + String(repeating: "0", count: digits - fraction.count) + fraction
    }
}

extension MachineMemory.Headroom {
    /// For people.
    var text: String {
        "\(available >> 20) MB left of \(total >> 20) MB" + (limitedBy.map { ", the limit of \($0)" } ?? "")
    }
}
