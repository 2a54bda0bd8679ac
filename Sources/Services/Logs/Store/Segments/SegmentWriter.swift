import Dispatch
import Foundation
import Persistence
import ServiceKit
import Synchronization

/// Appends batches to the segment that is open. Whatever comes in while one write is on its way to the disk goes into the next one: one
/// `pwrite` and one `fdatasync` for all of it.
final class SegmentWriter: Sendable {
    /// What the writer tells its store.
    struct Events: Sendable {
        /// Frames are on disk; called before their appenders are answered.
        var appended:
            @Sendable (_ frames: [AppendedFrame], _ batches: [AppendBatch], _ segment: Int64, _ bytes: Int) -> Void
        /// A segment will get no more frames.
        var closed: @Sendable (_ segment: Int64) -> Void
    }

    private struct Job: Sendable {
        var batches: [AppendBatch]
        var ingestion: Int64
        var done: @Sendable (Result<Int64, any Error>) -> Void
    }

    private struct Inbox {
        var jobs: [Job] = []
        var isDraining = false
    }

    /// Belongs to the queue; the lock is never contended.
    private struct Open {
        var descriptor: Int32 = -1
        var segment: Int64 = 0
        var bytes = 0
        var nextSegment: Int64 = 2
        var nextSequence: Int64 = 1
    }

    private let files: SegmentFiles
    private let isSynced: Bool
    private let segmentBytes: Int
    private let events: Events
    private let queue = DispatchQueue(label: "martlet.logs.writer")
    private let inbox = Mutex(Inbox())
    private let open = Mutex(Open())

    init(files: SegmentFiles, isSynced: Bool, segmentBytes: Int, events: Events) {
        self.files = files
        self.isSynced = isSynced
        self.segmentBytes = segmentBytes
        self.events = events
    }

    deinit {
        let descriptor = open.withLock { $0.descriptor }
        if descriptor >= 0 { close(descriptor) }
    }

    /// Sets the numbers from which the writer goes on.
    func resume(nextSegment: Int64, nextSequence: Int64) {
        open.withLock {
            $0.nextSegment = max($0.nextSegment, nextSegment)
            $0.nextSequence = max($0.nextSequence, nextSequence)
        }
    }

    /// Appends, and returns when the events are on disk.
    /// - Returns: the sequence number of the last event.
    @discardableResult
    func append(_ batches: [AppendBatch], ingestion: Int64) async throws -> Int64 {
        try await withCheckedThrowingContinuation { continuation in
            submit(Job(batches: batches, ingestion: ingestion) { continuation.resume(with: $0) })
        }
    }

    /// Ends the open segment, once everything before has been written.
    func closeSegment() async {
        await withCheckedContinuation { continuation in
            queue.async { [self] in
                drain()
                open.withLock { finish(&$0) }
                continuation.resume()
            }
        }
    }

    /// A new number for a segment that compaction writes.
    func reserveMergedSegment() -> Int64 {
        open.withLock { open in
            defer { open.nextSegment += 2 }
            return open.nextSegment + 1
        }
    }

    private func submit(_ job: Job) {
        let mustStart = inbox.withLock { inbox in
            inbox.jobs.append(job)
            defer { inbox.isDraining = true }
            return !inbox.isDraining
        }
        if mustStart { queue.async { [self] in drain() } }
    }

    private func drain() {
        while true {
            let jobs = inbox.withLock { inbox in
                defer { inbox.jobs = [] }
                if inbox.jobs.isEmpty { inbox.isDraining = false }
                return inbox.jobs
            }
            if jobs.isEmpty { return }
            let result = Result { try open.withLock { try write(jobs, &$0) } }
            for job in jobs { job.done(result) }
        }
    }

    private func write(_ jobs: [Job], _ open: inout Open) throws -> Int64 {
        if open.descriptor < 0 {
            open.descriptor = try files.create(open.nextSegment, isSynced: isSynced)
            open.segment = open.nextSegment
            open.nextSegment += 2
            open.bytes = 0
        }
        var bytes: [UInt8] = []
        var frames: [AppendedFrame] = []
        var sequence = open.nextSequence
        for job in jobs {
            for batch in job.batches {
                for part in Self.parts(batch.events) {
                    let start = bytes.count
                    let (header, messageBytes) = Frame.append(
                        part, stream: batch.stream.id, ingestion: job.ingestion, firstSequence: sequence, to: &bytes)
                    let reference = FrameReference(
                        stream: batch.stream.id, segment: open.segment, offset: open.bytes + start,
                        length: bytes.count - start,
                        earliest: header.earliest, latest: header.latest)
                    frames.append(
                        AppendedFrame(
                            stream: batch.stream, reference: reference, header: header, messageBytes: messageBytes))
                    sequence += Int64(part.count)
                }
            }
        }
        do {
            try Self.write(bytes, to: open.descriptor, at: open.bytes)
        } catch {
            // What may have got there is cut off, and the next write goes to the same place.
            if ftruncate(open.descriptor, off_t(open.bytes)) != 0 { finish(&open) }
            throw error
        }
        if isSynced, fdatasync(open.descriptor) != 0 {
            // After a failed sync nobody knows what the disk holds: nothing more is appended to this file.
            let code = errno
            _ = ftruncate(open.descriptor, off_t(open.bytes))
            finish(&open)
            throw SegmentFiles.error(code, "The logs can't be written")
        }
        open.bytes += bytes.count
        open.nextSequence = sequence
        events.appended(frames, jobs.flatMap(\.batches), open.segment, open.bytes)
        if open.bytes >= segmentBytes { finish(&open) }
        return sequence - 1
    }

    private func finish(_ open: inout Open) {
        if open.descriptor < 0 { return }
        close(open.descriptor)
        open.descriptor = -1
        events.closed(open.segment)
    }

    /// Cuts a batch into frames of a convenient length.
    private static func parts(_ events: [LogEvent]) -> [ArraySlice<LogEvent>] {
        var parts: [ArraySlice<LogEvent>] = []
        var start = 0
        var length = 0
        for (index, event) in events.enumerated() {
            length += event.message.utf8.count
            if length >= Frame.targetLength {
                parts.append(events[start...index])
                start = index + 1
                length = 0
            }
        }
        if start < events.count { parts.append(events[start...]) }
        return parts
    }

    static func write(_ bytes: [UInt8], to descriptor: Int32, at offset: Int) throws {
        try bytes.withUnsafeBytes { bytes in
            var done = 0
            while done < bytes.count, let start = bytes.baseAddress {
                let size = pwrite(descriptor, start + done, bytes.count - done, off_t(offset + done))
                if size >= 0 {
                    done += size
                } else if errno != EINTR {
                    throw SegmentFiles.error(errno, "The logs can't be written")
                }
            }
        }
    }
}
