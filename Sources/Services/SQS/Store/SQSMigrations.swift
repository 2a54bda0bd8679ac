public import Persistence

/// The schema of SQS.
///
/// A message's number is its queue's, shifted, and its sequence within it, so that a queue's messages lie together in order and new ones
/// are appended. Processes that share a database have a table of their own, in which who has received a message is a part of its row;
/// a process alone knows that in memory.
public enum SQSMigrations {
    public static let all = [
        Migration(
            store: "sqs", version: 1,
            statements: [
                // `live` is 1, and NULL when the queue is deleted: then its messages are still to be removed.
                """
                CREATE TABLE sqs_queue (
                    id INTEGER PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, live BIGINT,
                    attributes TEXT NOT NULL, tags TEXT NOT NULL, dead_letter_target TEXT, created BIGINT NOT NULL,
                    modified BIGINT NOT NULL, purged BIGINT, deleted BIGINT, UNIQUE (account, region, name, live))
                """,
                "CREATE INDEX sqs_queue_target ON sqs_queue (dead_letter_target)",
                // The messages up to `floor` are gone, whether or not they have been removed.
                """
                CREATE TABLE sqs_count (
                    queue BIGINT NOT NULL PRIMARY KEY, messages BIGINT NOT NULL, next BIGINT NOT NULL, floor BIGINT NOT NULL)
                """,
                """
                CREATE TABLE sqs_message (
                    id INTEGER PRIMARY KEY, id_high BIGINT NOT NULL, id_low BIGINT NOT NULL, sent BIGINT NOT NULL,
                    receives BIGINT NOT NULL, first_received BIGINT NOT NULL, visible_at BIGINT, group_id TEXT,
                    size BIGINT NOT NULL, body TEXT NOT NULL, extra BLOB NOT NULL)
                """,
                "CREATE INDEX sqs_message_delayed ON sqs_message (id) WHERE visible_at IS NOT NULL",
                """
                CREATE TABLE sqs_shared_message (
                    id INTEGER PRIMARY KEY, queue BIGINT NOT NULL, id_high BIGINT NOT NULL, id_low BIGINT NOT NULL,
                    sent BIGINT NOT NULL, receives BIGINT NOT NULL, first_received BIGINT NOT NULL, visible_at BIGINT NOT NULL,
                    received BIGINT NOT NULL, token BIGINT NOT NULL, group_id TEXT, size BIGINT NOT NULL, body TEXT NOT NULL,
                    extra BLOB NOT NULL)
                """,
                "CREATE INDEX sqs_shared_visible ON sqs_shared_message (queue, visible_at, id)",
                "CREATE INDEX sqs_shared_group ON sqs_shared_message (queue, group_id, id)",
                """
                CREATE TABLE sqs_deduplication (
                    queue BIGINT NOT NULL, scope TEXT NOT NULL, expires BIGINT NOT NULL, id_high BIGINT NOT NULL,
                    id_low BIGINT NOT NULL, sequence BIGINT NOT NULL, PRIMARY KEY (queue, scope))
                """,
                "CREATE INDEX sqs_deduplication_expires ON sqs_deduplication (expires)",
                """
                CREATE TABLE sqs_move_task (
                    id TEXT PRIMARY KEY, source_account TEXT NOT NULL, source_region TEXT NOT NULL, source_name TEXT NOT NULL,
                    destination TEXT, rate BIGINT, status TEXT NOT NULL, moved BIGINT NOT NULL, to_move BIGINT NOT NULL,
                    last BIGINT NOT NULL, started BIGINT NOT NULL, failure TEXT)
                """,
                "CREATE INDEX sqs_move_task_source ON sqs_move_task (source_account, source_region, source_name, started)",
            ]),
        Migration(
            store: "sqs", version: 2,
            statements: [
                // Of messages that have come from another queue, and may be older than those before them: the queue, to find the old
                // ones by. Others lie in the order of their ages, and need no index.
                "ALTER TABLE sqs_message ADD COLUMN moved_to BIGINT",
                """
                UPDATE sqs_message SET moved_to = id >> 40 WHERE id >> 40 IN (
                    SELECT target.id FROM sqs_queue AS target JOIN sqs_queue AS source
                        ON source.dead_letter_target = 'arn:aws:sqs:' || target.region || ':' || target.account || ':' || target.name)
                """,
                "CREATE INDEX sqs_message_moved ON sqs_message (moved_to, sent) WHERE moved_to IS NOT NULL",
                // Order, age and what is in flight in the queues of several processes.
                "CREATE INDEX sqs_shared_order ON sqs_shared_message (queue, id)",
                "CREATE INDEX sqs_shared_age ON sqs_shared_message (queue, sent)",
            ]),
    ]
}
