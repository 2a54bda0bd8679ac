"""Event source mappings."""

import uuid

from martlet import wait_until
from replays.catalog import scenario

# Martlet keeps mappings of sources that it cannot poll yet, and refuses to enable them. The answer to the creation does not show it.
_DISABLED = {"Enabled": False}


def _stream(replay, table, stream="2025-01-01T00:00:00.000"):
    return replay.arn("table/%s/stream/%s" % (table, stream), service="dynamodb")


@scenario("TestLambdaEventSourceMappings::test_event_source_mapping_exceptions")
def exceptions(replay):
    api, unknown = replay.api, str(uuid.uuid4())
    queue = replay.arn(replay.name("queue"), service="sqs")
    replay.call("get_unknown_uuid", api.get_event_source_mapping, UUID=unknown)
    replay.call("delete_unknown_uuid", api.delete_event_source_mapping, UUID=unknown)
    replay.call("update_unknown_uuid", api.update_event_source_mapping, UUID=unknown, Enabled=False)
    replay.call("create_no_event_source_arn", api.create_event_source_mapping, FunctionName="doesnotexist")
    replay.call("create_unknown_params", api.create_event_source_mapping, FunctionName="doesnotexist", EventSourceArn=queue)
    replay.create()
    replay.call(
        "destination_config_failure", api.create_event_source_mapping, FunctionName=replay.function, EventSourceArn=queue,
        DestinationConfig={"OnFailure": {"Destination": replay.arn(replay.name("other"), service="sqs")}},
    )  # fmt: skip


@scenario("TestLambdaEventSourceMappings::test_create_event_source_validation")
def positions_of_tables(replay):
    table, create = replay.name("table"), replay.api.create_event_source_mapping
    replay.known(table_name=table)
    replay.create()
    given = {"FunctionName": replay.function, "EventSourceArn": _stream(replay, table)}
    replay.call("no_starting_position", create, **given)
    replay.call("invalid_starting_position", create, StartingPosition="invalid", **given)
    replay.call(
        "incompatible_starting_position", create, StartingPosition="AT_TIMESTAMP", StartingPositionTimestamp="1741010802", **given
    )


@scenario("TestLambdaEventSourceMappings::test_create_event_source_validation_kinesis")
def positions_of_streams(replay):
    create = replay.api.create_event_source_mapping
    replay.create()
    given = {"FunctionName": replay.function, "EventSourceArn": replay.arn("stream/" + replay.name("stream"), service="kinesis")}
    replay.call("no_starting_position", create, **given)
    replay.call("invalid_starting_position", create, StartingPosition="invalid", **given)


_NO_ARN = "Recorded in 2024, before mappings had EventSourceMappingArn."


@scenario(
    "TestLambdaEventSourceMappings::test_create_event_source_self_managed",
    {"event-source-mapping-default": _NO_ARN, "event-source-mapping-values": _NO_ARN},
)
def self_managed(replay):
    replay.create()
    create = replay.api.create_event_source_mapping

    def source(*brokers):
        return {"SelfManagedEventSource": {"Endpoints": {"KAFKA_BOOTSTRAP_SERVERS": list(brokers)}}}

    secret = replay.arn("secret:" + replay.name("secret"), service="secretsmanager")
    access = {"SourceAccessConfigurations": [{"Type": "BASIC_AUTH", "URI": secret}]}
    given = {"FunctionName": replay.function, "Topics": ["topic"], **_DISABLED}
    replay.call("missing-source-access-configuration", create, **given, **source("kafka:1000"))
    replay.call("event-source-mapping-default", create, **given, **source("kafka:1000"), **access)
    replay.call("duplicate-source", create, **given, **source("kafka:1000"), **access)
    replay.call(
        "event-source-mapping-values", create, FunctionName=replay.function, Topics=["topic_2"], BatchSize=1, StartingPosition="LATEST",
        SelfManagedKafkaEventSourceConfig={"ConsumerGroupId": "random_id"}, **source("kafka:1000"), **access, **_DISABLED,
    )  # fmt: skip
    replay.call("multiple-duplicate-source", create, **given, **source("kafka:1000", "kafka:2000"), **access)


@scenario("TestLambdaEventSourceMappings::test_create_event_filter_criteria_validation")
def filters(replay):
    table = replay.name("table")
    replay.known(table_name=table)
    replay.create()
    replay.call(
        "response-with-empty-filters", replay.api.create_event_source_mapping, FunctionName=replay.function,
        EventSourceArn=_stream(replay, table), StartingPosition="LATEST", FilterCriteria={"Filters": []}, **_DISABLED,
    )  # fmt: skip


@scenario(
    "TestLambdaEventSourceMappings::test_event_source_mapping_lifecycle",
    {
        "update_table_response": "An answer of DynamoDB, which is not here yet.",
        "get_response": "A mapping whose source cannot be polled yet is kept, but not enabled.",
    },
)
def lifecycle(replay):
    api = replay.api
    replay.create()
    created = replay.call(
        "create_response", api.create_event_source_mapping, FunctionName=replay.function, EventSourceArn=_stream(replay, replay.name("table")),
        StartingPosition="TRIM_HORIZON", BatchSize=1, MaximumBatchingWindowInSeconds=1, MaximumRetryAttempts=1,
        DestinationConfig={"OnFailure": {"Destination": replay.arn(replay.name("queue"), service="sqs")}}, **_DISABLED,
    )  # fmt: skip
    given = {"UUID": created["UUID"]}
    wait_until(lambda: api.get_event_source_mapping(**given)["State"] != "Creating", timeout=20)
    replay.call("get_response", api.get_event_source_mapping, **given)
    replay.call("delete_response", api.delete_event_source_mapping, **given)
