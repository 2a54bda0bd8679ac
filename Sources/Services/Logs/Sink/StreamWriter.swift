import ServiceKit
import ServiceModel
import Synchronization

/// The end of a pipe into one log stream: a bounded buffer, and whoever waits for room in it.
final class StreamWriter: LogWriter {
    private struct State {
        var events: [LogEvent] = []
        /// Of `events`, and of those on their way to the disk.
        var bytes = 0
        var count = 0
        /// How many events were ever taken, and how many of them are on disk.
        var accepted = 0
        var written = 0
        var isFlushing = false
        var identity: StreamIdentity?
        /// The store's count of deletions when `identity` was looked up.
        var deletions = -1
        var waitingForRoom: [CheckedContinuation<Void, Never>] = []
        var waitingForFlush: [CheckedContinuation<Bool, Never>] = []
    }

    let address: LogStreamAddress
    private let hub: SinkHub
    private let epoch: Int
    private let state = Mutex(State())

    init(address: LogStreamAddress, hub: SinkHub) {
        self.address = address
        self.hub = hub
        epoch = hub.epoch.load(ordering: .sequentiallyConsistent)
    }

    /// The world that it wrote for is gone; see ``SinkHub/reset()``.
    private var isRetired: Bool { hub.epoch.load(ordering: .sequentiallyConsistent) != epoch }

    var isEmpty: Bool { state.withLock { $0.count == 0 } }

    func append(_ events: [LogEvent]) async {
        var rest = Self.acceptable(events)[...]
        while !isRetired {
            let (taken, wasEmpty, isUrgent) = state.withLock { take(rest, all: false, &$0) }
            if taken > 0 && (wasEmpty || isUrgent) { hub.noteDirty(self, isUrgent: isUrgent) }
            rest = rest.dropFirst(taken)
            if rest.isEmpty { return }
            await withCheckedContinuation { continuation in
                let mayGoOn = state.withLock { state in
                    if hasRoom(state) { return true }
                    state.waitingForRoom.append(continuation)
                    return false
                }
                if mayGoOn { continuation.resume() }
            }
        }
    }

    func offer(_ events: [LogEvent]) -> Bool {
        let events = Self.acceptable(events)
        if events.isEmpty || isRetired { return true }
        let (taken, wasEmpty, isUrgent) = state.withLock { take(events[...], all: true, &$0) }
        if taken > 0 && (wasEmpty || isUrgent) { hub.noteDirty(self, isUrgent: isUrgent) }
        return taken > 0
    }

    func close() {
        // What is in the buffer keeps this writer alive, in the hub, until it is written.
    }

    /// Returns when everything taken so far is on disk, or could not be written.
    func flush() async {
        let target = state.withLock { $0.accepted }
        while state.withLock({ $0.written < target }) {
            if await !flushOnce() { return }
        }
    }

    /// Writes the buffer, or waits for the write that is under way.
    /// - Returns: false if it failed; the lines are kept and tried again later.
    private func flushOnce() async -> Bool {
        let events: [LogEvent]? = state.withLock { state in
            if state.isFlushing { return nil }
            state.isFlushing = true
            defer { state.events = [] }
            return state.events
        }
        guard let events else {
            return await withCheckedContinuation { continuation in
                let isDone = state.withLock { state in
                    if !state.isFlushing { return true }
                    state.waitingForFlush.append(continuation)
                    return false
                }
                if isDone { continuation.resume(returning: true) }
            }
        }
        var isWritten = true
        do {
            if !events.isEmpty, !isRetired {
                let stream = try await identity()
                try await hub.store.append([AppendBatch(stream: stream, events: events)])
            }
        } catch {
            isWritten = false
            hub.noteFailure(of: address, error)
        }
        typealias Waiting = (room: [CheckedContinuation<Void, Never>], flush: [CheckedContinuation<Bool, Never>])
        let waiting = state.withLock { state -> Waiting in
            state.isFlushing = false
            defer { state.waitingForFlush = [] }
            if !isWritten {
                state.events = events + state.events
                return ([], state.waitingForFlush)
            }
            release(events, &state)
            defer { state.waitingForRoom = [] }
            return (state.waitingForRoom, state.waitingForFlush)
        }
        for continuation in waiting.room { continuation.resume() }
        for continuation in waiting.flush { continuation.resume(returning: isWritten) }
        if !isWritten { return false }
        if isEmpty {
            hub.noteClean(self)
        } else {
            hub.noteDirty(self, isUrgent: state.withLock { !hasRoom($0) })
        }
        return true
    }

    private func release(_ events: [LogEvent], _ state: inout State) {
        state.count -= events.count
        state.written += events.count
        state.bytes -= Self.size(events)
    }

    private static func size(_ events: some Sequence<LogEvent>) -> Int {
        events.reduce(0) { $0 + $1.message.utf8.count + LogLimits.overheadPerEvent }
    }

    /// Forgets what is in the buffer, and returns when what is on its way to the disk has arrived there.
    func retire() async {
        let waiting = state.withLock { state in
            release(state.events, &state)
            state.events = []
            defer { state.waitingForRoom = [] }
            return state.waitingForRoom
        }
        for continuation in waiting { continuation.resume() }
        while state.withLock({ $0.isFlushing }) { _ = await flushOnce() }
    }

    /// The stream's row, made if need be, and again if something was deleted since.
    private func identity() async throws -> StreamIdentity {
        let deletions = hub.store.deletions.load(ordering: .acquiring)
        if let known = state.withLock({ $0.deletions == deletions ? $0.identity : nil }) { return known }
        let identity = try await hub.streams.ensure(address, now: hub.store.time.now.milliseconds)
        state.withLock { state in
            state.identity = identity
            state.deletions = deletions
        }
        return identity
    }

    private func hasRoom(_ state: State) -> Bool {
        state.count < hub.configuration.bufferEvents && state.bytes < hub.configuration.bufferBytes
    }

    /// Takes as many events as there is room for; with `all`, every one or none. An event longer than what is left still goes
    /// into a buffer that has room, so the bound is the buffer and one event.
    private func take(
        _ events: ArraySlice<LogEvent>, all: Bool, _ state: inout State
    ) -> (taken: Int, wasEmpty: Bool, isUrgent: Bool) {
        let wasEmpty = state.count == 0
        var taken = 0
        var bytes = 0
        for event in events {
            guard state.count + taken < hub.configuration.bufferEvents,
                state.bytes + bytes < hub.configuration.bufferBytes
            else { break }
            taken += 1
            bytes += event.message.utf8.count + LogLimits.overheadPerEvent
        }
        if all && taken < events.count && !wasEmpty { return (0, wasEmpty, false) }
        if all { (taken, bytes) = (events.count, Self.size(events)) }
        let half = hub.configuration.bufferBytes / 2
        let before = state.bytes
        state.events.append(contentsOf: events.prefix(taken))
        state.count += taken
        state.accepted += taken
        state.bytes += bytes
        let isUrgent = (before < half && state.bytes >= half) || !hasRoom(state)
        return (taken, wasEmpty, isUrgent)
    }

    /// AWS knows no empty events, and none that are longer than a batch: those are cut into several.
    private static func acceptable(_ events: [LogEvent]) -> [LogEvent] {
        if events.allSatisfy({ !$0.message.isEmpty && $0.message.utf8.count <= LogLimits.messageBytes }) {
            return events
        }
        return events.flatMap { event -> [LogEvent] in
            if event.message.isEmpty { return [] }
            var rest = event.message[...]
            var parts: [LogEvent] = []
            while rest.utf8.count > LogLimits.messageBytes {
                var cut = rest.utf8.index(rest.startIndex, offsetBy: LogLimits.messageBytes)
                while cut > rest.startIndex, rest.utf8[cut] & 0xC0 == 0x80 { cut = rest.utf8.index(before: cut) }
                parts.append(LogEvent(timestamp: event.timestamp, message: String(rest[..<cut])))
                rest = rest[cut...]
            }
            parts.append(LogEvent(timestamp: event.timestamp, message: String(rest)))
            return parts
        }
    }
}
