public import Persistence

/// The schema of CloudWatch Logs.
///
/// Groups and streams are keyed by account and region; runs belong to a stream. Events are in segment files: a run says where one
/// segment holds the events of one stream.
public enum LogsMigrations {
    public static let all: [Migration] = [
        Migration(
            store: "logs", version: 1,
            statements: [
                """
                CREATE TABLE logs_group (
                    account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, id BIGINT NOT NULL UNIQUE,
                    class TEXT NOT NULL, retention BIGINT, created BIGINT NOT NULL, stored_bytes BIGINT NOT NULL,
                    PRIMARY KEY (account, region, name))
                """,
                "CREATE TABLE logs_tag (group_id BIGINT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (group_id, key))",
                """
                CREATE TABLE logs_stream (
                    id BIGINT NOT NULL PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, group_id BIGINT NOT NULL,
                    name TEXT NOT NULL, created BIGINT NOT NULL, first_event BIGINT, last_event BIGINT, last_ingestion BIGINT,
                    UNIQUE (group_id, name))
                """,
                """
                CREATE TABLE logs_segment (
                    id BIGINT NOT NULL PRIMARY KEY, bytes BIGINT NOT NULL, live_bytes BIGINT NOT NULL, last_sequence BIGINT NOT NULL)
                """,
                """
                CREATE TABLE logs_run (
                    stream_id BIGINT NOT NULL, segment_id BIGINT NOT NULL, group_id BIGINT NOT NULL, earliest BIGINT NOT NULL,
                    latest BIGINT NOT NULL, events BIGINT NOT NULL, bytes BIGINT NOT NULL, disk_bytes BIGINT NOT NULL, frames BLOB NOT NULL,
                    PRIMARY KEY (stream_id, segment_id))
                """,
                "CREATE INDEX logs_run_by_group ON logs_run (group_id, earliest)",
                "CREATE INDEX logs_run_by_segment ON logs_run (segment_id)",
            ])
    ]
}
