import Persistence

extension LambdaMigrations {
    static let mappings = Migration(
        store: "lambda-mappings", version: 1,
        statements: [
            // The function need not exist any more. Endpoints have a line each; the settings are JSON.
            """
            CREATE TABLE lambda_event_source_mappings (
                account TEXT NOT NULL, region TEXT NOT NULL, uuid TEXT NOT NULL,
                function_account TEXT NOT NULL, function_region TEXT NOT NULL, function_name TEXT NOT NULL,
                qualifier TEXT, kind TEXT NOT NULL, source_arn TEXT, endpoints TEXT NOT NULL, settings TEXT NOT NULL,
                enabled BIGINT NOT NULL, deleting BIGINT NOT NULL, last_modified BIGINT NOT NULL, last_result TEXT,
                PRIMARY KEY (account, region, uuid))
            """,
            """
            CREATE INDEX lambda_event_source_mappings_function
            ON lambda_event_source_mappings (account, region, function_name)
            """,
            "CREATE INDEX lambda_event_source_mappings_kind ON lambda_event_source_mappings (kind, enabled)",
        ])
}
