import Logging
import ServiceKit
import Synchronization

/// Polls the sources of all mappings that are enabled.
///
/// The database says which those are; the engine follows it: whoever has changed a mapping says so, and where several processes share
/// the database, each looks for what others have changed. Each mapping has a poller of its own, made by the driver of its kind.
final class EventSourceEngine: Sendable {
    private struct Polled {
        var mapping: MappingRecord
        var poller: any EventSourcePoller
    }

    private struct State {
        var isOpen = false
        var polled: [MappingKey: Polled] = [:]
        var byFunction: [FunctionKey: Set<MappingKey>] = [:]
        /// What has been stopped and has something under way.
        var ending: [MappingKey: Int] = [:]
        var waiters: [(key: MappingKey, continuation: CheckedContinuation<Void, Never>)] = []
        /// Whether nobody waits any more for what is under way.
        var isOver = false
    }

    let host: EventSourceHost
    private let drivers: [EventSourceKind: any EventSourceDriver]
    private let state = Mutex(State())
    /// Changes of one mapping are followed one at a time.
    private let changes = KeyedLock<MappingKey>()

    /// How often is looked for what other processes have changed.
    private static let interval = Duration.seconds(2)
    /// How long the end of the process waits for what is under way.
    private static let patience = Duration.seconds(5)
    private static let page = 500

    init(host: EventSourceHost, drivers: [any EventSourceDriver]) {
        self.host = host
        self.drivers = Dictionary(drivers.map { (type(of: $0).kind, $0) }, uniquingKeysWith: { $1 })
    }

    /// Polls until the task is cancelled; then nothing more is read, and what is under way gets a moment to end.
    func run() async {
        state.withLock { $0.isOpen = true }
        repeat {
            do {
                try await look()
                if host.service?.mappingsAreShared != true { break }
            } catch {
                host.logger.error("Event source mappings could not be read.", metadata: ["error": "\(error)"])
            }
            try? await Task.sleep(for: Self.interval)
        } while !Task.isCancelled
        // The end of the process is all that is left to wait for.
        while !Task.isCancelled { try? await Task.sleep(for: .seconds(3600)) }
        await Task { await self.close() }.value
    }

    /// Compares what is polled with what the database says.
    private func look() async throws {
        guard let service = host.service else { return }
        var seen: Set<MappingKey> = []
        var last: MappingKey?
        repeat {
            let records = try await service.enabledMappings(after: last, limit: Self.page)
            for record in records {
                seen.insert(record.key)
                if state.withLock({ $0.polled[record.key]?.mapping }) != record { await changed(record.key) }
            }
            last = records.count == Self.page ? records.last?.key : nil
        } while last != nil
        for key in state.withLock({ Array($0.polled.keys) }) where !seen.contains(key) { await changed(key) }
    }

    /// A mapping is new, or another than before, or gone.
    func changed(_ key: MappingKey) async {
        guard state.withLock({ $0.isOpen }) else { return }
        await changes.withLock(key) {
            do {
                self.follow(key, try await self.host.service?.mapping(key))
            } catch {
                // Whoever looks next finds it.
                self.host.logger.error(
                    "An event source mapping could not be read.",
                    metadata: ["uuid": "\(key.uuid)", "error": "\(error)"])
            }
        }
    }

    /// A function has become another, is there again, or gone.
    func functionChanged(_ key: FunctionKey) {
        let pollers = state.withLock { state in
            (state.byFunction[key] ?? []).compactMap { state.polled[$0]?.poller }
        }
        for poller in pollers { poller.functionChanged() }
    }

    /// Whether mappings are polled.
    var isOpen: Bool { state.withLock { $0.isOpen } }

    /// Whether what was read for a mapping that is no longer polled is not done with yet.
    func isEnding(_ key: MappingKey) -> Bool { state.withLock { $0.ending[key] != nil } }

    /// Returns when it is.
    func ended(_ key: MappingKey) async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                guard state.ending[key] != nil, !state.isOver else { return true }
                state.waiters.append((key, continuation))
                return false
            }
            if isOver { continuation.resume() }
        }
    }

    /// Forgets all mappings, which are gone.
    func reset() {
        for key in state.withLock({ Array($0.polled.keys) }) { follow(key, nil) }
    }

    private func follow(_ key: MappingKey, _ record: MappingRecord?) {
        let wanted = record.flatMap { $0.isEnabled && !$0.isDeleting ? $0 : nil }
        let driver = (wanted?.source.kind).flatMap { drivers[$0] }
        enum Step {
            case nothing
            case start(any EventSourcePoller)
            case update(any EventSourcePoller, MappingRecord)
            case stop(any EventSourcePoller)
        }
        let step = state.withLock { state -> Step in
            let known = state.polled[key]
            if let known { state.byFunction[known.mapping.function]?.remove(key) }
            guard let wanted, let driver, state.isOpen, let poller = known?.poller ?? driver.poller(wanted, host)
            else {
                guard let known else { return .nothing }
                state.polled[key] = nil
                state.ending[key, default: 0] += 1
                return .stop(known.poller)
            }
            state.polled[key] = Polled(mapping: wanted, poller: poller)
            state.byFunction[wanted.function, default: []].insert(key)
            return known == nil ? .start(poller) : .update(poller, wanted)
        }
        switch step {
        case .nothing: break
        case .start(let poller): poller.start()
        case .update(let poller, let mapping): poller.update(mapping)
        case .stop(let poller): Task { await end(key, poller) }
        }
    }

    private func end(_ key: MappingKey, _ poller: any EventSourcePoller) async {
        await poller.stop()
        let waiting = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            guard let count = state.ending[key], count <= 1 else {
                state.ending[key]? -= 1
                return []
            }
            state.ending[key] = nil
            let waiting = state.waiters.filter { $0.key == key }.map(\.continuation)
            state.waiters.removeAll { $0.key == key }
            return waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    private func close() async {
        let keys = state.withLock { state in
            state.isOpen = false
            return Array(state.polled.keys)
        }
        for key in keys { follow(key, nil) }
        let all = state.withLock { Array($0.ending.keys) }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { for key in all { await self.ended(key) } }
            group.addTask { try? await Task.sleep(for: Self.patience) }
            await group.next()
            group.cancelAll()
            // Those who still wait are left to the end of the process.
            self.abandonWaiters()
        }
    }

    private func abandonWaiters() {
        let waiting = state.withLock { state in
            state.isOver = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiting { waiter.continuation.resume() }
    }
}
