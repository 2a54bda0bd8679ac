public import Logging
public import Persistence
public import ServiceKit
import ServiceModel

/// CloudWatch Logs: groups, streams, events, and the sink into which functions print.
///
/// Events live in segment files below the folder, everything else in the database (``LogsMigrations``).
public final class LogsService: LogsAPI, LogSink {
    let time: any TimeSource
    let groups: LogGroupStore
    let streams: LogStreamStore
    let events: SegmentStore
    let sink: SinkHub
    let liveTail: LiveTailSettings
    private let logger: Logger

    /// - Parameters:
    ///   - database: already migrated with ``LogsMigrations``.
    ///   - folder: where the segments go; made if there is none. One process uses it at a time.
    ///   - durability: `full`: PutLogEvents answers after an `fdatasync`.
    ///   - time: what ingestion times and retention go by.
    ///   - logger: for what the operator should know; no message of an event goes there.
    public convenience init(
        database: any Database, folder: String, durability: Durability = .full, time: any TimeSource,
        logger: Logger = Logger(label: "martlet.logs")
    ) {
        self.init(
            database: database, folder: folder, durability: durability, time: time, logger: logger, segments: .init(),
            sink: .init(),
            liveTail: .init())
    }

    init(
        database: any Database, folder: String, durability: Durability, time: any TimeSource,
        logger: Logger = Logger(label: "martlet.logs"), segments: SegmentStore.Configuration,
        sink: SinkHub.Configuration,
        liveTail: LiveTailSettings
    ) {
        self.time = time
        self.logger = logger
        self.liveTail = liveTail
        groups = LogGroupStore(database: database)
        streams = LogStreamStore(database: database)
        events = SegmentStore(
            database: database, folder: folder, durability: durability, time: time, logger: logger,
            configuration: segments)
        self.sink = SinkHub(store: events, streams: streams, configuration: sink)
    }

    /// Indexes what a crash has left, then enforces retention and tidies up, once a minute, until cancelled; then writes
    /// everything out.
    public func run() async throws {
        try await events.open()
        do {
            while true {
                do {
                    try await events.clean()
                } catch  where !Task.isCancelled {
                    logger.error("The logs can't be tidied up.", metadata: ["error": "\(error)"])
                }
                try await time.sleep(until: time.now.advanced(by: .seconds(60)))
            }
        } catch {
            // Not part of this task, which is cancelled.
            await Task { await self.flush() }.value
            throw error
        }
    }

    /// Writes out what is in memory, for a planned end. Writers may go on afterwards.
    public func flush() async {
        await sink.settle()
        do {
            try await events.close()
        } catch {
            logger.error(
                "The index of the logs can't be written; the next start will make it again.",
                metadata: ["error": "\(error)"])
        }
    }

    public func willReset() async { await sink.reset() }

    public func reset() async throws { await events.reset() }

    // MARK: LogSink

    public func writer(_ address: LogStreamAddress) -> any LogWriter { sink.writer(address) }

    /// What is appended to a group from now on, as it is written. A watcher that falls behind by more than 5,000 events loses the oldest.
    public func tail(account: String, region: String, group: String) -> AsyncStream<TailedEvent> {
        events.tails.subscribe([TailHub.Key(account: account, region: region, group: group)])
    }
}
