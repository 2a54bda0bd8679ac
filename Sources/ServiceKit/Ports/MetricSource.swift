public import ServiceModel

/// Metrics that the platform records of itself, such as `AWS/Lambda`: CloudWatch reads them here.
public protocol MetricSource: Sendable {
    /// What was recorded, by minute, the oldest first; the minute that is going on is told as far as it has come.
    /// - Parameter since: minutes that began before are left out.
    /// - Returns: one element for each metric and minute.
    func metrics(since: Timestamp) async -> [MetricStatistics]
}

/// The statistics of one metric in one minute.
public struct MetricStatistics: Sendable, Hashable {
    public var account: String
    public var region: String
    public var namespace: String
    public var name: String
    public var dimensions: [MetricDimension]
    /// When the minute began.
    public var minute: Timestamp
    /// CloudWatch's `StandardUnit`, such as `Count` or `Milliseconds`.
    public var unit: String
    public var values: MetricValues

    public init(
        account: String, region: String, namespace: String, name: String, dimensions: [MetricDimension],
        minute: Timestamp, unit: String, values: MetricValues
    ) {
        self.account = account
        self.region = region
        self.namespace = namespace
        self.name = name
        self.dimensions = dimensions
        self.minute = minute
        self.unit = unit
        self.values = values
    }
}

/// What a metric belongs to, such as `FunctionName` = `hello`.
public struct MetricDimension: Sendable, Hashable {
    public var name: String
    public var value: String

    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// CloudWatch's `StatisticSet`.
public struct MetricValues: Sendable, Hashable {
    public private(set) var sampleCount = 0
    public private(set) var sum = 0.0
    /// 0 if there is no sample.
    public private(set) var minimum = 0.0
    public private(set) var maximum = 0.0

    public init() {}

    /// One sample.
    public init(_ value: Double) { add(value) }

    /// - Parameters:
    ///   - value: what was measured.
    ///   - count: how many samples have this value.
    @inlinable
    public mutating func add(_ value: Double, count: Int = 1) {
        guard count > 0 else { return }
        merge(value * Double(count), minimum: value, maximum: value, count: count)
    }

    public mutating func merge(_ other: MetricValues) {
        merge(other.sum, minimum: other.minimum, maximum: other.maximum, count: other.sampleCount)
    }

    @usableFromInline
    mutating func merge(_ sum: Double, minimum: Double, maximum: Double, count: Int) {
        guard count > 0 else { return }
        self.minimum = sampleCount == 0 ? minimum : Swift.min(self.minimum, minimum)
        self.maximum = sampleCount == 0 ? maximum : Swift.max(self.maximum, maximum)
        self.sum += sum
        sampleCount += count
    }
}
