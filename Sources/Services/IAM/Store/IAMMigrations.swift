public import Persistence

/// The schema of IAM's store. IAM is global: rows are keyed by account, not by region. Names that differ only in case
/// are the same entity, so keys hold names in lower case (`folded`, `role`, `policy`) beside the names as they were
/// given.
public enum IAMMigrations {
    public static let all = [
        Migration(
            store: "iam", version: 1,
            statements: [
                """
                CREATE TABLE iam_roles (account TEXT NOT NULL, folded TEXT NOT NULL, name TEXT NOT NULL, path TEXT NOT NULL, \
                id TEXT NOT NULL, trust_policy TEXT NOT NULL, description TEXT, max_session BIGINT NOT NULL, boundary TEXT, \
                linked_service TEXT, created BIGINT NOT NULL, last_used BIGINT, last_used_region TEXT, \
                PRIMARY KEY (account, folded))
                """,
                "CREATE INDEX iam_roles_by_boundary ON iam_roles (account, boundary)",
                """
                CREATE TABLE iam_role_policies (account TEXT NOT NULL, role TEXT NOT NULL, name TEXT NOT NULL, \
                document TEXT NOT NULL, PRIMARY KEY (account, role, name))
                """,
                """
                CREATE TABLE iam_attachments (account TEXT NOT NULL, role TEXT NOT NULL, arn TEXT NOT NULL, name TEXT NOT NULL, \
                PRIMARY KEY (account, role, arn))
                """,
                "CREATE INDEX iam_attachments_by_policy ON iam_attachments (account, arn)",
                """
                CREATE TABLE iam_policies (account TEXT NOT NULL, folded TEXT NOT NULL, name TEXT NOT NULL, path TEXT NOT NULL, \
                id TEXT NOT NULL, description TEXT, default_version BIGINT NOT NULL, last_version BIGINT NOT NULL, \
                created BIGINT NOT NULL, updated BIGINT NOT NULL, PRIMARY KEY (account, folded))
                """,
                """
                CREATE TABLE iam_policy_versions (account TEXT NOT NULL, policy TEXT NOT NULL, version BIGINT NOT NULL, \
                document TEXT NOT NULL, created BIGINT NOT NULL, PRIMARY KEY (account, policy, version))
                """,
                """
                CREATE TABLE iam_role_deletions (account TEXT NOT NULL, task TEXT NOT NULL, ended BIGINT NOT NULL, \
                PRIMARY KEY (account, task))
                """,
                """
                CREATE TABLE iam_tags (account TEXT NOT NULL, owner TEXT NOT NULL, position BIGINT NOT NULL, name TEXT NOT NULL, \
                value TEXT NOT NULL, PRIMARY KEY (account, owner, position))
                """,
            ])
    ]
}
