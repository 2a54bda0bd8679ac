"""Event source mappings of queues."""

import json

from martlet import wait_until
from replays.catalog import scenario
from replays.queues import SEND

# Fails until the message was received often enough.
_RETRIED = SEND + """
def handler(event, context):
    record = event["Records"][0]
    body = json.loads(record["body"])
    fails = int(record["attributes"]["ApproximateReceiveCount"]) <= body["fail_attempts"]
    send(body["destination"], {"error": "failed attempt" if fails else None, "event": event})
    if fails:
        raise ValueError("failed attempt")
"""
_PARTIAL = SEND + """
def handler(event, context):
    failures = []
    for record in event["Records"]:
        body = json.loads(record["body"])
        if int(record["attributes"]["ApproximateReceiveCount"]) <= body["fail_attempts"]:
            failures.append({"itemIdentifier": record["messageId"]})
    result = {"batchItemFailures": failures} if failures or not os.environ.get("EMPTY") else {}
    send(os.environ["DESTINATION"], {"event": event, "result": result})
    return result
"""
_PRINT = """import json


def handler(event, context):
    print(json.dumps(event))
"""


class _Queue:
    def __init__(self, replay, suffix="", **attributes):
        self.api = replay.client("sqs")
        self.name = replay.name("queue") + suffix
        self.arn = replay.arn(self.name, service="sqs")
        self.url = self.api.create_queue(QueueName=self.name, Attributes=attributes)["QueueUrl"]

    def send(self, body, **more):
        return self.api.send_message(QueueUrl=self.url, MessageBody=body if isinstance(body, str) else json.dumps(body), **more)

    def receive(self):
        """The next message's answer, once there is one; it is deleted."""

        def receive():
            answer = self.api.receive_message(QueueUrl=self.url, WaitTimeSeconds=5)
            return answer.get("Messages") and answer

        answer = wait_until(receive)
        for message in answer["Messages"]:
            self.api.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
        return answer


def _map(replay, queue, **more):
    return replay.api.create_event_source_mapping(FunctionName=replay.function, EventSourceArn=queue.arn, **more)


def _enabled(replay, mapping):
    """The answer to a question about the mapping, once it is enabled."""

    def get():
        answer = replay.api.get_event_source_mapping(UUID=mapping["UUID"])
        return answer["State"] == "Enabled" and answer

    return wait_until(get)


def _printed(replay, count):
    """What the function printed that is JSON, once there is enough of it."""
    logs = replay.client("logs")

    def lines():
        try:
            events = logs.filter_log_events(logGroupName="/aws/lambda/" + replay.function)["events"]
        except logs.exceptions.ResourceNotFoundException:
            return None
        found = [json.loads(event["message"]) for event in events if event["message"].startswith("{")]
        return len(found) >= count and found

    return wait_until(lines)


def _destination(replay):
    queue = _Queue(replay)
    replay.call("get_destination_queue_url", queue.api.get_queue_url, QueueName=queue.name)
    return queue


@scenario("test_failing_lambda_retries_after_visibility_timeout")
def retried(replay):
    destination, queue = _destination(replay), _Queue(replay, VisibilityTimeout="2")
    replay.create(files={"handler.py": _RETRIED}, Timeout=2)
    replay.keep("event_source_mapping", _enabled(replay, _map(replay, queue, BatchSize=1)))
    queue.send({"destination": destination.url, "fail_attempts": 1})
    replay.keep("first_attempt", destination.receive())
    replay.keep("second_attempt", destination.receive())


@scenario("test_message_body_and_attributes_passed_correctly")
def attributes(replay):
    destination, queue = _destination(replay), _Queue(replay)
    replay.create(files={"handler.py": _RETRIED})
    _map(replay, queue, BatchSize=1)
    queue.send(
        {"destination": destination.url, "fail_attempts": 0},
        MessageAttributes={
            "Title": {"DataType": "String", "StringValue": "The Whistler"},
            "Author": {"DataType": "String", "StringValue": "John Grisham"},
            "WeeksOn": {"DataType": "Number", "StringValue": "6"},
        },
    )
    replay.keep("first_attempt", destination.receive())


@scenario("test_report_batch_item_failures")
def partial(replay):
    destination, letters = _destination(replay), _Queue(replay, ".fifo", FifoQueue="true")
    queue = _Queue(
        replay, ".fifo", FifoQueue="true", VisibilityTimeout="2",
        RedrivePolicy=json.dumps({"deadLetterTargetArn": letters.arn, "maxReceiveCount": 2}),
    )  # fmt: skip
    replay.create(files={"handler.py": _PARTIAL}, Timeout=2, Environment={"Variables": {"DESTINATION": destination.url}})
    entries = [
        {
            "Id": "message-%d" % number, "MessageBody": json.dumps({"message": number, "fail_attempts": fails}), "MessageGroupId": "1",
            "MessageDeduplicationId": "dedup-%d" % number,
        }
        for number, fails in ((1, 0), (2, 1), (3, 1), (4, 2))
    ]  # fmt: skip
    replay.call("send_message_batch", queue.api.send_message_batch, QueueUrl=queue.url, Entries=entries)
    replay.keep("create_event_source_mapping", _map(replay, queue, BatchSize=10, FunctionResponseTypes=["ReportBatchItemFailures"]))
    replay.keep("first_invocation", destination.receive())
    replay.keep("second_invocation", destination.receive())
    replay.keep("dlq_response", letters.receive())


@scenario("test_report_batch_item_failures_on_lambda_error")
def partial_with_error(replay):
    letters = _Queue(replay)
    queue = _Queue(
        replay, VisibilityTimeout="2", RedrivePolicy=json.dumps({"deadLetterTargetArn": letters.arn, "maxReceiveCount": 1}),
    )  # fmt: skip
    replay.create(files={"handler.py": _PARTIAL}, Timeout=2)
    entries = [{"Id": "1", "MessageBody": "{not a json body"}, {"Id": "2", "MessageBody": json.dumps({"message": 2, "fail_attempts": 0})}]
    queue.api.send_message_batch(QueueUrl=queue.url, Entries=entries)
    _map(replay, queue, FunctionResponseTypes=["ReportBatchItemFailures"])
    messages = []
    while len(messages) < 2:
        messages += letters.receive()["Messages"]
    replay.keep("dlq_messages", sorted(messages, key=lambda message: "not a json" not in message["Body"]))


@scenario("test_report_batch_item_failures_empty_json_batch_succeeds")
def empty_answer(replay):
    destination, queue = _destination(replay), _Queue(replay)
    replay.create(files={"handler.py": _PARTIAL}, Environment={"Variables": {"DESTINATION": destination.url, "EMPTY": "1"}})
    queue.send({"message": 1, "fail_attempts": 0})
    _map(replay, queue, FunctionResponseTypes=["ReportBatchItemFailures"])
    replay.keep("first_invocation", destination.receive())


@scenario("TestSQSEventSourceMapping::test_sqs_event_filter")
def filtered(replay):
    if not replay.recorded:
        return
    queue = _Queue(replay)
    replay.create(files={"handler.py": _PRINT})
    criteria = replay.recorded["create_event_source_mapping_response"]["FilterCriteria"]["Filters"]
    replay.keep(
        "create_event_source_mapping_response",
        _map(
            replay, queue, MaximumBatchingWindowInSeconds=1,
            FilterCriteria={"Filters": [{"Pattern": json.dumps(filter["Pattern"])} for filter in criteria]},
        ),
    )  # fmt: skip
    for event in replay.recorded["invocation_events"]:
        for record in event["Records"]:
            queue.send({"test2": 100, "my-number": 100} if "exists" not in json.dumps(criteria) else {"other": 1})
            queue.send(record["body"])
    replay.keep("invocation_events", _printed(replay, 1))


@scenario("TestSQSEventSourceMapping::test_sqs_invalid_event_filter")
def invalid_filter(replay):
    queue = _Queue(replay)
    replay.create()
    pattern = {"None": None, "simple string": "simple string", "invalid_filter2": '["eventName" "INSERT"]'}[replay.parameter]
    replay.call(
        "create_event_source_mapping_exception", replay.api.create_event_source_mapping, FunctionName=replay.function,
        EventSourceArn=queue.arn, FilterCriteria={"Filters": [{} if pattern is None else {"Pattern": pattern}]},
    )  # fmt: skip


@scenario("TestSQSEventSourceMapping::test_sqs_event_source_mapping_update")
def updated(replay):
    queue, api = _Queue(replay), replay.api
    code = """import json, os


def handler(event, context):
    print(json.dumps({"function_version": context.function_version, "CUSTOM_VAR": os.environ["CUSTOM_VAR"], "event": event}))
"""
    replay.create(files={"handler.py": code}, Environment={"Variables": {"CUSTOM_VAR": "a"}})
    first = api.publish_version(FunctionName=replay.function)
    mapping = api.create_event_source_mapping(
        FunctionName=first["FunctionArn"], EventSourceArn=queue.arn, MaximumBatchingWindowInSeconds=1
    )
    replay.keep("create-event-source-mapping-response", mapping)
    _enabled(replay, mapping)
    queue.send({"foo": "bar"})
    replay.keep("events", _printed(replay, 1))
    api.update_function_configuration(FunctionName=replay.function, Environment={"Variables": {"CUSTOM_VAR": "b"}})
    replay.settle()
    second = api.publish_version(FunctionName=replay.function)
    replay.call("updated_esm", api.update_event_source_mapping, UUID=mapping["UUID"], FunctionName=second["FunctionArn"])
    replay.keep("updated_event_source_mapping", _enabled(replay, mapping))
    queue.send({"foo": "bar2"})
    replay.keep("events_postupdate", _printed(replay, 2))


@scenario("TestSQSEventSourceMapping::test_duplicate_event_source_mappings")
def duplicates(replay):
    queue = _Queue(replay)
    replay.create()
    create, given = replay.api.create_event_source_mapping, {"FunctionName": replay.function, "EventSourceArn": queue.arn}
    replay.expect([("create", create, given), ("error", create, given)])


@scenario("test_fifo_message_group_parallelism")
def enabled_later(replay):
    queue = _Queue(replay, ".fifo", FifoQueue="true")
    replay.create()
    mapping = replay.keep("create_esm_disabled", _map(replay, queue, BatchSize=1, Enabled=False))
    replay.call("update_esm_enabling", replay.api.update_event_source_mapping, UUID=mapping["UUID"], Enabled=True)
    replay.keep("get_esm_enabled", _enabled(replay, mapping))


def _records(events):
    return sorted((record for event in events for record in event["Records"]), key=lambda record: record["body"])


@scenario("TestSQSEventSourceMapping::test_sqs_event_source_mapping_batching_reserved_concurrency")
def reserved(replay):
    queue, name = _Queue(replay), replay.function
    replay.create(files={"handler.py": _PRINT})
    replay.call("put_concurrency_resp", replay.api.put_function_concurrency, FunctionName=name, ReservedConcurrentExecutions=2)
    for batch in range(10):
        entries = [{"Id": str(number), "MessageBody": "%d-%d-message" % (batch, number)} for number in range(3)]
        queue.api.send_message_batch(QueueUrl=queue.url, Entries=entries)
    mapping = _map(replay, queue, BatchSize=20, MaximumBatchingWindowInSeconds=1, ScalingConfig={"MaximumConcurrency": 2})
    replay.keep("create-event-source-mapping-response", mapping)
    events = _printed(replay, 2)
    replay.keep("batch_info", {"total_batches_received": len(events)})
    replay.keep("Records", _records(events))


@scenario("TestSQSEventSourceMapping::test_sqs_event_source_mapping_batch_size")
def batch_size(replay):
    queue = _Queue(replay)
    replay.create(files={"handler.py": _PRINT})
    mapping = _map(replay, queue, BatchSize=int(replay.parameter), MaximumBatchingWindowInSeconds=2)
    replay.keep("create-event-source-mapping-response", mapping)
    _enabled(replay, mapping)
    for turn, count in enumerate((10, 5)):
        entries = [{"Id": "%d-%d" % (n, turn), "MessageBody": "%d-%d-message-%d" % (n, turn, n)} for n in range(count)]
        replay.call("send-message-batch-result-%d" % count, queue.api.send_message_batch, QueueUrl=queue.url, Entries=entries)
    replay.keep("Records", _records(_printed(replay, 1)))


@scenario("test_esm_with_not_existing_sqs_queue")
def no_queue(replay):
    replay.create()
    replay.call(
        "error", replay.api.create_event_source_mapping, FunctionName=replay.function,
        EventSourceArn=replay.arn(replay.name("none"), service="sqs"),
    )  # fmt: skip
