import Dispatch
import Logging
import Persistence
import ServiceKit
import ServiceModel
import Synchronization

/// The events of every log stream: appended to segment files, found through rows.
///
/// - A batch goes, with those of other streams, to the end of the open segment; it is in the index in memory at once.
/// - A full segment is *sealed*: rows say which of its frames belong to which stream, and the index in memory lets it go. So memory
///   holds the index of a few segments, never events.
/// - After a crash, segments without rows are scanned (a few megabytes), cut at the first frame that is torn, and sealed.
/// - Deleted and expired events free their rows at once; segments that hold little else are merged and removed in the background.
final class SegmentStore: Sendable {
    struct Configuration: Sendable {
        /// A segment is sealed when it is this long.
        var segmentBytes = 8 << 20
        /// Segments below this are merged when there are `mergeCount` of them.
        var smallBytes = 1 << 20
        var mergeCount = 8
        /// Appending is refused while so many segments wait for their rows.
        var maximumUnsealed = 32
        /// How many bytes of frames a filtered read looks at before it answers with what it has.
        var scanBytes = 16 << 20
        var scanTime: Duration = .seconds(2)
    }

    let database: any Database
    let files: SegmentFiles
    let time: any TimeSource
    let configuration: Configuration
    let isSynced: Bool
    let logger: Logger
    let index = Mutex(SegmentIndex())
    let tails = TailHub()
    let readers = DispatchQueue(label: "martlet.logs.readers", attributes: .concurrent)
    let writer: SegmentWriter
    /// Goes up when rows move from one segment to another: a read that saw both states begins again.
    let layout = Atomic<Int>(0)
    /// Goes up when a group or stream is deleted: who remembers a stream must look again.
    let deletions = Atomic<Int>(0)
    let sealing = AsyncGate()
    private let opening = AsyncGate()
    private let isOpen = Mutex(false)

    init(
        database: any Database, folder: String, durability: Durability, time: any TimeSource, logger: Logger,
        configuration: Configuration = Configuration()
    ) {
        self.database = database
        self.time = time
        self.configuration = configuration
        self.logger = logger
        isSynced = durability == .full
        let files = SegmentFiles(folder: folder)
        self.files = files
        let relay = Relay()
        writer = SegmentWriter(
            files: files, isSynced: isSynced, segmentBytes: configuration.segmentBytes,
            events: .init(
                appended: { frames, batches, segment, bytes in relay.store?.appended(frames, batches, segment, bytes) },
                closed: { segment in relay.store?.closed(segment) }))
        relay.set(self)
    }

    /// Breaks the cycle between the store and its writer.
    private final class Relay: Sendable {
        private struct Box { weak var store: SegmentStore? }
        private let box = Mutex(Box())
        var store: SegmentStore? { box.withLock { $0.store } }
        func set(_ store: SegmentStore) { box.withLock { $0.store = store } }
    }

    /// Makes the folder and indexes what a crash has left. Everything else waits for it; calling it again does nothing.
    func open() async throws {
        if isOpen.withLock({ $0 }) { return }
        try await opening.withExclusive {
            if isOpen.withLock({ $0 }) { return }
            try await recover()
            isOpen.withLock { $0 = true }
        }
    }

    /// Appends the batches together, and returns when they are on disk.
    /// - Returns: the sequence number of the last event.
    @discardableResult
    func append(_ batches: [AppendBatch]) async throws -> Int64 {
        try await open()
        if index.withLock({ $0.unsealed.count }) > configuration.maximumUnsealed {
            try await seal()
        }
        return try await writer.append(batches, ingestion: time.now.milliseconds)
    }

    /// Seals everything, before a planned end: the next start has nothing to scan.
    func close() async throws {
        if !isOpen.withLock({ $0 }) { return }
        await writer.closeSegment()
        try await seal()
    }

    /// Forgets every event; the caller empties the database.
    func reset() async {
        await writer.closeSegment()
        await sealing.withExclusiveNonThrowing {
            index.withLock { $0 = SegmentIndex() }
            files.removeAll()
            deletions.add(1, ordering: .relaxed)
            layout.add(1, ordering: .relaxed)
        }
    }

    private func appended(_ frames: [AppendedFrame], _ batches: [AppendBatch], _ segment: Int64, _ bytes: Int) {
        index.withLock { $0.add(frames, segment: segment, bytes: bytes) }
        guard let ingestion = frames.first?.header.ingestion else { return }
        tails.publish(batches, ingestion: ingestion)
    }

    private func closed(_ segment: Int64) {
        closedSegments.withLock { _ = $0.insert(segment) }
        Task { [weak self] in
            do {
                try await self?.seal()
            } catch {
                self?.logger.warning("A segment of the logs waits for its index.", metadata: ["error": "\(error)"])
            }
        }
    }

    /// Segments that get no more frames and have no row yet.
    let closedSegments = Mutex<Set<Int64>>([])
}
