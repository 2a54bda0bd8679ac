import Persistence

/// Lambda's schema. Everything is keyed by account and region.
enum LambdaMigrations {
    static let all = [
        Migration(
            store: "lambda", version: 1,
            statements: [
                """
                CREATE TABLE lambda_functions (
                    account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL,
                    next_version BIGINT NOT NULL, tags TEXT NOT NULL,
                    PRIMARY KEY (account, region, name))
                """,
                // $LATEST has ordinal 0, a published version its number.
                """
                CREATE TABLE lambda_versions (
                    account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, ordinal BIGINT NOT NULL,
                    runtime TEXT NOT NULL, handler TEXT NOT NULL, role TEXT NOT NULL, description TEXT NOT NULL,
                    memory BIGINT NOT NULL, timeout BIGINT NOT NULL, ephemeral_storage BIGINT NOT NULL,
                    architecture TEXT NOT NULL, environment BLOB, active_tracing BIGINT NOT NULL,
                    log_group TEXT, log_json BIGINT NOT NULL, log_application_level TEXT, log_system_level TEXT,
                    shows_empty_vpc BIGINT NOT NULL, code_digest TEXT NOT NULL, code_size BIGINT NOT NULL,
                    last_modified BIGINT NOT NULL, revision_id TEXT NOT NULL, pending_revision_id TEXT NOT NULL,
                    generation TEXT NOT NULL, published_from TEXT, source_description TEXT,
                    PRIMARY KEY (account, region, name, ordinal))
                """,
                "CREATE INDEX lambda_versions_code ON lambda_versions (code_digest)",
                """
                CREATE TABLE lambda_aliases (
                    account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, alias TEXT NOT NULL,
                    version TEXT NOT NULL, description TEXT NOT NULL, second_version TEXT,
                    second_weight DOUBLE PRECISION, revision_id TEXT NOT NULL,
                    PRIMARY KEY (account, region, name, alias))
                """,
                """
                CREATE TABLE lambda_usage (
                    account TEXT NOT NULL, region TEXT NOT NULL, functions BIGINT NOT NULL, code_bytes BIGINT NOT NULL,
                    PRIMARY KEY (account, region))
                """,
            ]),
        concurrency, layers, management, codeSigning, eventInvoke, mappings, access,
    ]

    /// How asynchronous invocations are handled.
    private static let eventInvoke = Migration(
        store: "lambda-event-invoke", version: 1,
        statements: [
            """
            CREATE TABLE lambda_event_invoke (
                account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, qualifier TEXT NOT NULL,
                attempts BIGINT, age BIGINT, on_success TEXT, on_failure TEXT, last_modified BIGINT NOT NULL,
                PRIMARY KEY (account, region, name, qualifier))
            """
        ])

    /// A store of its own name, which sorts after `lambda`: it changes that store's tables.
    private static let concurrency = Migration(
        store: "lambda-concurrency", version: 1,
        statements: [
            "ALTER TABLE lambda_functions ADD COLUMN reserved_concurrency BIGINT",
            """
            CREATE TABLE lambda_provisioned (
                account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, qualifier TEXT NOT NULL,
                requested BIGINT NOT NULL, last_modified BIGINT NOT NULL,
                PRIMARY KEY (account, region, name, qualifier))
            """,
        ])

    /// A store of its own name, which sorts after `lambda`: it changes that store's tables.
    private static let layers = Migration(
        store: "lambda-layers", version: 1,
        statements: [
            // Kept when all versions are deleted: their numbers are not given again.
            """
            CREATE TABLE lambda_layers (
                account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, next_version BIGINT NOT NULL,
                PRIMARY KEY (account, region, name))
            """,
            // Runtimes and architectures have a comma before and after each.
            """
            CREATE TABLE lambda_layer_versions (
                account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL,
                description TEXT NOT NULL, license TEXT, runtimes TEXT, architectures TEXT,
                code_digest TEXT NOT NULL, code_size BIGINT NOT NULL, created BIGINT NOT NULL,
                policy TEXT NOT NULL, policy_revision_id TEXT NOT NULL,
                PRIMARY KEY (account, region, name, version))
            """,
            "CREATE INDEX lambda_layer_versions_code ON lambda_layer_versions (code_digest)",
            "ALTER TABLE lambda_versions ADD COLUMN layers TEXT",
            // What the versions' layers keep on the disk: their packages, and the folder in which they are merged.
            """
            CREATE TABLE lambda_version_layers (
                account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, ordinal BIGINT NOT NULL,
                digest TEXT NOT NULL,
                PRIMARY KEY (account, region, name, ordinal, digest))
            """,
            "CREATE INDEX lambda_version_layers_digest ON lambda_version_layers (digest)",
        ])
}
