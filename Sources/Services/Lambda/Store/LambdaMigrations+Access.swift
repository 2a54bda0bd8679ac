import Persistence

extension LambdaMigrations {
    /// Resource policies and function URLs; the store's name sorts after `lambda`, to whose tables these belong. A qualifier is empty for
    /// the function itself.
    static let access = Migration(
        store: "lambda-access", version: 1,
        statements: [
            """
            CREATE TABLE lambda_policies (
                account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, qualifier TEXT NOT NULL,
                statements TEXT NOT NULL, revision_id TEXT NOT NULL,
                PRIMARY KEY (account, region, name, qualifier))
            """,
            // A URL stays when its alias is deleted, as on AWS, and goes with its function.
            """
            CREATE TABLE lambda_urls (
                account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, qualifier TEXT NOT NULL,
                id TEXT NOT NULL, requires_signature BIGINT NOT NULL, cors TEXT, invoke_mode TEXT,
                created BIGINT NOT NULL, last_modified BIGINT NOT NULL,
                PRIMARY KEY (account, region, name, qualifier))
            """,
            "CREATE UNIQUE INDEX lambda_urls_id ON lambda_urls (id)",
        ])
}
