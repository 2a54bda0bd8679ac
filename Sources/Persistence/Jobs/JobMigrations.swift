/// The schema of jobs.
public enum JobMigrations {
    public static let all = [
        Migration(
            store: "jobs", version: 1,
            statements: [
                // The position is the due time; in an ordered kind it is 0, so that the id decides.
                """
                CREATE TABLE jobs (
                    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, lane TEXT NOT NULL, position BIGINT NOT NULL,
                    due BIGINT NOT NULL, attempts BIGINT NOT NULL, owner TEXT, size BIGINT NOT NULL,
                    payload BLOB NOT NULL)
                """,
                "CREATE INDEX jobs_lane ON jobs (kind, lane, position, id)",
                // Processes that share the database, and until when each has said that it lives.
                "CREATE TABLE job_owners (owner TEXT PRIMARY KEY, alive_until BIGINT NOT NULL)",
            ])
    ]
}
