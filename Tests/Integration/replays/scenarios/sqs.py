"""SQS: queues and messages, by both of its protocols."""

import json

from replays.catalog import Reason, scenario

HELLO = {"DataType": "String", "StringValue": "There"}
FIFO = {"FifoQueue": "true"}
NO_DETAIL = Reason("AWS's answer to this operation had no Detail element in the query protocol, as those to others have.")


def _queue(replay, suffix="", **attributes):
    """A client in the scenario's protocol, and a new queue of it."""
    replay.queue = replay.name("queue") + suffix
    replay.known(**{"queue-name": replay.queue})
    replay.sqs = replay.queue_client(replay.parameter or "sqs")
    return replay.sqs, replay.sqs.create_queue(QueueName=replay.queue, Attributes=attributes)["QueueUrl"]


def _fifo(replay, **attributes):
    return _queue(replay, ".fifo", **FIFO, **attributes)



@scenario("TestSqsProvider::test_send_receive_max_number_of_messages")
def maximum_number(replay):
    sqs, url = _queue(replay)
    replay.call("send_max_number_of_messages", sqs.receive_message, QueueUrl=url, MaxNumberOfMessages=11)


@scenario("TestSqsProvider::test_send_oversized_message")
def oversized(replay):
    sqs, url = _queue(replay)
    replay.call("send_oversized_message", sqs.send_message, QueueUrl=url, MessageBody="a" * 1048577)


@scenario("TestSqsProvider::test_send_message_with_updated_maximum_message_size")
def updated_maximum(replay):
    sqs, url = _queue(replay)
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"MaximumMessageSize": "1024"})
    replay.call("send_oversized_message", sqs.send_message, QueueUrl=url, MessageBody="a" * 1025)


@scenario("TestSqsProvider::test_send_message_batch_with_oversized_contents")
def oversized_batch(replay):
    sqs, url = _queue(replay)
    entries = [{"Id": "1", "MessageBody": "a" * 1048576}, {"Id": "2", "MessageBody": "a"}]
    replay.call("send_oversized_message_batch", sqs.send_message_batch, QueueUrl=url, Entries=entries)


@scenario("TestSqsProvider::test_send_message_batch_with_oversized_contents_with_updated_maximum_message_size")
def batch_at_the_limit(replay):
    sqs, url = _queue(replay, MaximumMessageSize="2048")
    attributes = {"k": {"DataType": "String", "StringValue": "x"}}
    entries = [{"Id": "1", "MessageBody": "a" * 2040, "MessageAttributes": attributes}, {"Id": "2", "MessageBody": "a"}]
    replay.call("send_oversized_message_batch", sqs.send_message_batch, QueueUrl=url, Entries=entries)


@scenario("TestSqsProvider::test_tag_untag_queue")
def tags(replay):
    sqs, url = _queue(replay)
    sqs.tag_queue(QueueUrl=url, Tags={"tag1": "value1", "tag2": "value2", "tag3": ""})
    replay.call("get-tag-1", sqs.list_queue_tags, QueueUrl=url)
    sqs.untag_queue(QueueUrl=url, TagKeys=["tag1", "tag3"])
    replay.call("get-tag-2", sqs.list_queue_tags, QueueUrl=url)
    sqs.untag_queue(QueueUrl=url, TagKeys=["tag2"])
    replay.call("get-tag-after-untag", sqs.list_queue_tags, QueueUrl=url)


@scenario("TestSqsProvider::test_create_queue_with_different_attributes_raises_exception")
def other_attributes(replay):
    sqs, url = _queue(replay, DelaySeconds="1")
    replay.call("create_queue_01", sqs.create_queue, QueueName=replay.queue, Attributes={"DelaySeconds": "2"})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"DelaySeconds": "2"})
    replay.call("create_queue_02", sqs.create_queue, QueueName=replay.queue, Attributes={"DelaySeconds": "1"})


@scenario("TestSqsProvider::test_create_and_update_queue_attributes")
def attributes(replay):
    given = {"MessageRetentionPeriod": "604800", "ReceiveMessageWaitTimeSeconds": "10", "VisibilityTimeout": "20"}
    sqs, url = _queue(replay, **given)
    replay.call("get_queue_attributes", sqs.get_queue_attributes, QueueUrl=url, AttributeNames=["All"])
    changed = {"MaximumMessageSize": "2048", "VisibilityTimeout": "69", "DelaySeconds": "420"}
    sqs.set_queue_attributes(QueueUrl=url, Attributes=changed)
    replay.call("get_updated_queue_attributes", sqs.get_queue_attributes, QueueUrl=url, AttributeNames=["All"])


@scenario("TestSqsProvider::test_fifo_queue_send_message_with_delay_seconds_fails")
def delay_in_fifo(replay):
    sqs, url = _fifo(replay, ContentBasedDeduplication="true")
    replay.call("send_message", sqs.send_message, QueueUrl=url, MessageBody="m", DelaySeconds=2, MessageGroupId="1")


@scenario("TestSqsProvider::test_fifo_message_attributes")
def fifo_attributes(replay):
    sqs, url = _fifo(replay, ContentBasedDeduplication="true", VisibilityTimeout="0")
    ids = {"MessageGroupId": "group-1", "MessageDeduplicationId": "dedup-1"}
    replay.call("send_message", sqs.send_message, QueueUrl=url, MessageBody="message-body-1", **ids)
    for label in ("receive_message_0", "receive_message_1"):
        replay.call(label, sqs.receive_message, QueueUrl=url, AttributeNames=["All"])


@scenario("TestSqsProvider::test_fifo_set_content_based_deduplication_strategy")
def deduplication_strategy(replay):
    sqs, url = _fifo(replay, ContentBasedDeduplication="true")
    replay.call("before-update", sqs.get_queue_attributes, QueueUrl=url, AttributeNames=["All"])
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"ContentBasedDeduplication": "false"})
    replay.call("after-update", sqs.get_queue_attributes, QueueUrl=url, AttributeNames=["All"])


@scenario("TestSqsProvider::test_too_many_entries_in_batch_request")
def too_many_entries(replay):
    sqs, url = _queue(replay)
    entries = [{"Id": str(number), "MessageBody": "m"} for number in range(20)]
    replay.call("test_too_many_entries_in_batch_request", sqs.send_message_batch, QueueUrl=url, Entries=entries)


@scenario("TestSqsProvider::test_invalid_batch_id")
def invalid_batch_id(replay):
    sqs, url = _queue(replay)
    replay.call("test_invalid_batch_id", sqs.send_message_batch, QueueUrl=url, Entries=[{"Id": "message:(id)", "MessageBody": "m"}])


@scenario("TestSqsProvider::test_send_batch_missing_deduplication_id_for_fifo_queue")
def missing_deduplication_id(replay):
    sqs, url = _fifo(replay, ContentBasedDeduplication="false")
    entries = [{"Id": str(number), "MessageBody": "m", "MessageGroupId": "1"} for number in range(2)]
    replay.call("test_missing_deduplication_id_for_fifo_queue", sqs.send_message_batch, QueueUrl=url, Entries=entries)


@scenario("TestSqsProvider::test_send_batch_missing_message_group_id_for_fifo_queue")
def missing_group_id(replay):
    sqs, url = _fifo(replay, ContentBasedDeduplication="true")
    entries = [{"Id": str(number), "MessageBody": "m", "MessageDeduplicationId": str(number)} for number in range(2)]
    replay.call("test_missing_message_group_id_for_fifo_queue", sqs.send_message_batch, QueueUrl=url, Entries=entries)


@scenario(
    "TestSqsProvider::test_delete_message_batch_invalid_msg_id",
    lambda parameter: {"error_response": NO_DETAIL} if parameter.startswith("sqs_query") else {},
)
def invalid_id_of_a_deletion(replay):
    id = replay.parameter.partition("-")[2]
    sqs, url = _queue(replay)
    replay.call("error_response", sqs.delete_message_batch, QueueUrl=url, Entries=[{"Id": id, "ReceiptHandle": "x"}])


@scenario("TestSqsProvider::test_delete_message_batch_with_too_large_batch", {"error_response": NO_DETAIL})
def too_many_deletions(replay):
    sqs, url = _queue(replay)
    entries = [{"Id": str(number), "ReceiptHandle": "x"} for number in range(20)]
    replay.call("error_response", sqs.delete_message_batch, QueueUrl=url, Entries=entries)


@scenario("TestSqsProvider::test_change_message_visibility_batch_with_too_large_batch")
def too_many_changes(replay):
    sqs, url = _queue(replay)
    entries = [{"Id": str(number), "ReceiptHandle": "x", "VisibilityTimeout": 1} for number in range(20)]
    replay.call("error_response", sqs.change_message_visibility_batch, QueueUrl=url, Entries=entries)


@scenario(
    "TestSqsProvider::test_send_message_with_binary_attributes",
    {"*": Reason("The recording shows the bytes as Python writes them; but for that, the answers are the same.")},
)
def binary_attributes(replay):
    sqs, url = _queue(replay)
    value = b"traceparent\x1e00-774062d6c37081a5a0b9b5b88e30627c-2d2482211f6489da-01"
    attributes = {"attr1": {"BinaryValue": value, "DataType": "Binary"}}
    sqs.send_message(QueueUrl=url, MessageBody="test", MessageAttributes=attributes)
    replay.call("binary-attrs-msg", sqs.receive_message, QueueUrl=url, MessageAttributeNames=["All"])


@scenario("TestSqsProvider::test_send_message_with_empty_string_attribute")
def empty_attribute(replay):
    sqs, url = _queue(replay)
    attributes = {"ErrorDetails": {"StringValue": "", "DataType": "String"}}
    replay.call("empty-string-attr", sqs.send_message, QueueUrl=url, MessageBody="test", MessageAttributes=attributes)


@scenario("TestSqsProvider::test_set_unsupported_attribute_fifo")
def unsupported_of_fifo(replay):
    sqs, url = _queue(replay)
    replay.call("invalid-attr-name-1", sqs.set_queue_attributes, QueueUrl=url, Attributes=FIFO)
    sqs, url = _fifo(replay)
    replay.call("invalid-attr-name-2", sqs.set_queue_attributes, QueueUrl=url, Attributes={"FifoQueue": "false"})


@scenario("TestSqsProvider::test_set_unsupported_attribute_standard")
def unsupported_of_standard(replay):
    sqs, url = _queue(replay)
    replay.call("invalid-attr-name-1", sqs.set_queue_attributes, QueueUrl=url, Attributes={"FifoQueue": "true"})
    replay.call("invalid-attr-name-2", sqs.set_queue_attributes, QueueUrl=url, Attributes={"FifoQueue": "false"})


@scenario("TestSqsProvider::test_create_standard_queue_with_fifo_attribute_raises_error")
def fifo_attributes_of_standard(replay):
    sqs, _ = _queue(replay)
    for label, given in (
        ("invalid-attribute-fifo-queue", {"FifoQueue": "false"}),
        ("invalid-attribute-content-based-deduplication", {"ContentBasedDeduplication": "false"}),
        ("invalid-attribute-deduplication-scope", {"DeduplicationScope": "queue"}),
        ("invalid-attribute-throughput-limit", {"FifoThroughputLimit": "perQueue"}),
    ):
        replay.call(label, sqs.create_queue, QueueName=replay.name("other"), Attributes=given)


def _content_based(replay):
    return replay.parameter.endswith("True")


@scenario("TestSqsProvider::test_fifo_deduplication_arrives_once_after_delete")
def once_after_deletion(replay):
    sqs, url = _fifo(replay, ContentBasedDeduplication=str(_content_based(replay)).lower())
    ids = {"MessageGroupId": "g"} | ({} if _content_based(replay) else {"MessageDeduplicationId": "d"})
    for label in ("get-messages", "get-messages-duplicate"):
        sqs.send_message(QueueUrl=url, MessageBody='{"foo": "bar"}', **ids)
        answer = replay.call(label, sqs.receive_message, QueueUrl=url)
        for message in answer.get("Messages", []):
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


@scenario("TestSqsProvider::test_fifo_deduplication_not_on_message_group_id")
def not_by_group(replay):
    sqs, url = _fifo(replay, ContentBasedDeduplication="false")
    for label, group in (("get-messages", "a"), ("get-dedup-messages", "b")):
        sqs.send_message(QueueUrl=url, MessageBody='{"foo": "bar"}', MessageGroupId=group, MessageDeduplicationId="d")
        replay.call(label, sqs.receive_message, QueueUrl=url)


@scenario("TestSqsProvider::test_successive_purge_calls_fail")
def purges(replay):
    sqs, url = _queue(replay)
    sqs.purge_queue(QueueUrl=url)
    replay.call("purge_queue_error", sqs.purge_queue, QueueUrl=url)


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
    sqs, url = _fifo(replay)
    _same_ids(replay, sqs, url)


@scenario("TestSqsProvider::test_sqs_fifo_message_group_scope_no_throughput_setting")
def scope_alone(replay):
    sqs, url = _fifo(replay, DeduplicationScope="messageGroup")
    _same_ids(replay, sqs, url)


@scenario("TestSqsProvider::test_fifo_high_throughput_ordering")
def high_throughput(replay):
    sqs, url = _fifo(replay, **HIGH)
    _same_ids(replay, sqs, url, ("Test1", "Test2"))


@scenario("TestSqsProvider::test_fifo_change_to_high_throughput_after_creation")
def to_high_throughput(replay):
    sqs, url = _fifo(replay, **REGULAR)
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
    sqs, url = _fifo(replay, **HIGH)
    _same_ids(replay, sqs, url, ("Test1", "Test2"))
    sqs.set_queue_attributes(QueueUrl=url, Attributes=REGULAR)
    replay.call("set-to-regular-throughput", sqs.get_queue_attributes, QueueUrl=url, AttributeNames=["All"])
    sqs.send_message(QueueUrl=url, MessageBody="Test3", MessageGroupId="1", MessageDeduplicationId="1")
    replay.call("same-dedup-different-grp-regular-throughput", sqs.receive_message, QueueUrl=url)


@scenario("TestSqsProvider::test_sse_queue_attributes")
def encryption(replay):
    names = ["KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds", "SqsManagedSseEnabled"]
    sqs, url = _queue(replay)
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"KmsMasterKeyId": "testKeyId", "KmsDataKeyReusePeriodSeconds": "6000"})
    replay.call("sse_kms_attributes", sqs.get_queue_attributes, QueueUrl=url, AttributeNames=names)
    sqs, url = _queue(replay)
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"SqsManagedSseEnabled": "true"})
    replay.call("sse_sqs_attributes", sqs.get_queue_attributes, QueueUrl=url, AttributeNames=names)


@scenario("TestSqsProvider::test_sse_kms_and_sqs_are_mutually_exclusive")
def one_encryption(replay):
    sqs, url = _queue(replay)
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"KmsMasterKeyId": "testKeyId", "SqsManagedSseEnabled": "false"})
    try:
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"SqsManagedSseEnabled": "true"})
    except sqs.exceptions.ClientError as error:
        replay.keep("error", str(error))


@scenario("TestSqsProvider::test_receive_message_message_attribute_names_filters")
def attribute_filters(replay):
    sqs, url = _queue(replay, VisibilityTimeout="0")
    attributes = {
        "Help.Me": {"DataType": "String", "StringValue": "Me"}, "Hello": HELLO, "General": {"DataType": "String", "StringValue": "Kenobi"},
    }  # fmt: skip
    replay.call("send_message_response", sqs.send_message, QueueUrl=url, MessageBody="msg", MessageAttributes=attributes)

    def receive(label, names, whole=False):
        answer = sqs.receive_message(QueueUrl=url, MessageAttributeNames=names)
        replay.keep(label, answer if whole else answer["Messages"][0])

    receive("empty_filter", [], whole=True)
    receive("all_name", ["All"], whole=True)
    receive("all_wildcard_asterisk", ["*"])
    receive("all_wildcard", [".*"])
    receive("only_non_existing_names", ["Foo", "Help"])
    receive("only_existing", ["Hello", "General"])
    receive("existing_and_non_existing", ["Foo", "Hello"])
    receive("prefix_filter", ["Hel.*"])
    receive("illegal_name_1", ["AWS."], whole=True)
    receive("illegal_name_2", ["..foo"], whole=True)


def _system_filters(replay, member):
    sqs, url = _queue(replay, VisibilityTimeout="0")
    sqs.send_message(QueueUrl=url, MessageBody="msg", MessageAttributes={"Foo": {"DataType": "String", "StringValue": "Bar"}})

    def receive(label, names, **more):
        replay.call(label, sqs.receive_message, QueueUrl=url, **{member: names}, **more)

    receive("all_attributes", ["All"])
    receive("all_system_and_message_attributes", ["All"], MessageAttributeNames=["All"])
    receive("single_attribute", ["SenderId"])
    receive("multiple_attributes", ["SenderId", "SequenceNumber"])


@scenario("TestSqsProvider::test_receive_message_attribute_names_filters")
def system_filters(replay):
    _system_filters(replay, "AttributeNames")


@scenario("TestSqsProvider::test_receive_message_message_system_attribute_names_filters")
def new_system_filters(replay):
    _system_filters(replay, "MessageSystemAttributeNames")


@scenario("TestSqsProvider::test_message_system_attribute_names_with_attribute_names")
def both_system_filters(replay):
    sqs, url = _queue(replay, VisibilityTimeout="0")
    sqs.send_message(QueueUrl=url, MessageBody="msg")
    both = {"AttributeNames": ["All"], "MessageSystemAttributeNames": ["All"]}
    replay.call("same_values", sqs.receive_message, QueueUrl=url, **both)
    both = {"AttributeNames": ["SequenceNumber"], "MessageSystemAttributeNames": ["SenderId"]}
    replay.call("different_values", sqs.receive_message, QueueUrl=url, **both)


@scenario("TestSqsProvider::test_sqs_permission_lifecycle")
def permissions(replay):
    sqs, url = _queue(replay)
    label, given = "crossaccountpermission", {"QueueUrl": url, "Actions": ["ReceiveMessage"]}

    def policy(name):
        replay.call(name, sqs.get_queue_attributes, QueueUrl=url, AttributeNames=["Policy"])

    both = ["668614515564", replay.account]
    replay.call("add-permission-response", sqs.add_permission, Label=label, AWSAccountIds=both, **given)
    policy("get-queue-policy-attribute")
    replay.call("remove-permission-response", sqs.remove_permission, QueueUrl=url, Label=label)
    policy("get-queue-policy-attribute-after-removal")
    own = {"AWSAccountIds": [replay.account], **given}
    sqs.add_permission(Label=label, **own)
    policy("get-queue-policy-attribute-first-account-same-label")
    replay.call("get-queue-policy-attribute-second-account-same-label", sqs.add_permission, Label=label, **own)
    sqs.add_permission(Label=label + "2", **own)
    policy("get-queue-policy-attribute-second-account-different-label")
    sqs.remove_permission(QueueUrl=url, Label=label)
    policy("get-queue-policy-attribute-delete-first-permission")
    sqs.remove_permission(QueueUrl=url, Label=label + "2")
    policy("get-queue-policy-attribute-delete-second-permission")
    replay.call(
        "get-queue-policy-attribute-delete-non-existent-label", sqs.remove_permission, QueueUrl=url, Label=label + "2"
    )


@scenario("TestSqsProvider::test_send_receive_wait_time_seconds")
def wait_times(replay):
    sqs, url = _queue(replay)
    replay.call("recieve_message_error_too_large", sqs.receive_message, QueueUrl=url, WaitTimeSeconds=21)
    replay.call("recieve_message_error_too_small", sqs.receive_message, QueueUrl=url, WaitTimeSeconds=-1)
    for label, more in (("empty_short_poll_by_default_resp", {}), ("empty_short_poll_explicit_resp", {"WaitTimeSeconds": 0})):
        sqs.send_message(QueueUrl=url, MessageBody="message")
        replay.call(label, sqs.receive_message, QueueUrl=url, **more)


@scenario("TestSqsProvider::test_receive_empty_queue")
def empty_queue(replay):
    sqs, url = _queue(replay)
    replay.call("empty_short_poll_resp_no_param", sqs.receive_message, QueueUrl=url)
    replay.call("empty_short_poll_resp", sqs.receive_message, QueueUrl=url, WaitTimeSeconds=0)
    replay.call("empty_long_poll_resp", sqs.receive_message, QueueUrl=url, WaitTimeSeconds=1)


@scenario("TestSqsProvider::test_send_empty_message")
def empty_message(replay):
    sqs, url = _queue(replay)
    replay.call("send_empty_message", sqs.send_message, QueueUrl=url, MessageBody="")


@scenario("TestSqsProvider::test_list_queues_pagination", {"*": Reason("Recorded with the queues' addresses of another server.")})
def pages(replay):
    replay.sqs = replay.queue_client("sqs")
    for number in range(10):
        replay.sqs.create_queue(QueueName="7f7df0f5-test-queue-%d" % number)
    replay.call("list_all", replay.sqs.list_queues, QueueNamePrefix="7f7df0f5")
    two = replay.call("list_two_max", replay.sqs.list_queues, QueueNamePrefix="7f7df0f5", MaxResults=2)
    more = {"NextToken": two["NextToken"], "MaxResults": 10}
    replay.call("list_remaining", replay.sqs.list_queues, QueueNamePrefix="7f7df0f5", **more)


@scenario("TestSqsProvider::test_fifo_delete_after_visibility_timeout")
def deleted_too_late(replay):
    sqs, url = _fifo(replay, ContentBasedDeduplication="true", VisibilityTimeout="1")
    sqs.send_message(QueueUrl=url, MessageBody="foobar", MessageGroupId="1")
    message = replay.call("received_sqs_message", sqs.receive_message, QueueUrl=url)["Messages"][0]
    replay.advance(1)
    replay.call("delete_after_timeout_fifo", sqs.delete_message, QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


@scenario("TestSqsProvider::test_fifo_delete_after_visibility_timeout_extended")
def deleted_in_time(replay):
    sqs, url = _fifo(replay, ContentBasedDeduplication="true", VisibilityTimeout="1")
    sqs.send_message(QueueUrl=url, MessageBody="foobar", MessageGroupId="1")
    message = replay.call("received_sqs_message", sqs.receive_message, QueueUrl=url)["Messages"][0]
    handle = {"QueueUrl": url, "ReceiptHandle": message["ReceiptHandle"]}
    sqs.change_message_visibility(VisibilityTimeout=30, **handle)
    replay.advance(2)
    replay.call("delete_after_timeout_fifo_extended", sqs.delete_message, **handle)


@scenario("TestSqsProvider::test_aws_trace_header_propagation")
def trace_header(replay):
    sqs, url = _queue(replay)
    header = "Root=1-3152b799-8954dae64eda91bc9a23a7e8;Parent=7fa8c0f79203be72;Sampled=1"
    sqs.send_message(
        QueueUrl=url, MessageBody="test", MessageAttributes={"timestamp": {"DataType": "Number", "StringValue": "1493147359900"}},
        MessageSystemAttributes={"AWSTraceHeader": {"DataType": "String", "StringValue": header}},
    )  # fmt: skip
    names = ["SentTimestamp", "AWSTraceHeader"]
    message = sqs.receive_message(QueueUrl=url, AttributeNames=names, MessageAttributeNames=["All"])["Messages"][0]
    # The recording has a stand-in for what is called a timestamp.
    assert message["MessageAttributes"]["timestamp"]["DataType"] == "Number"
    message["MessageAttributes"]["timestamp"] = message["MessageAttributes"]["timestamp"]["StringValue"]
    replay.keep("xray-msg", message)


@scenario("TestSqsProvider::test_fair_queue_with_message_group_id")
def fair_queue(replay):
    sqs, url = _queue(replay)
    replay.call("send_message", sqs.send_message, QueueUrl=url, MessageBody="message", MessageGroupId="test")
    replay.call("get-message-with-deduplication-id", sqs.receive_message, QueueUrl=url, AttributeNames=["All"])


def _invalid_id(replay, suffix, member):
    replay.parameter, case = "", replay.parameter
    sqs, url = _queue(replay, suffix, **(FIFO if suffix else {}))
    ids = {"MessageGroupId": "g"} if suffix else {}
    ids[member] = "" if case == "empty" else "a" * 129
    replay.call("error-response", sqs.send_message, QueueUrl=url, MessageBody="message", **ids)


@scenario("TestSqsProvider::test_send_message_to_standard_queue_with_invalid_message_group_id")
def invalid_group(replay):
    _invalid_id(replay, "", "MessageGroupId")


@scenario("TestSqsProvider::test_message_deduplication_id_invalid")
def invalid_deduplication_id(replay):
    _invalid_id(replay, ".fifo", "MessageDeduplicationId")


@scenario("TestSqsProvider::test_fifo_queue_send_message_with_zero_delay_defaults_to_queue_delay")
def no_delay_is_the_queues(replay):
    sqs, url = _fifo(replay, ContentBasedDeduplication="true", DelaySeconds="2")
    more = {"MessageGroupId": "1", "DelaySeconds": 0}
    replay.call("send_message_result", sqs.send_message, QueueUrl=url, MessageBody="message-1", **more)
    replay.call("receive_message_initial_result", sqs.receive_message, QueueUrl=url)
    replay.advance(2)
    replay.call("receive_message_after_delay_result", sqs.receive_message, QueueUrl=url)


@scenario("TestSqsProvider::test_fifo_group_visibility_extends_with_change_message_visibility")
def group_visibility(replay):
    """Three messages of a group; the parameter says how many of them are hidden for longer, or can be received at once."""
    _, which, what = replay.parameter.split("-")
    sqs, url = _fifo(replay, ContentBasedDeduplication="true", VisibilityTimeout="2" if what == "invisible" else "30")
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


# Dead letters that are moved back


def _dead_letters(replay, count=0, **more):
    """A queue whose messages have come to its dead-letter queue."""
    sqs, dead = _queue(replay)
    dead_arn = replay.arn(replay.queue, "sqs")
    policy = json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 1})
    source = sqs.create_queue(QueueName=replay.name("source"), Attributes={"RedrivePolicy": policy, "VisibilityTimeout": "0"})["QueueUrl"]
    for number in range(count):
        sqs.send_message(QueueUrl=source, MessageBody=str(number))
    received = 0
    while received < count:
        received += len(sqs.receive_message(QueueUrl=source, MaxNumberOfMessages=10).get("Messages", []))
    while count and sqs.receive_message(QueueUrl=source, MaxNumberOfMessages=10).get("Messages"):
        pass
    replay.until(lambda: _count(sqs, dead) == count)
    return sqs, source, dead, dead_arn


def _count(sqs, url):
    name = "ApproximateNumberOfMessages"
    return int(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])["Attributes"][name])


def _arn(replay, url):
    return replay.arn(url.rsplit("/", 1)[1], "sqs")


@scenario("test_source_needs_redrive_policy")
def source_without_policy(replay):
    sqs, _ = _queue(replay)
    replay.call("error", sqs.start_message_move_task, SourceArn=replay.arn(replay.queue, "sqs"))


def _cancel(replay, handle):
    replay.call("error", replay.queue_client("sqs").cancel_message_move_task, TaskHandle=handle)


@scenario("test_cancel_with_invalid_task_handle")
def invalid_handle(replay):
    _cancel(replay, "foobared")


@scenario("test_cancel_with_invalid_task_id_in_task_handle")
def unknown_task(replay):
    import base64

    task = {"taskId": "10000000-1000-1000-1000-100000000000", "sourceArn": replay.arn("queue", "sqs")}
    _cancel(replay, base64.b64encode(json.dumps(task).encode()).decode())


@scenario(
    "test_move_task_cancel",
    {"list-after": Reason("How much is moved before a task is seen to be cancelled depends on time; here it ends sooner.")},
)
def cancelled(replay):
    sqs, _, _, dead_arn = _dead_letters(replay, 10)
    target = sqs.create_queue(QueueName=replay.name("target"))["QueueUrl"]
    given = {"SourceArn": dead_arn, "DestinationArn": _arn(replay, target), "MaxNumberOfMessagesPerSecond": 1}
    handle = sqs.start_message_move_task(**given)["TaskHandle"]
    replay.advance(1)
    replay.until(lambda: _count(sqs, target) == 2)
    replay.call("list-while", sqs.list_message_move_tasks, SourceArn=dead_arn)
    replay.call("cancel", sqs.cancel_message_move_task, TaskHandle=handle)
    replay.advance(1)
    replay.call("list-after", sqs.list_message_move_tasks, SourceArn=dead_arn)


@scenario("test_start_multiple_move_tasks")
def second_task(replay):
    sqs, _, _, dead_arn = _dead_letters(replay, 3)
    sqs.start_message_move_task(SourceArn=dead_arn, MaxNumberOfMessagesPerSecond=1)
    replay.call("error", sqs.start_message_move_task, SourceArn=dead_arn)


def _moved_home(replay, sqs, dead_arn):
    replay.call("start-message-move-task-response", sqs.start_message_move_task, SourceArn=dead_arn)
    replay.until(lambda: sqs.list_message_move_tasks(SourceArn=dead_arn)["Results"][0]["Status"] == "COMPLETED")
    replay.call("list-message-move-task-response", sqs.list_message_move_tasks, SourceArn=dead_arn)


@scenario("test_move_task_workflow_with_default_destination")
def moved_home(replay):
    sqs, source, _, dead_arn = _dead_letters(replay, 2)
    replay.keep("source-arn", dead_arn)
    replay.keep("original-source", _arn(replay, source))
    _moved_home(replay, sqs, dead_arn)


@scenario("test_move_task_workflow_with_multiple_sources_as_default_destination")
def moved_to_both_homes(replay):
    sqs, first, dead, dead_arn = _dead_letters(replay, 2)
    policy = json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 1})
    second = sqs.create_queue(QueueName=replay.name("second"), Attributes={"RedrivePolicy": policy, "VisibilityTimeout": "0"})["QueueUrl"]
    for number in range(2):
        sqs.send_message(QueueUrl=second, MessageBody=str(number))
    replay.until(lambda: sqs.receive_message(QueueUrl=second, MaxNumberOfMessages=10) and _count(sqs, dead) == 4)
    replay.keep("source-arn", dead_arn)
    replay.keep("original-source-1", _arn(replay, first))
    replay.keep("original-source-2", _arn(replay, second))
    _moved_home(replay, sqs, dead_arn)
