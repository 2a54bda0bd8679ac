extension MessageStore {
    /// Moves up to `limit` of the messages that were there up to `last`, and can be received, to another queue.
    /// - Returns: how many were moved, and whether there are no more.
    func move(_ limit: Int, through last: Int64, from source: QueueRecord, to choose: MoveChoice) async throws
        -> (moved: Int, isOver: Bool)
    {
        let received = try await receive(ReceiveRequest(maximum: limit, visibility: 30_000, wait: .zero), from: source)
        var moved = 0
        var failure: (any Error)?
        for message in received {
            do {
                if failure == nil, message.sequence <= last {
                    let target = try await choose(message.content.extra.deadLetterSource)
                    if try await redrive(message, from: source, to: target) { moved += 1 }
                    continue
                }
            } catch {
                failure = error
            }
            let receipt = ReceiptHandle(queue: source.id, sequence: message.sequence, token: message.token)
            _ = try await changeVisibility(receipt, to: 0, of: source)
        }
        if let failure { throw failure }
        return (moved, moved == 0)
    }
}
