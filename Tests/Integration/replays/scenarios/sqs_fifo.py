"""SQS: FIFO queues, by both of its protocols."""

from replays.catalog import scenario
from replays.queues import FIFO, new_fifo, new_queue


@scenario("TestSqsProvider::test_fifo_queue_send_message_with_delay_seconds_fails")
def delay_in_fifo(replay):
    sqs, url = new_fifo(replay, ContentBasedDeduplication="true")
    replay.call("send_message", sqs.send_message, QueueUrl=url, MessageBody="m", DelaySeconds=2, MessageGroupId="1")


@scenario("TestSqsProvider::test_fifo_message_attributes")
def fifo_attributes(replay):
    sqs, url = new_fifo(replay, ContentBasedDeduplication="true", VisibilityTimeout="0")
    ids = {"MessageGroupId": "group-1", "MessageDeduplicationId": "dedup-1"}
    replay.call("send_message", sqs.send_message, QueueUrl=url, MessageBody="message-body-1", **ids)
    for label in ("receive_message_0", "receive_message_1"):
        replay.call(label, sqs.receive_message, QueueUrl=url, AttributeNames=["All"])


@scenario("TestSqsProvider::test_fifo_set_content_based_deduplication_strategy")
def deduplication_strategy(replay):
    sqs, url = new_fifo(replay, ContentBasedDeduplication="true")
    replay.call("before-update", sqs.get_queue_attributes, QueueUrl=url, AttributeNames=["All"])
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"ContentBasedDeduplication": "false"})
    replay.call("after-update", sqs.get_queue_attributes, QueueUrl=url, AttributeNames=["All"])


@scenario("TestSqsProvider::test_send_batch_missing_deduplication_id_for_fifo_queue")
def missing_deduplication_id(replay):
    sqs, url = new_fifo(replay, ContentBasedDeduplication="false")
    entries = [{"Id": str(number), "MessageBody": "m", "MessageGroupId": "1"} for number in range(2)]
    replay.call("test_missing_deduplication_id_for_fifo_queue", sqs.send_message_batch, QueueUrl=url, Entries=entries)


@scenario("TestSqsProvider::test_send_batch_missing_message_group_id_for_fifo_queue")
def missing_group_id(replay):
    sqs, url = new_fifo(replay, ContentBasedDeduplication="true")
    entries = [{"Id": str(number), "MessageBody": "m", "MessageDeduplicationId": str(number)} for number in range(2)]
    replay.call("test_missing_message_group_id_for_fifo_queue", sqs.send_message_batch, QueueUrl=url, Entries=entries)


def _invalid_id(replay, suffix, member):
    replay.parameter, case = "", replay.parameter
    sqs, url = new_queue(replay, suffix, **(FIFO if suffix else {}))
    ids = {"MessageGroupId": "g"} if suffix else {}
    ids[member] = "" if case == "empty" else "a" * 129
    replay.call("error-response", sqs.send_message, QueueUrl=url, MessageBody="message", **ids)


@scenario("TestSqsProvider::test_send_message_to_standard_queue_with_invalid_message_group_id")
def invalid_group(replay):
    _invalid_id(replay, "", "MessageGroupId")


@scenario("TestSqsProvider::test_message_deduplication_id_invalid")
def invalid_deduplication_id(replay):
    _invalid_id(replay, ".fifo", "MessageDeduplicationId")


def _content_based(replay):
    return replay.parameter.endswith("True")


@scenario("TestSqsProvider::test_fifo_deduplication_arrives_once_after_delete")
def once_after_deletion(replay):
    sqs, url = new_fifo(replay, ContentBasedDeduplication=str(_content_based(replay)).lower())
    ids = {"MessageGroupId": "g"} | ({} if _content_based(replay) else {"MessageDeduplicationId": "d"})
    for label in ("get-messages", "get-messages-duplicate"):
        sqs.send_message(QueueUrl=url, MessageBody='{"foo": "bar"}', **ids)
        answer = replay.call(label, sqs.receive_message, QueueUrl=url)
        for message in answer.get("Messages", []):
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


@scenario("TestSqsProvider::test_fifo_deduplication_not_on_message_group_id")
def not_by_group(replay):
    sqs, url = new_fifo(replay, ContentBasedDeduplication="false")
    for label, group in (("get-messages", "a"), ("get-dedup-messages", "b")):
        sqs.send_message(QueueUrl=url, MessageBody='{"foo": "bar"}', MessageGroupId=group, MessageDeduplicationId="d")
        replay.call(label, sqs.receive_message, QueueUrl=url)


def _same_ids(replay, sqs, url, bodies=("Test", "Test")):
    """Two groups, one deduplication id, and what is received of each."""
    for number, body in enumerate(bodies, 1):
        sqs.send_message(QueueUrl=url, MessageBody=body, MessageGroupId=str(number), MessageDeduplicationId="1")
    for number in (1, 2):
        answer = replay.call("same-dedup-different-grp-%d" % number, sqs.receive_message, QueueUrl=url)
        for message in answer.get("Messages", []):
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


HIGH = {"DeduplicationScope": "messageGroup", "FifoThroughputLimit": "perMessageGroupId"}
REGULAR = {"DeduplicationScope": "queue", "FifoThroughputLimit": "perQueue"}


@scenario("TestSqsProvider::test_sqs_fifo_same_dedup_id_different_message_groups")
def one_id_of_two_groups(replay):
    sqs, url = new_fifo(replay)
    _same_ids(replay, sqs, url)


@scenario("TestSqsProvider::test_sqs_fifo_message_group_scope_no_throughput_setting")
def scope_alone(replay):
    sqs, url = new_fifo(replay, DeduplicationScope="messageGroup")
    _same_ids(replay, sqs, url)


@scenario("TestSqsProvider::test_fifo_high_throughput_ordering")
def high_throughput(replay):
    sqs, url = new_fifo(replay, **HIGH)
    _same_ids(replay, sqs, url, ("Test1", "Test2"))


@scenario("TestSqsProvider::test_fifo_change_to_high_throughput_after_creation")
def to_high_throughput(replay):
    sqs, url = new_fifo(replay, **REGULAR)
    _same_ids(replay, sqs, url, ("Test1", "Test2"))
    sqs.set_queue_attributes(QueueUrl=url, Attributes=HIGH)
    replay.call("set-to-high-throughput", sqs.get_queue_attributes, QueueUrl=url, AttributeNames=["All"])

    def send(label, body, group, id):
        sqs.send_message(QueueUrl=url, MessageBody=body, MessageGroupId=group, MessageDeduplicationId=id)
        replay.call(label, sqs.receive_message, QueueUrl=url)

    send("same-dedup-different-grp-high-throughput", "Test3", "1", "1")
    send("same-dedup-different-grp-high-throughput-2", "Test3", "2", "1")
    send("new-dedup2-high-throughput", "Test4", "1", "2")
    send("same-dedup2-high-throughput", "Test5", "1", "2")


@scenario("TestSqsProvider::test_fifo_change_to_regular_throughput_after_creation")
def to_regular_throughput(replay):
    sqs, url = new_fifo(replay, **HIGH)
    _same_ids(replay, sqs, url, ("Test1", "Test2"))
    sqs.set_queue_attributes(QueueUrl=url, Attributes=REGULAR)
    replay.call("set-to-regular-throughput", sqs.get_queue_attributes, QueueUrl=url, AttributeNames=["All"])
    sqs.send_message(QueueUrl=url, MessageBody="Test3", MessageGroupId="1", MessageDeduplicationId="1")
    replay.call("same-dedup-different-grp-regular-throughput", sqs.receive_message, QueueUrl=url)


@scenario("TestSqsProvider::test_fifo_delete_after_visibility_timeout")
def deleted_too_late(replay):
    sqs, url = new_fifo(replay, ContentBasedDeduplication="true", VisibilityTimeout="1")
    sqs.send_message(QueueUrl=url, MessageBody="foobar", MessageGroupId="1")
    message = replay.call("received_sqs_message", sqs.receive_message, QueueUrl=url)["Messages"][0]
    replay.advance(1)
    replay.call("delete_after_timeout_fifo", sqs.delete_message, QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


@scenario("TestSqsProvider::test_fifo_delete_after_visibility_timeout_extended")
def deleted_in_time(replay):
    sqs, url = new_fifo(replay, ContentBasedDeduplication="true", VisibilityTimeout="1")
    sqs.send_message(QueueUrl=url, MessageBody="foobar", MessageGroupId="1")
    message = replay.call("received_sqs_message", sqs.receive_message, QueueUrl=url)["Messages"][0]
    handle = {"QueueUrl": url, "ReceiptHandle": message["ReceiptHandle"]}
    sqs.change_message_visibility(VisibilityTimeout=30, **handle)
    replay.advance(2)
    replay.call("delete_after_timeout_fifo_extended", sqs.delete_message, **handle)


@scenario("TestSqsProvider::test_fifo_queue_send_message_with_zero_delay_defaults_to_queue_delay")
def no_delay_is_the_queues(replay):
    sqs, url = new_fifo(replay, ContentBasedDeduplication="true", DelaySeconds="2")
    more = {"MessageGroupId": "1", "DelaySeconds": 0}
    replay.call("send_message_result", sqs.send_message, QueueUrl=url, MessageBody="message-1", **more)
    replay.call("receive_message_initial_result", sqs.receive_message, QueueUrl=url)
    replay.advance(2)
    replay.call("receive_message_after_delay_result", sqs.receive_message, QueueUrl=url)


@scenario("TestSqsProvider::test_fifo_group_visibility_extends_with_change_message_visibility")
def group_visibility(replay):
    """Three messages of a group; the parameter says how many of them are hidden for longer, or can be received at once."""
    _, which, what = replay.parameter.split("-")
    sqs, url = new_fifo(replay, ContentBasedDeduplication="true", VisibilityTimeout="2" if what == "invisible" else "30")
    for body in ("foo", "bar", "baz"):
        sqs.send_message(QueueUrl=url, MessageBody=body, MessageGroupId="1")
    received = replay.call("receive_all_messages", sqs.receive_message, QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    chosen = {"all": [0, 1, 2], "no": []}.get(which)
    if chosen is None:
        chosen = [int(which)] if what == "invisible" else list(range(int(which)))
    for index in chosen:
        handle = received[index]["ReceiptHandle"]
        sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=30 if what == "invisible" else 0)
    if what == "invisible":
        replay.advance(2)
    replay.call("some-messages-invisible", sqs.receive_message, QueueUrl=url, MaxNumberOfMessages=2)
