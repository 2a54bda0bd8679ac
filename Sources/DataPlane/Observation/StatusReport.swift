import Execution
import Sandbox

/// Adds up what environments say now and what those that have ended have left. A pure value.
struct StatusReport {
    let past: Observatory.Snapshot
    let seen: [EnvironmentSnapshot]
    let stems: StemCounts?
    let now: ContinuousClock.Instant

    func make(limit: Int) -> DataPlaneStatus {
        var functions = past.functions
        var environments: [FunctionKey: DataPlaneStatus.Environments] = [:]
        for snapshot in seen {
            let key = FunctionKey(snapshot.function)
            var function =
                functions[key]
                ?? Observatory.Function(memorySize: snapshot.function.memory, lastUsed: snapshot.lastUsed)
            function.statistics.merge(snapshot.statistics)
            if let peak = snapshot.usage?.peakMemory { function.statistics.held(peak) }
            if let used = snapshot.usage?.processor {
                function.processor = function.processor.map { $0 + used } ?? used
            }
            function.lastUsed = max(function.lastUsed, snapshot.lastUsed)
            functions[key] = function
            environments[key, default: .init()].add(snapshot)
        }

        var total = past.forgotten
        for function in functions.values { total.merge(function.statistics) }
        var status = DataPlaneStatus()
        status.counts = .init(total)
        for snapshot in seen { status.environmentCounts.add(snapshot) }
        status.functionCount = functions.count
        status.functions = functions.sorted { $0.value.lastUsed > $1.value.lastUsed }.prefix(limit).map {
            line($0.key, $0.value, environments[$0.key] ?? .init())
        }
        status.environments = seen.sorted { $0.lastUsed > $1.lastUsed }.prefix(limit).map(line)
        status.lastInvocations = lastInvocations(limit)
        status.stems = stems.map { .init($0) }
        return status
    }

    private func line(
        _ key: FunctionKey, _ function: Observatory.Function, _ environments: DataPlaneStatus.Environments
    ) -> DataPlaneStatus.Function {
        let statistics = function.statistics
        return DataPlaneStatus.Function(
            account: key.account, region: key.region, name: key.name, version: key.version, counts: .init(statistics),
            duration: DurationSummary(statistics.duration), initialization: DurationSummary(statistics.initialization),
            memorySize: function.memorySize, maxMemoryUsed: statistics.peakMemory,
            processor: function.processor.map { .init($0) }, environments: environments,
            idleSeconds: seconds(since: function.lastUsed))
    }

    private func line(_ snapshot: EnvironmentSnapshot) -> DataPlaneStatus.Environment {
        DataPlaneStatus.Environment(
            id: snapshot.id, account: snapshot.function.account, region: snapshot.function.region,
            function: snapshot.function.name, version: snapshot.function.version, state: snapshot.state,
            age: seconds(since: snapshot.born), counts: .init(snapshot.statistics),
            duration: DurationSummary(snapshot.statistics.duration),
            initialization: DurationSummary.rounded(snapshot.initialization), memorySize: snapshot.function.memory,
            memory: snapshot.usage?.memory, maxMemoryUsed: snapshot.usage?.peakMemory,
            processor: snapshot.usage?.processor.map { .init($0) }, idleSeconds: seconds(since: snapshot.lastUsed))
    }

    private func lastInvocations(_ limit: Int) -> [DataPlaneStatus.Invocation] {
        let living = seen.compactMap { snapshot in
            snapshot.last.map {
                Observatory.Ended(function: FunctionKey(snapshot.function), times: $0.times, finished: $0.finished)
            }
        }
        return (past.last + living).sorted { $0.finished > $1.finished }.prefix(limit).map {
            DataPlaneStatus.Invocation(
                function: $0.function.name, version: $0.function.version, secondsAgo: seconds(since: $0.finished),
                times: $0.times)
        }
    }

    private func seconds(since instant: ContinuousClock.Instant) -> Double {
        DurationSummary.rounded(max(0, Milliseconds.of(instant.duration(to: now)) / 1000))
    }
}

extension DataPlaneStatus.Environments {
    fileprivate mutating func add(_ snapshot: EnvironmentSnapshot) {
        total += 1
        switch snapshot.state {
        case .busy: busy += 1
        case .idle: idle += 1
        case .frozen: frozen += 1
        case .starting, .ending: break
        }
        if snapshot.isIdle { idleMemory += snapshot.usage?.memory ?? 0 }
    }
}
