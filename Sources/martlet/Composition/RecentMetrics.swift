import Execution
import ServiceKit

/// CloudWatch's metrics of functions, all their versions and aliases together, over the minutes that are kept.
struct RecentMetrics: Codable {
    struct Function: Codable {
        var account: String
        var region: String
        var name: String
        var invocations = 0
        var errors = 0
        var throttles = 0
        /// The most that ran at once.
        var concurrentExecutions = 0
    }

    /// How many there are; ``functions`` may be fewer.
    var functionCount = 0
    /// Those with most to do first.
    var functions: [Function] = []

    /// Names `limit` functions, at most.
    init(_ metrics: [MetricStatistics], limit: Int) {
        var all: [FunctionName: Function] = [:]
        for metric in metrics {
            guard metric.dimensions.count == 1, let dimension = metric.dimensions.first,
                dimension.name == "FunctionName"
            else { continue }
            let key = FunctionName(account: metric.account, region: metric.region, name: dimension.value)
            var function = all[key] ?? Function(account: key.account, region: key.region, name: key.name)
            switch metric.name {
            case "Invocations": function.invocations += Int(metric.values.sum)
            case "Errors": function.errors += Int(metric.values.sum)
            case "Throttles": function.throttles += Int(metric.values.sum)
            case "ConcurrentExecutions":
                function.concurrentExecutions = max(function.concurrentExecutions, Int(metric.values.maximum))
            default: continue
            }
            all[key] = function
        }
        let active = all.values.filter { $0.invocations + $0.throttles + $0.concurrentExecutions > 0 }
        functionCount = active.count
        let sorted = active.sorted { a, b in
            let (first, second) = (a.invocations + a.throttles, b.invocations + b.throttles)
            return first == second ? a.name < b.name : first > second
        }
        functions = Array(sorted.prefix(limit))
    }
}
