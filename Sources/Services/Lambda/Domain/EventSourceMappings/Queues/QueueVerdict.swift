/// What becomes of a batch's messages when the function has answered. A pure value.
struct QueueVerdict: Sendable, Hashable {
    /// Receipt handles of those that are done with.
    var deleted: [String] = []
    /// How many stay in the queue, to be received again when their visibility timeout is over.
    var kept = 0

    /// - Parameters:
    ///   - entries: the batch.
    ///   - answer: what the function says of it.
    ///   - isOrdered: whether the queue is a FIFO queue: what follows a failed message in its group has to wait for it, whatever the
    ///     function says.
    init(_ entries: [QueueBatch.Entry], _ answer: BatchAnswer, isOrdered: Bool) {
        switch answer {
        case .success: deleted = entries.map(\.receiptHandle)
        case .failure: kept = entries.count
        case .partial(let failures):
            var stopped: Set<String?> = []
            for entry in entries {
                if failures.contains(entry.id) || (isOrdered && stopped.contains(entry.group)) {
                    kept += 1
                    stopped.insert(entry.group)
                } else {
                    deleted.append(entry.receiptHandle)
                }
            }
        }
    }
}
