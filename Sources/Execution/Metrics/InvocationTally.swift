public import ServiceKit
import Synchronization

/// What invocations are counted by.
public struct InvocationSource: Sendable, Hashable {
    public var function: FunctionName
    /// The alias or version that was named; nil: none was.
    public var qualifier: String?
    /// `$LATEST` or a number.
    public var version: String

    public init(function: FunctionName, qualifier: String?, version: String) {
        self.function = function
        self.qualifier = qualifier
        self.version = version
    }

    /// By the ARN that was invoked.
    public init(_ function: FunctionVersion, invokedARN: String) {
        let parts = invokedARN.split(separator: ":", omittingEmptySubsequences: false)
        self.init(
            function: FunctionName(account: function.account, region: function.region, name: function.name),
            qualifier: parts.count == 8 ? String(parts[7]) : nil, version: function.version)
    }
}

/// Invocations of one source since they were last asked for.
public struct InvocationCounts: Sendable, Hashable {
    /// Invocations that a function was given, whatever became of them; their durations in milliseconds.
    public var durations = MetricValues()
    /// Those that ended in an error of the function.
    public var errors = 0
    /// Those that a limit refused.
    public var throttles = 0

    public init() {}

    public var isEmpty: Bool { durations.sampleCount == 0 && throttles == 0 }
}

/// Counts the invocations of one source on one event loop: whoever reads it is the only one that could be in the way, once in a while.
public final class InvocationTally: Sendable {
    private let counts = Mutex(InvocationCounts())

    public init() {}

    /// An invocation has ended.
    /// - Parameters:
    ///   - duration: in milliseconds.
    ///   - isError: whether the function is to blame for how it ended.
    public func ended(duration: Double, isError: Bool) {
        counts.withLock { counts in
            counts.durations.add(duration)
            if isError { counts.errors += 1 }
        }
    }

    /// An invocation was refused.
    public func throttled() { counts.withLock { $0.throttles += 1 } }

    /// What has come together, which is forgotten here.
    public func take() -> InvocationCounts {
        counts.withLock { counts in
            defer { counts = InvocationCounts() }
            return counts
        }
    }
}
