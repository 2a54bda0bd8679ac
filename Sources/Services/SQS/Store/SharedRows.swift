import Persistence

/// The statements on the messages of processes that share a database.
struct SharedRows {
    let connection: any SQLConnection

    private static let columns =
        "id, id_high, id_low, sent, receives, first_received, token, group_id, size, body, extra"

    /// - Returns: the message's sequence.
    func insert(_ message: NewMessage, queue: Int64) throws -> Int64 {
        let content = message.content
        let row = try connection.first(
            """
            INSERT INTO sqs_shared_message (queue, id_high, id_low, sent, receives, first_received, visible_at, received,
                token, group_id, size, body, extra)
            VALUES (?, ?, ?, ?, 0, 0, ?, 0, 0, ?, ?, ?, ?) RETURNING id
            """,
            [
                .integer(queue), .integer(Int64(bitPattern: content.id.high)),
                .integer(Int64(bitPattern: content.id.low)),
                .integer(message.sent), .integer(message.visibleAt ?? message.sent), SQLValue(content.group),
                .integer(Int64(content.size)), .text(content.body), .blob(content.extra.bytes),
            ])
        return row?.integer(0) ?? 0
    }

    // MARK: Receiving

    /// Takes messages, and moves those that were received too often.
    func take(_ request: ReceiveRequest, from queue: QueueRecord, now: Int64) throws -> [ReceivedMessage] {
        var messages: [ReceivedMessage] = []
        // Again only if all that was found had to be given up.
        while messages.isEmpty {
            let found = try candidates(queue, request.maximum, now: now)
            if found.isEmpty { break }
            for row in found {
                if let target = request.deadLetterQueue, let limit = queue.rules.maxReceives,
                    Int(row.receives) >= limit, try giveUp(row, of: queue, to: target, now: now)
                {
                    continue
                }
                var message = row
                message.receives += 1
                if message.firstReceived == 0 { message.firstReceived = now }
                message.token = .random(in: 1 ... .max)
                try connection.execute(
                    """
                    UPDATE sqs_shared_message SET receives = ?, first_received = ?, visible_at = ?, received = ?, token = ?
                    WHERE id = ?
                    """,
                    [
                        .integer(Int64(message.receives)), .integer(message.firstReceived),
                        .integer(now + request.visibility), .integer(now), .integer(Int64(bitPattern: message.token)),
                        .integer(message.sequence),
                    ])
                messages.append(message)
            }
        }
        return messages
    }

    /// Messages that can be received, locked; those that another process is about to take are passed over.
    private func candidates(_ queue: QueueRecord, _ limit: Int, now: Int64) throws -> [ReceivedMessage] {
        let isPostgres = connection.engine == .postgres
        let cutoff = now - queue.rules.retention
        if queue.defaults.isFIFO {
            // One process at a time: an order is nothing that can be found in parts.
            if isPostgres {
                _ = try connection.query("SELECT 1 FROM sqs_count WHERE queue = ? FOR UPDATE", [.integer(queue.id)])
            }
            return try connection.query(
                """
                SELECT \(Self.columns) FROM sqs_shared_message AS message
                WHERE queue = ? AND visible_at <= ? AND sent > ? AND sent <= ? AND NOT EXISTS (
                    SELECT 1 FROM sqs_shared_message AS earlier WHERE earlier.queue = message.queue
                        AND earlier.group_id = message.group_id AND earlier.id < message.id AND earlier.visible_at > ?)
                ORDER BY id LIMIT ?
                """,
                [
                    .integer(queue.id), .integer(now), .integer(cutoff), .integer(now - queue.rules.delay),
                    .integer(now),
                    .integer(Int64(limit)),
                ]
            ).map(Self.message)
        }
        return try connection.query(
            """
            SELECT \(Self.columns) FROM sqs_shared_message WHERE queue = ? AND visible_at <= ? AND sent > ?
            ORDER BY visible_at, id LIMIT ?\(isPostgres ? " FOR UPDATE SKIP LOCKED" : "")
            """, [.integer(queue.id), .integer(now), .integer(cutoff), .integer(Int64(limit))]
        ).map(Self.message)
    }

    /// - Returns: false if the dead-letter queue is gone.
    private func giveUp(_ message: ReceivedMessage, of queue: QueueRecord, to target: QueueRecord, now: Int64) throws
        -> Bool
    {
        guard try isThere(target.id) else { return false }
        let content = message.content.deadLetter(of: queue.key.arn)
        // Standard queues count the time since a message was sent first.
        let sent = target.defaults.isFIFO ? now : message.sent
        try relocate(message.sequence, to: target.id, content, sent: sent, visibleAt: now)
        return true
    }

    /// Whether a queue is not deleted, as of this transaction.
    private func isThere(_ queue: Int64) throws -> Bool {
        try connection.first("SELECT 1 FROM sqs_count WHERE queue = ?", [.integer(queue)]) != nil
    }

    private func relocate(_ id: Int64, to queue: Int64, _ content: MessageContent, sent: Int64, visibleAt: Int64) throws
    {
        // Behind all that is there.
        let row = try connection.first(
            """
            INSERT INTO sqs_shared_message (queue, id_high, id_low, sent, receives, first_received, visible_at, received,
                token, group_id, size, body, extra)
            SELECT ?, ?, ?, ?, receives, first_received, ?, 0, 0, group_id, size, body, ?
            FROM sqs_shared_message WHERE id = ? RETURNING id
            """,
            [
                .integer(queue), .integer(Int64(bitPattern: content.id.high)),
                .integer(Int64(bitPattern: content.id.low)), .integer(sent), .integer(visibleAt),
                .blob(content.extra.bytes), .integer(id),
            ])
        if row != nil { try connection.execute("DELETE FROM sqs_shared_message WHERE id = ?", [.integer(id)]) }
    }

    /// Moves a message back.
    /// - Returns: false if it is not in the caller's hands any more.
    func redrive(_ message: ReceivedMessage, from source: Int64, to target: Int64, now: Int64) throws -> Bool {
        guard try isThere(target) else { throw SQSFailures.noQueue }
        let row = try connection.first(
            """
            UPDATE sqs_shared_message SET receives = 0, first_received = 0 WHERE id = ? AND queue = ? AND token = ?
            RETURNING id
            """,
            [.integer(message.sequence), .integer(source), .integer(Int64(bitPattern: message.token))])
        if row == nil { return false }
        try relocate(
            message.sequence, to: target, message.content.redriven(), sent: now, visibleAt: now)
        return true
    }

    /// The messages of an attempt, hidden anew, if all are still in its hands.
    func repeated(_ receipts: [ReceiveAttempts.Receipt], _ queue: QueueRecord, visibility: Int64, now: Int64) throws
        -> [ReceivedMessage]?
    {
        var messages: [ReceivedMessage] = []
        for receipt in receipts {
            guard
                let row = try connection.first(
                    """
                    SELECT \(Self.columns) FROM sqs_shared_message
                    WHERE id = ? AND queue = ? AND token = ? AND visible_at > ?
                    """,
                    [
                        .integer(receipt.sequence), .integer(queue.id), .integer(Int64(bitPattern: receipt.token)),
                        .integer(now),
                    ])
            else { return nil }
            messages.append(Self.message(row))
        }
        for receipt in receipts {
            try connection.execute(
                "UPDATE sqs_shared_message SET visible_at = ? WHERE id = ?",
                [.integer(now + visibility), .integer(receipt.sequence)])
        }
        return messages
    }

    private static func message(_ row: SQLRow) -> ReceivedMessage {
        ReceivedMessage(
            content: MessageContent(
                id: MessageRows.id(row, 1), body: row.text(9) ?? "", group: row.text(7),
                extra: MessageExtra(bytes: row.blob(10) ?? []), size: Int(row.integer(8) ?? 0)),
            sequence: row.integer(0) ?? 0, sent: row.integer(3) ?? 0,
            receives: Int32(truncatingIfNeeded: row.integer(4) ?? 0), firstReceived: row.integer(5) ?? 0,
            token: UInt64(bitPattern: row.integer(6) ?? 0))
    }

    // MARK: Receipts

    func delete(_ receipt: ReceiptHandle, of queue: QueueRecord, now: Int64) throws -> QueueEngine.Deletion {
        guard let state = try state(receipt) else { return .gone }
        guard state.token == Int64(bitPattern: receipt.token), !queue.defaults.isFIFO || state.visibleAt > now else {
            return .outdated
        }
        try connection.execute("DELETE FROM sqs_shared_message WHERE id = ?", [.integer(receipt.sequence)])
        return .delete
    }

    func changeVisibility(_ receipt: ReceiptHandle, to visibility: Int64, of queue: QueueRecord, now: Int64) throws
        -> QueueEngine.Change
    {
        guard let state = try state(receipt), state.token == Int64(bitPattern: receipt.token) else { return .gone }
        guard state.visibleAt > now else { return queue.defaults.isFIFO ? .gone : .notInFlight }
        let limit = Int64(SQSLimits.visibility.upperBound) * 1000
        guard now - state.received + visibility <= limit else { return .tooLong }
        try connection.execute(
            "UPDATE sqs_shared_message SET visible_at = ? WHERE id = ?",
            [.integer(now + visibility), .integer(receipt.sequence)])
        return .done
    }

    private func state(_ receipt: ReceiptHandle) throws -> (token: Int64, visibleAt: Int64, received: Int64)? {
        let lock = connection.engine == .postgres ? " FOR UPDATE" : ""
        return try connection.first(
            "SELECT token, visible_at, received FROM sqs_shared_message WHERE id = ? AND queue = ?\(lock)",
            [.integer(receipt.sequence), .integer(receipt.queue)]
        ).map { ($0.integer(0) ?? 0, $0.integer(1) ?? 0, $0.integer(2) ?? 0) }
    }

    // MARK: Counting

    /// How many messages are in flight, up to the limit.
    func inFlight(_ queue: Int64, now: Int64) throws -> Int {
        let row = try connection.first(
            """
            SELECT COUNT(*) FROM (SELECT 1 FROM sqs_shared_message WHERE queue = ? AND visible_at > ? AND token <> 0
                LIMIT \(SQSLimits.inFlight)) AS taken
            """, [.integer(queue), .integer(now)])
        return Int(row?.integer(0) ?? 0)
    }

    func counts(_ queue: QueueRecord, now: Int64) throws -> QueueCounts {
        // Each from an index: no more rows are looked at than are in flight, or delayed.
        func count(_ condition: String, _ value: Int64? = nil) throws -> Int {
            let row = try connection.first(
                "SELECT COUNT(*) FROM sqs_shared_message WHERE queue = ?\(condition)",
                [.integer(queue.id)] + (value.map { [SQLValue.integer($0)] } ?? []))
            return Int(row?.integer(0) ?? 0)
        }
        let all = try count("")
        let out = try count(" AND visible_at > ? AND token <> 0", now)
        // FIFO queues have a delay that counts for messages which are there already; others, each message its own.
        let later =
            try queue.rules.delay > 0
            ? count(" AND sent > ? AND token = 0", now - queue.rules.delay)
            : count(" AND visible_at > ? AND token = 0", now)
        return QueueCounts(visible: max(0, all - out - later), inFlight: out, delayed: later)
    }

    func hasExpired(_ queue: Int64, sentBefore time: Int64) throws -> Bool {
        try connection.first(
            "SELECT 1 FROM sqs_shared_message WHERE queue = ? AND sent <= ? LIMIT 1",
            [.integer(queue), .integer(time)]) != nil
    }

    /// - Returns: how many messages were removed.
    func expire(_ queue: Int64, sentBefore time: Int64, limit: Int) throws -> Int {
        try connection.execute(
            """
            DELETE FROM sqs_shared_message WHERE id IN
                (SELECT id FROM sqs_shared_message WHERE queue = ? AND sent <= ? ORDER BY sent LIMIT ?)
            """, [.integer(queue), .integer(time), .integer(Int64(limit))])
    }
}
