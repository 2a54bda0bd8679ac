"""SQS: messages that are sent, received and deleted, by both of its protocols."""

from replays.catalog import Reason, scenario
from replays.queues import new_queue

HELLO = {"DataType": "String", "StringValue": "There"}
NO_DETAIL = Reason("AWS's answer to this operation had no Detail element in the query protocol, as those to others have.")


@scenario("TestSqsProvider::test_send_receive_max_number_of_messages")
def maximum_number(replay):
    sqs, url = new_queue(replay)
    replay.call("send_max_number_of_messages", sqs.receive_message, QueueUrl=url, MaxNumberOfMessages=11)


@scenario("TestSqsProvider::test_send_oversized_message")
def oversized(replay):
    sqs, url = new_queue(replay)
    replay.call("send_oversized_message", sqs.send_message, QueueUrl=url, MessageBody="a" * 1048577)


@scenario("TestSqsProvider::test_send_message_with_updated_maximum_message_size")
def updated_maximum(replay):
    sqs, url = new_queue(replay)
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"MaximumMessageSize": "1024"})
    replay.call("send_oversized_message", sqs.send_message, QueueUrl=url, MessageBody="a" * 1025)


@scenario("TestSqsProvider::test_send_message_batch_with_oversized_contents")
def oversized_batch(replay):
    sqs, url = new_queue(replay)
    entries = [{"Id": "1", "MessageBody": "a" * 1048576}, {"Id": "2", "MessageBody": "a"}]
    replay.call("send_oversized_message_batch", sqs.send_message_batch, QueueUrl=url, Entries=entries)


@scenario("TestSqsProvider::test_send_message_batch_with_oversized_contents_with_updated_maximum_message_size")
def batch_at_the_limit(replay):
    sqs, url = new_queue(replay, MaximumMessageSize="2048")
    attributes = {"k": {"DataType": "String", "StringValue": "x"}}
    entries = [{"Id": "1", "MessageBody": "a" * 2040, "MessageAttributes": attributes}, {"Id": "2", "MessageBody": "a"}]
    replay.call("send_oversized_message_batch", sqs.send_message_batch, QueueUrl=url, Entries=entries)


@scenario("TestSqsProvider::test_too_many_entries_in_batch_request")
def too_many_entries(replay):
    sqs, url = new_queue(replay)
    entries = [{"Id": str(number), "MessageBody": "m"} for number in range(20)]
    replay.call("test_too_many_entries_in_batch_request", sqs.send_message_batch, QueueUrl=url, Entries=entries)


@scenario("TestSqsProvider::test_invalid_batch_id")
def invalid_batch_id(replay):
    sqs, url = new_queue(replay)
    replay.call("test_invalid_batch_id", sqs.send_message_batch, QueueUrl=url, Entries=[{"Id": "message:(id)", "MessageBody": "m"}])


@scenario(
    "TestSqsProvider::test_delete_message_batch_invalid_msg_id",
    lambda parameter: {"error_response": NO_DETAIL} if parameter.startswith("sqs_query") else {},
)
def invalid_id_of_a_deletion(replay):
    id = replay.parameter.partition("-")[2]
    sqs, url = new_queue(replay)
    replay.call("error_response", sqs.delete_message_batch, QueueUrl=url, Entries=[{"Id": id, "ReceiptHandle": "x"}])


@scenario("TestSqsProvider::test_delete_message_batch_with_too_large_batch", {"error_response": NO_DETAIL})
def too_many_deletions(replay):
    sqs, url = new_queue(replay)
    entries = [{"Id": str(number), "ReceiptHandle": "x"} for number in range(20)]
    replay.call("error_response", sqs.delete_message_batch, QueueUrl=url, Entries=entries)


@scenario("TestSqsProvider::test_change_message_visibility_batch_with_too_large_batch")
def too_many_changes(replay):
    sqs, url = new_queue(replay)
    entries = [{"Id": str(number), "ReceiptHandle": "x", "VisibilityTimeout": 1} for number in range(20)]
    replay.call("error_response", sqs.change_message_visibility_batch, QueueUrl=url, Entries=entries)


@scenario(
    "TestSqsProvider::test_send_message_with_binary_attributes",
    {"*": Reason("The recording shows the bytes as Python writes them; but for that, the answers are the same.")},
)
def binary_attributes(replay):
    sqs, url = new_queue(replay)
    value = b"traceparent\x1e00-774062d6c37081a5a0b9b5b88e30627c-2d2482211f6489da-01"
    attributes = {"attr1": {"BinaryValue": value, "DataType": "Binary"}}
    sqs.send_message(QueueUrl=url, MessageBody="test", MessageAttributes=attributes)
    replay.call("binary-attrs-msg", sqs.receive_message, QueueUrl=url, MessageAttributeNames=["All"])


@scenario("TestSqsProvider::test_send_message_with_empty_string_attribute")
def empty_attribute(replay):
    sqs, url = new_queue(replay)
    attributes = {"ErrorDetails": {"StringValue": "", "DataType": "String"}}
    replay.call("empty-string-attr", sqs.send_message, QueueUrl=url, MessageBody="test", MessageAttributes=attributes)


@scenario("TestSqsProvider::test_send_empty_message")
def empty_message(replay):
    sqs, url = new_queue(replay)
    replay.call("send_empty_message", sqs.send_message, QueueUrl=url, MessageBody="")


@scenario("TestSqsProvider::test_receive_message_message_attribute_names_filters")
def attribute_filters(replay):
    sqs, url = new_queue(replay, VisibilityTimeout="0")
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
    sqs, url = new_queue(replay, VisibilityTimeout="0")
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
    sqs, url = new_queue(replay, VisibilityTimeout="0")
    sqs.send_message(QueueUrl=url, MessageBody="msg")
    both = {"AttributeNames": ["All"], "MessageSystemAttributeNames": ["All"]}
    replay.call("same_values", sqs.receive_message, QueueUrl=url, **both)
    both = {"AttributeNames": ["SequenceNumber"], "MessageSystemAttributeNames": ["SenderId"]}
    replay.call("different_values", sqs.receive_message, QueueUrl=url, **both)


@scenario("TestSqsProvider::test_send_receive_wait_time_seconds")
def wait_times(replay):
    sqs, url = new_queue(replay)
    replay.call("recieve_message_error_too_large", sqs.receive_message, QueueUrl=url, WaitTimeSeconds=21)
    replay.call("recieve_message_error_too_small", sqs.receive_message, QueueUrl=url, WaitTimeSeconds=-1)
    for label, more in (("empty_short_poll_by_default_resp", {}), ("empty_short_poll_explicit_resp", {"WaitTimeSeconds": 0})):
        sqs.send_message(QueueUrl=url, MessageBody="message")
        replay.call(label, sqs.receive_message, QueueUrl=url, **more)


@scenario("TestSqsProvider::test_receive_empty_queue")
def empty_queue(replay):
    sqs, url = new_queue(replay)
    replay.call("empty_short_poll_resp_no_param", sqs.receive_message, QueueUrl=url)
    replay.call("empty_short_poll_resp", sqs.receive_message, QueueUrl=url, WaitTimeSeconds=0)
    replay.call("empty_long_poll_resp", sqs.receive_message, QueueUrl=url, WaitTimeSeconds=1)


@scenario("TestSqsProvider::test_aws_trace_header_propagation")
def trace_header(replay):
    sqs, url = new_queue(replay)
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
    sqs, url = new_queue(replay)
    replay.call("send_message", sqs.send_message, QueueUrl=url, MessageBody="message", MessageGroupId="test")
    replay.call("get-message-with-deduplication-id", sqs.receive_message, QueueUrl=url, AttributeNames=["All"])
