public import Persistence

/// The schema of SNS.
public enum SNSMigrations {
    public static let all: [Migration] = [
        Migration(
            store: "sns", version: 1,
            statements: [
                // Attributes and tags are JSON objects of texts. The version counts changes of the topic and its subscriptions.
                """
                CREATE TABLE sns_topic (
                    account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, id BIGINT NOT NULL,
                    version BIGINT NOT NULL, sequence BIGINT NOT NULL, deleted BIGINT NOT NULL, attributes TEXT NOT NULL,
                    tags TEXT NOT NULL, protection TEXT NOT NULL, PRIMARY KEY (account, region, name))
                """,
                // Orphans are those whose topic was deleted. Those that ended may be restored with their last token.
                """
                CREATE TABLE sns_subscription (
                    account TEXT NOT NULL, region TEXT NOT NULL, topic TEXT NOT NULL, id TEXT NOT NULL,
                    topic_id BIGINT NOT NULL, owner TEXT NOT NULL, transport TEXT NOT NULL, endpoint TEXT NOT NULL,
                    principal TEXT NOT NULL, confirmed BIGINT NOT NULL, authenticated BIGINT NOT NULL,
                    authenticates_end BIGINT NOT NULL, token TEXT, token_expires BIGINT NOT NULL,
                    attributes TEXT NOT NULL, origin TEXT NOT NULL, orphaned BIGINT, ended BIGINT,
                    PRIMARY KEY (account, region, topic, id))
                """,
                "CREATE INDEX sns_subscription_endpoint ON sns_subscription (topic_id, endpoint)",
                "CREATE INDEX sns_subscription_owner ON sns_subscription (owner, region, topic, id)",
                "CREATE INDEX sns_subscription_orphaned ON sns_subscription (orphaned)",
                "CREATE INDEX sns_subscription_ended ON sns_subscription (ended)",
                // Of FIFO topics: what was published in the last minutes.
                """
                CREATE TABLE sns_deduplication (
                    topic_id BIGINT NOT NULL, id TEXT NOT NULL, message_id TEXT NOT NULL, sequence TEXT NOT NULL,
                    expires BIGINT NOT NULL, PRIMARY KEY (topic_id, id))
                """,
                "CREATE INDEX sns_deduplication_expires ON sns_deduplication (topic_id, expires)",
                // Messages that several deliveries wait for.
                "CREATE TABLE sns_message (id BIGINT NOT NULL PRIMARY KEY, remaining BIGINT NOT NULL, payload BLOB NOT NULL)",
                "CREATE TABLE sns_signing_key (bits BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, certificate TEXT NOT NULL, key BLOB NOT NULL)",
                // Mail, text messages and pushes that were sent.
                """
                CREATE TABLE sns_capture (
                    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, account TEXT NOT NULL, region TEXT NOT NULL,
                    message_id TEXT NOT NULL, recipient TEXT NOT NULL, sent BIGINT NOT NULL, document TEXT NOT NULL,
                    UNIQUE (kind, message_id, recipient))
                """,
                // Platform applications and their endpoints, by ARN; attributes as those of topics.
                """
                CREATE TABLE sns_application (
                    account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, attributes TEXT NOT NULL,
                    PRIMARY KEY (account, region, name))
                """,
                """
                CREATE TABLE sns_endpoint (
                    account TEXT NOT NULL, region TEXT NOT NULL, application TEXT NOT NULL, id TEXT NOT NULL,
                    token TEXT NOT NULL, attributes TEXT NOT NULL, PRIMARY KEY (account, region, application, id))
                """,
                "CREATE UNIQUE INDEX sns_endpoint_token ON sns_endpoint (account, region, application, token)",
                // Settings of accounts for text messages, the sandbox's numbers, and numbers that opted out.
                """
                CREATE TABLE sns_sms (
                    account TEXT NOT NULL, region TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL,
                    value TEXT NOT NULL, PRIMARY KEY (account, region, kind, name))
                """,
            ]),
        Migration(
            store: "sns", version: 2,
            statements: [
                "CREATE INDEX sns_capture_kind ON sns_capture (kind, id)",
                "CREATE INDEX sns_subscription_token ON sns_subscription (account, region, topic, token)",
            ]),
    ]
}
