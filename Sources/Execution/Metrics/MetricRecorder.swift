public import ServiceKit
public import ServiceModel

/// The minutes of the namespace `AWS/Lambda` that are kept in memory: the last quarter of an hour, and no more series than there is room
/// for. A pure value. Names, dimensions and units are those of
/// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html.
public struct MetricRecorder: Sendable {
    private struct Key: Hashable {
        var account: String
        var region: String
        var name: String
        var dimensions: [MetricDimension]
    }

    private struct Minute {
        var begin: Int64
        var values: [Key: MetricValues] = [:]
    }

    /// The oldest first.
    private var minutes: [Minute] = []
    private let most: Int
    /// Values that there was no room for.
    public private(set) var dropped = 0

    /// How many minutes are kept.
    static let kept = 15

    /// - Parameter most: how many values are kept of one minute.
    public init(most: Int = 20_000) { self.most = most }

    /// Adds what was seen of a source's invocations.
    public mutating func add(_ seen: InvocationStatistics, of source: InvocationSource, at now: Timestamp) {
        let invocations = seen.invocations
        var errors = MetricValues()
        errors.add(0, count: invocations - seen.errors)
        errors.add(1, count: seen.errors)
        var throttles = MetricValues()
        throttles.add(0, count: invocations)
        throttles.add(1, count: seen.throttles)
        var ones = MetricValues()
        ones.add(1, count: invocations)
        for dimensions in Self.dimensions(source) {
            add("Throttles", source.function, dimensions, throttles, at: now)
            add("Invocations", source.function, dimensions, ones, at: now)
            add("Errors", source.function, dimensions, errors, at: now)
            add("Duration", source.function, dimensions, seen.duration.values, at: now)
        }
    }

    /// Adds what ran at most.
    public mutating func add(_ peaks: ConcurrencyPeaks, at now: Timestamp) {
        for account in peaks.accounts {
            let name = FunctionName(account: account.account, region: account.region, name: "")
            add("ConcurrentExecutions", name, [], MetricValues(Double(account.running)), at: now)
            add("UnreservedConcurrentExecutions", name, [], MetricValues(Double(account.unreserved)), at: now)
            add("ClaimedAccountConcurrency", name, [], MetricValues(Double(account.claimed)), at: now)
        }
        for function in peaks.functions {
            let dimensions = [MetricDimension("FunctionName", function.name.name)]
            add("ConcurrentExecutions", function.name, dimensions, MetricValues(Double(function.running)), at: now)
        }
        for use in peaks.provisioned {
            let dimensions = [
                MetricDimension("FunctionName", use.name.name),
                MetricDimension("Resource", "\(use.name.name):\(use.qualifier)"),
            ]
            if use.requested > 0 {
                let utilization = Double(use.running) / Double(use.requested)
                add("ProvisionedConcurrentExecutions", use.name, dimensions, MetricValues(Double(use.running)), at: now)
                add("ProvisionedConcurrencyUtilization", use.name, dimensions, MetricValues(utilization), at: now)
            }
            for (metric, count) in [
                ("ProvisionedConcurrencyInvocations", use.invocations),
                ("ProvisionedConcurrencySpilloverInvocations", use.spillovers),
            ] where count > 0 {
                var ones = MetricValues()
                ones.add(1, count: count)
                add(metric, use.name, dimensions, ones, at: now)
            }
        }
    }

    /// What there is, the oldest first; within a minute in no order that means something.
    public func metrics(since: Timestamp) -> [MetricStatistics] {
        minutes.filter { $0.begin >= since.milliseconds }.flatMap { minute in
            minute.values.map { key, values in
                MetricStatistics(
                    account: key.account, region: key.region, namespace: "AWS/Lambda", name: key.name,
                    dimensions: key.dimensions, minute: Timestamp(milliseconds: minute.begin),
                    unit: Self.unit(key.name), values: values)
            }
        }
    }

    /// None, the function's, what was named, and, where an alias was named, what ran.
    static func dimensions(_ source: InvocationSource) -> [[MetricDimension]] {
        let name = MetricDimension("FunctionName", source.function.name)
        let resource = MetricDimension(
            "Resource", source.qualifier.map { "\(source.function.name):\($0)" } ?? source.function.name)
        var all = [[], [name], [name, resource]]
        if let qualifier = source.qualifier, qualifier != source.version {
            all.append([name, resource, MetricDimension("ExecutedVersion", source.version)])
        }
        return all
    }

    private static func unit(_ name: String) -> String {
        switch name {
        case "Duration": "Milliseconds"
        case "ProvisionedConcurrencyUtilization": "None"
        default: "Count"
        }
    }

    mutating func add(
        _ name: String, _ function: FunctionName, _ dimensions: [MetricDimension], _ values: MetricValues,
        at now: Timestamp
    ) {
        guard values.sampleCount > 0 else { return }
        let begin = now.milliseconds - now.milliseconds % 60_000
        guard let index = minute(begin) else { return }
        let key = Key(account: function.account, region: function.region, name: name, dimensions: dimensions)
        guard minutes[index].values[key] != nil || minutes[index].values.count < most else {
            dropped += 1
            return
        }
        minutes[index].values[key, default: MetricValues()].merge(values)
    }

    /// - Returns: nil if it is too old to be kept.
    private mutating func minute(_ begin: Int64) -> Int? {
        // Nearly always the last.
        if let last = minutes.last, last.begin == begin { return minutes.count - 1 }
        if let index = minutes.firstIndex(where: { $0.begin >= begin }) {
            if minutes[index].begin == begin { return index }
            guard minutes.count < Self.kept else { return nil }
            minutes.insert(Minute(begin: begin), at: index)
            return index
        }
        minutes.append(Minute(begin: begin))
        if minutes.count > Self.kept { minutes.removeFirst() }
        return minutes.count - 1
    }
}
