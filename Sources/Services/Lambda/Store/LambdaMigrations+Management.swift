import Persistence

extension LambdaMigrations {
    /// A store of its own name, which sorts after `lambda`: it changes that store's tables.
    static let management = Migration(
        store: "lambda-management", version: 1,
        statements: [
            // JSON: what has no column of its own. A VPC that was once shown as empty stays so.
            "ALTER TABLE lambda_versions ADD COLUMN settings TEXT",
            "UPDATE lambda_versions SET settings = '{\"vpc\":{\"allowsIPv6\":false,\"securityGroupIDs\":[],"
                + "\"subnetIDs\":[]}}' WHERE shows_empty_vpc = 1",
            "ALTER TABLE lambda_functions ADD COLUMN recursive_loop TEXT",
            // Versions without a row are updated automatically.
            """
            CREATE TABLE lambda_runtime_management (
                account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, ordinal BIGINT NOT NULL,
                mode TEXT NOT NULL, runtime_version TEXT,
                PRIMARY KEY (account, region, name, ordinal))
            """,
        ])
}
