import Persistence

extension LambdaMigrations {
    /// A store of its own name, which sorts after `lambda`: it changes that store's tables.
    static let codeSigning = Migration(
        store: "lambda-signing", version: 1,
        statements: [
            """
            CREATE TABLE lambda_code_signing_configs (
                account TEXT NOT NULL, region TEXT NOT NULL, id TEXT NOT NULL, description TEXT NOT NULL,
                publishers TEXT NOT NULL, policy TEXT NOT NULL, last_modified BIGINT NOT NULL,
                PRIMARY KEY (account, region, id))
            """,
            // The configuration's id.
            "ALTER TABLE lambda_functions ADD COLUMN code_signing TEXT",
            // Tags of what is no function, as JSON; the resource is the last part of its ARN.
            """
            CREATE TABLE lambda_resource_tags (
                account TEXT NOT NULL, region TEXT NOT NULL, resource TEXT NOT NULL, tags TEXT NOT NULL,
                PRIMARY KEY (account, region, resource))
            """,
        ])
}
