import ServiceKit
import ServiceModel

/// What PutLogEvents makes of a batch.
struct PutBatch: Hashable, Sendable {
    /// What is stored.
    var accepted: ArraySlice<LogEvent>
    /// The index behind the last event that was older than 14 days.
    var tooOldEnd: Int?
    /// The index behind the last event that the group's retention does not keep.
    var expiredEnd: Int?
    /// The index of the first event that lies more than two hours ahead.
    var tooNewStart: Int?

    struct Refusal: Error, Hashable { var message: String }

    /// Applies AWS's rules ("PutLogEvents" in the API reference) at the time `now`, in milliseconds since 1970, to a group whose
    /// `retention` is in days.
    /// - Throws: ``Refusal`` with AWS's message, if nothing of the batch is taken.
    init(_ events: [LogEvent], now: Int64, retention: Int?) throws(Refusal) {
        var bytes = 0
        for (index, event) in events.enumerated() {
            let size = event.message.utf8.count + LogLimits.overheadPerEvent
            if size > LogLimits.batchBytes {
                throw Refusal(message: "Log event too large: \(size) bytes exceeds limit of \(LogLimits.batchBytes)")
            }
            bytes += size
            if index > 0, event.timestamp < events[index - 1].timestamp {
                throw Refusal(message: "Log events in a single PutLogEvents request must be in chronological order.")
            }
        }
        if bytes > LogLimits.batchBytes {
            throw Refusal(message: "Upload too large: \(bytes) bytes exceeds limit of \(LogLimits.batchBytes)")
        }
        let oldest = now - LogLimits.oldest
        let expired = RetentionDays.cutoff(retention, now: now)
        let newest = now + LogLimits.newest
        // In chronological order, so each kind is at one end.
        let firstYoung = events.firstIndex { $0.timestamp.milliseconds >= oldest } ?? events.count
        let firstKept =
            expired.map { cutoff in events.firstIndex { $0.timestamp.milliseconds >= cutoff } ?? events.count } ?? 0
        let firstTooNew = events.firstIndex { $0.timestamp.milliseconds > newest } ?? events.count
        if firstYoung > 0 { tooOldEnd = firstYoung }
        if firstKept > firstYoung { expiredEnd = firstKept }
        if firstTooNew < events.count { tooNewStart = firstTooNew }
        let start = max(firstYoung, firstKept)
        accepted = start < firstTooNew ? events[start..<firstTooNew] : []
        if let first = accepted.first, let last = accepted.last,
            last.timestamp.milliseconds - first.timestamp.milliseconds > LogLimits.batchSpan
        {
            throw Refusal(
                message: "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.")
        }
    }

    var isRejectedInPart: Bool { tooOldEnd != nil || expiredEnd != nil || tooNewStart != nil }
}
