import Dispatch
import Logging
import ServiceKit
import Synchronization

/// Brings what other services log to the segments: a fifth of a second after the first line of a quiet writer, and at once when a
/// buffer fills. Writers that flush together share one write to the disk.
final class SinkHub: Sendable {
    struct Configuration: Sendable {
        /// How long lines wait for company.
        var interval: DispatchTimeInterval = .milliseconds(200)
        /// How long a writer waits after a failure.
        var retry: DispatchTimeInterval = .seconds(1)
        /// How much one writer holds before it makes its caller wait.
        var bufferBytes = 1 << 20
        var bufferEvents = 10_000
    }

    private struct State {
        /// The writers that hold lines.
        var dirty: [ObjectIdentifier: StreamWriter] = [:]
        var isScheduled = false
    }

    let store: SegmentStore
    let streams: LogStreamStore
    let configuration: Configuration
    private let state = Mutex(State())
    /// Counts the resets: what an older writer still gets is of a world that is gone.
    let epoch = Atomic<Int>(0)
    private let queue = DispatchQueue(label: "martlet.logs.sink")

    init(store: SegmentStore, streams: LogStreamStore, configuration: Configuration = Configuration()) {
        self.store = store
        self.streams = streams
        self.configuration = configuration
    }

    func writer(_ address: LogStreamAddress) -> StreamWriter { StreamWriter(address: address, hub: self) }

    /// Writes what a group's writers hold (without a group: those of the region), so that a reader sees it. Failures are the
    /// writers' own business.
    func settle(account: String, region: String, group: String? = nil) async {
        let writers = state.withLock { state in
            state.dirty.values.filter {
                $0.address.account == account && $0.address.region == region
                    && (group == nil || $0.address.group == group)
            }
        }
        await flush(writers)
    }

    /// Writes everything that any writer holds.
    func settle() async {
        await flush(state.withLock { Array($0.dirty.values) })
    }

    /// Forgets what no writer has written yet, and retires the writers that there are. Returns when none of them writes any more.
    func reset() async {
        epoch.add(1, ordering: .sequentiallyConsistent)
        let writers = state.withLock { state in
            defer { state.dirty = [:] }
            return Array(state.dirty.values)
        }
        for writer in writers { await writer.retire() }
    }

    /// Called by a writer that has got its first lines, or is half full.
    func noteDirty(_ writer: StreamWriter, isUrgent: Bool) {
        let mustSchedule = state.withLock { state in
            state.dirty[ObjectIdentifier(writer)] = writer
            if isUrgent || state.isScheduled { return false }
            state.isScheduled = true
            return true
        }
        if isUrgent { Task { await writer.flush() } }
        if mustSchedule { schedule(after: configuration.interval) }
    }

    /// Called by a writer that holds nothing any more; `isEmpty` is asked again under the hub's lock.
    func noteClean(_ writer: StreamWriter) {
        state.withLock { state in
            if writer.isEmpty { state.dirty[ObjectIdentifier(writer)] = nil }
        }
    }

    /// Called by a writer whose lines could not be written.
    func noteFailure(of address: LogStreamAddress, _ error: any Error) {
        store.logger.warning(
            "Lines of a log wait: they can't be written.",
            metadata: ["error": "\(error)", "stream": "\(address.stream)"])
        let mustSchedule = state.withLock { state in
            if state.isScheduled { return false }
            state.isScheduled = true
            return true
        }
        if mustSchedule { schedule(after: configuration.retry) }
    }

    private func schedule(after interval: DispatchTimeInterval) {
        queue.asyncAfter(deadline: .now() + interval) { [weak self] in
            guard let self else { return }
            let writers = state.withLock { state in
                state.isScheduled = false
                return Array(state.dirty.values)
            }
            Task { await self.flush(writers) }
        }
    }

    private func flush(_ writers: [StreamWriter]) async {
        if writers.count == 1 { return await writers[0].flush() }
        await withDiscardingTaskGroup { group in
            for writer in writers { group.addTask { await writer.flush() } }
        }
    }
}
