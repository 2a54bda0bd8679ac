public import Persistence

/// The schema of S3.
public enum S3Migrations {
    public static let all = [
        Migration(
            store: "s3", version: 1,
            statements: [
                // The version is another after each change of the bucket.
                """
                CREATE TABLE s3_buckets (
                    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, account TEXT NOT NULL, region TEXT NOT NULL,
                    created BIGINT NOT NULL, version BIGINT NOT NULL, settings BLOB NOT NULL)
                """,
                "CREATE INDEX s3_buckets_account ON s3_buckets (account, name)",
                // A row for each version of each object. The first position of a key is its latest version: 0 is the null version of
                // a bucket that has never had others, and each later version gets one less. The body comes last, so that nobody
                // who looks for something else has to read over it.
                """
                CREATE TABLE s3_objects (
                    id INTEGER PRIMARY KEY, bucket BIGINT NOT NULL, key TEXT NOT NULL, position BIGINT NOT NULL, version TEXT,
                    marker BIGINT NOT NULL, size BIGINT NOT NULL, etag TEXT NOT NULL, modified BIGINT NOT NULL,
                    sequence BIGINT NOT NULL, storage TEXT, checksum BIGINT NOT NULL, owner TEXT, attributes BLOB NOT NULL,
                    manifest BLOB, body BLOB)
                """,
                "CREATE UNIQUE INDEX s3_objects_key ON s3_objects (bucket, key, position)",
                // The null versions of keys that have others, by which they are found.
                "CREATE INDEX s3_objects_null ON s3_objects (bucket, key) WHERE version IS NULL AND position <> 0",
                // How many objects and parts name a segment; what is no longer named is garbage for a while, since it may be read.
                "CREATE TABLE s3_segments (name TEXT PRIMARY KEY, links BIGINT NOT NULL)",
                "CREATE TABLE s3_garbage (name TEXT PRIMARY KEY, since BIGINT NOT NULL)",
                """
                CREATE TABLE s3_uploads (
                    id INTEGER PRIMARY KEY, upload TEXT NOT NULL UNIQUE, bucket BIGINT NOT NULL, key TEXT NOT NULL,
                    initiated BIGINT NOT NULL, sequence BIGINT NOT NULL, touched BIGINT NOT NULL, initiator TEXT NOT NULL,
                    owner TEXT, storage TEXT, checksum BIGINT NOT NULL, attributes BLOB NOT NULL)
                """,
                "CREATE INDEX s3_uploads_key ON s3_uploads (bucket, key, id)",
                """
                CREATE TABLE s3_parts (
                    upload BIGINT NOT NULL, number BIGINT NOT NULL, size BIGINT NOT NULL, etag TEXT NOT NULL,
                    modified BIGINT NOT NULL, checksum TEXT, manifest BLOB NOT NULL, PRIMARY KEY (upload, number))
                """,
                // What was answered to uploads that are complete: who asks again is answered the same.
                """
                CREATE TABLE s3_completed (
                    upload TEXT PRIMARY KEY, bucket BIGINT NOT NULL, key TEXT NOT NULL, completed BIGINT NOT NULL,
                    answer BLOB NOT NULL)
                """,
                "CREATE INDEX s3_completed_time ON s3_completed (completed)",
            ]),
        Migration(
            store: "s3", version: 2,
            statements: [
                // The folder that this database's segments are in, by the name that is written in it.
                "CREATE TABLE s3_folder (id BIGINT PRIMARY KEY, name TEXT NOT NULL)",
                // What went first goes first, however much is garbage.
                "CREATE INDEX s3_garbage_since ON s3_garbage (since, name)",
                "CREATE INDEX s3_buckets_region ON s3_buckets (account, region, name)",
            ]),
        Migration(
            store: "s3", version: 3,
            statements: [
                // A random number whenever a part is put, so that a completion knows whether the parts are those that it has read.
                "ALTER TABLE s3_parts ADD COLUMN tag BIGINT NOT NULL DEFAULT 0",
                // Up to where sequence numbers may have been drawn.
                "CREATE TABLE s3_sequence (id BIGINT PRIMARY KEY, ceiling BIGINT NOT NULL)",
            ]),
    ]
}
