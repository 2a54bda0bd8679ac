import Execution
import Logging
import ServiceKit
import Synchronization

/// What drivers of event sources have in common: where they run, and what they call.
final class EventSourceHost: Sendable {
    let calls: InProcessCaller
    let invoker: any FunctionInvoker
    let time: any TimeSource
    let metrics: MappingMetrics
    let logger = Logger(label: "martlet.lambda.sources")
    private let executors: [any TaskExecutor]
    private let turn = Atomic<Int>(0)
    private let functions = Mutex(WeakFunctions())

    private struct WeakFunctions: Sendable { weak var value: (any MappedFunctions)? }

    init(
        calls: InProcessCaller, invoker: any FunctionInvoker, time: any TimeSource, metrics: MappingMetrics,
        executors: [any TaskExecutor]
    ) {
        self.calls = calls
        self.invoker = invoker
        self.time = time
        self.metrics = metrics
        self.executors = executors
    }

    func connect(_ functions: any MappedFunctions) { self.functions.withLock { $0.value = functions } }

    var service: (any MappedFunctions)? { functions.withLock { $0.value } }

    /// Where the next of a mapping's workers is to run: all in turn.
    var executor: (any TaskExecutor)? {
        executors.isEmpty
            ? nil : executors[Int(turn.add(1, ordering: .relaxed).newValue.magnitude % UInt(executors.count))]
    }
}
