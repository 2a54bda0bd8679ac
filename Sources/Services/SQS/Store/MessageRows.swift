import Persistence

/// A message that is to be stored.
struct NewMessage: Sendable {
    var content: MessageContent
    /// Milliseconds since 1970.
    var sent: Int64
    /// Nil: it can be received at once.
    var visibleAt: Int64?
    var receives: Int32 = 0
    var firstReceived: Int64 = 0
    /// What must not be the same as that of a message of the last five minutes; nil in standard queues.
    var deduplication: Deduplication?
}

extension NewMessage {
    /// The message in the queue to which it is moved back.
    func redriven(now: Int64) -> NewMessage {
        NewMessage(content: content.redriven(), sent: now)
    }
}

/// Under which names a message's deduplication id is kept.
struct Deduplication: Sendable, Hashable {
    /// The name under which it is written.
    var scope: String
    /// Another name under which one of before counts too: the queue's scope was changed.
    var former: String?

    /// `group`: nil if the queue deduplicates regardless of groups.
    init(_ id: String, group: String?) {
        scope = group.map { "g\($0)/\(id)" } ?? "q\(id)"
        former = group == nil ? nil : "q\(id)"
    }
}

/// What became of a message that was to be stored.
struct StoredMessage: Sendable, Hashable {
    var id: MessageID
    var sequence: Int64
    /// It is the one that was stored before with the same deduplication id.
    var isDuplicate = false
}

/// What is too old in a queue.
struct ExpiredMessages: Sendable {
    struct Place: Sendable, Hashable {
        var sequence: Int64
        var group: String?
    }

    var messages: [Place] = []
    /// Up to here, what was sent to the queue is among them, or gone.
    var looked: Int64
    /// Whether there are no others.
    var isAll = false

    init(looked: Int64) { self.looked = looked }
}

/// The statements on the messages of a process alone.
struct MessageRows {
    let connection: any SQLConnection

    private static let bits: Int64 = 40
    private static let mask: Int64 = (1 << bits) - 1

    static func row(_ queue: Int64, _ sequence: Int64) -> Int64 { queue << bits | sequence }
    static func sequence(_ row: Int64) -> Int64 { row & mask }

    private static let insertion = """
        INSERT INTO sqs_message
            (id, id_high, id_low, sent, receives, first_received, visible_at, group_id, size, body, extra, moved_to)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """

    /// `isMoved`: it comes from another queue, and may be older than the messages before it.
    func insert(_ message: NewMessage, queue: Int64, sequence: Int64, isMoved: Bool = false) throws {
        let content = message.content
        try connection.execute(
            Self.insertion,
            [
                .integer(Self.row(queue, sequence)), .integer(Int64(bitPattern: content.id.high)),
                .integer(Int64(bitPattern: content.id.low)), .integer(message.sent), .integer(Int64(message.receives)),
                .integer(message.firstReceived), SQLValue(message.visibleAt), SQLValue(content.group),
                .integer(Int64(content.size)), .text(content.body), .blob(content.extra.bytes),
                isMoved ? .integer(queue) : .null,
            ])
    }

    /// `floor`: messages up to here are gone already.
    /// - Returns: whether it was there.
    func delete(_ queue: Int64, _ sequence: Int64, above floor: Int64) throws -> Bool {
        if sequence <= floor { return false }
        return try connection.execute("DELETE FROM sqs_message WHERE id = ?", [.integer(Self.row(queue, sequence))]) > 0
    }

    func record(_ queue: Int64, _ sequence: Int64, receives: Int32, first: Int64) throws {
        try connection.execute(
            "UPDATE sqs_message SET receives = ?, first_received = ? WHERE id = ?",
            [.integer(Int64(receives)), .integer(first), .integer(Self.row(queue, sequence))])
    }

    /// What counts as sent, or has been: the queue's numbers.
    func count(_ queue: Int64, by difference: Int, next: Int64) throws {
        try connection.execute(
            "UPDATE sqs_count SET messages = messages + ?, next = ? WHERE queue = ?",
            [.integer(Int64(difference)), .integer(next), .integer(queue)])
    }

    func counts(_ queue: Int64) throws -> (messages: Int, next: Int64, floor: Int64)? {
        guard
            let row = try connection.first(
                "SELECT messages, next, floor FROM sqs_count WHERE queue = ?", [.integer(queue)])
        else { return nil }
        return (Int(row.integer(0) ?? 0), row.integer(1) ?? 1, row.integer(2) ?? 0)
    }

    // MARK: Reading

    /// Messages behind a sequence, in order, without those that were delayed. Content only of small ones.
    func page(_ queue: Int64, after sequence: Int64, limit: Int, heldSize: Int) throws -> [QueueEngine.Stored] {
        try connection.query(
            """
            SELECT id, sent, receives, first_received, group_id, size, id_high, id_low,
                CASE WHEN size <= ? THEN body END, CASE WHEN size <= ? THEN extra END
            FROM sqs_message WHERE id > ? AND id <= ? AND visible_at IS NULL ORDER BY id LIMIT ?
            """,
            [
                .integer(Int64(heldSize)), .integer(Int64(heldSize)), .integer(Self.row(queue, sequence)),
                .integer(Self.row(queue, Self.mask)), .integer(Int64(limit)),
            ]
        ).map { row in
            var entry = QueueEntry(sequence: Self.sequence(row.integer(0) ?? 0), sent: row.integer(1) ?? 0)
            entry.receives = Int32(truncatingIfNeeded: row.integer(2) ?? 0)
            entry.firstReceived = row.integer(3) ?? 0
            let group = row.text(4)
            if let body = row.text(8), let extra = row.blob(9) {
                entry.content = MessageContent(
                    id: Self.id(row, 6), body: body, group: group, extra: MessageExtra(bytes: extra),
                    size: Int(row.integer(5) ?? 0))
            }
            return QueueEngine.Stored(entry: entry, visibleAt: nil, group: group)
        }
    }

    func exists(_ queue: Int64, _ sequence: Int64) throws -> Bool {
        try connection.first("SELECT 1 FROM sqs_message WHERE id = ?", [.integer(Self.row(queue, sequence))]) != nil
    }

    func delayed(_ queue: Int64, after sequence: Int64) throws -> [QueueEngine.Delayed] {
        try connection.query(
            "SELECT id, visible_at, sent, group_id FROM sqs_message WHERE id > ? AND id <= ? AND visible_at IS NOT NULL",
            [.integer(Self.row(queue, sequence)), .integer(Self.row(queue, Self.mask))]
        ).map {
            QueueEngine.Delayed(
                due: $0.integer(1) ?? 0, sequence: Self.sequence($0.integer(0) ?? 0), sent: $0.integer(2) ?? 0,
                group: $0.text(3))
        }
    }

    /// A message with all that its row has; nil if it is gone.
    func message(_ queue: Int64, _ sequence: Int64) throws -> NewMessage? {
        let row = try connection.first(
            """
            SELECT id_high, id_low, group_id, size, body, extra, sent, receives, first_received FROM sqs_message
            WHERE id = ?
            """, [.integer(Self.row(queue, sequence))])
        guard let row else { return nil }
        let content = MessageContent(
            id: Self.id(row, 0), body: row.text(4) ?? "", group: row.text(2),
            extra: MessageExtra(bytes: row.blob(5) ?? []), size: Int(row.integer(3) ?? 0))
        var message = NewMessage(content: content, sent: row.integer(6) ?? 0)
        message.receives = Int32(truncatingIfNeeded: row.integer(7) ?? 0)
        message.firstReceived = row.integer(8) ?? 0
        return message
    }

    static func id(_ row: SQLRow, _ column: Int) -> MessageID {
        MessageID(
            high: UInt64(bitPattern: row.integer(column) ?? 0), low: UInt64(bitPattern: row.integer(column + 1) ?? 0))
    }

    // MARK: Removing

    /// Messages of a queue, above its floor, that were sent before a time, and up to where there are no more of those that were sent to it: they lie in the
    /// order of their ages, those that have come from other queues do not.
    func expired(_ queue: Int64, floor: Int64, after sequence: Int64, sentBefore time: Int64, limit: Int) throws
        -> ExpiredMessages
    {
        let moved = try connection.query(
            "SELECT id, group_id FROM sqs_message WHERE moved_to = ? AND sent <= ? AND id > ? ORDER BY sent LIMIT ?",
            [.integer(queue), .integer(time), .integer(Self.row(queue, floor)), .integer(Int64(limit))])
        var expired = ExpiredMessages(looked: sequence)
        expired.messages = moved.map { .init(sequence: Self.sequence($0.integer(0) ?? 0), group: $0.text(1)) }
        let rows = try connection.query(
            "SELECT id, group_id, sent, moved_to FROM sqs_message WHERE id > ? AND id <= ? ORDER BY id LIMIT ?",
            [.integer(Self.row(queue, sequence)), .integer(Self.row(queue, Self.mask)), .integer(Int64(limit))])
        for row in rows {
            let sequence = Self.sequence(row.integer(0) ?? 0)
            if row.integer(3) == nil {
                guard (row.integer(2) ?? 0) <= time else {
                    expired.isAll = moved.count < limit
                    return expired
                }
                expired.messages.append(.init(sequence: sequence, group: row.text(1)))
            }
            expired.looked = sequence
        }
        expired.isAll = rows.count < limit && moved.count < limit
        return expired
    }

    /// - Returns: how many were removed: fewer than `limit` if no more are left.
    func remove(_ queue: Int64, through sequence: Int64, limit: Int) throws -> Int {
        try connection.execute(
            """
            DELETE FROM sqs_message WHERE id IN
                (SELECT id FROM sqs_message WHERE id > ? AND id <= ? ORDER BY id LIMIT ?)
            """,
            [.integer(Self.row(queue, 0)), .integer(Self.row(queue, min(sequence, Self.mask))), .integer(Int64(limit))])
    }
}
