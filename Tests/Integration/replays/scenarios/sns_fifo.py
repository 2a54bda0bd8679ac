"""FIFO topics: order, deduplication, and what they refuse."""

import json

from replays.catalog import scenario
from replays.notifications import Notifications

_GROUP = {"MessageGroupId": "message-group-id-1"}
_ID = {"MessageDeduplicationId": "message-deduplication-id-1"}
_ENTRIES = [
    ("1", "Test Message with two attributes", {"attr1": "99.12", "attr2": "109.12"}),
    ("2", "Test Message with one attribute", {"attr1": "19.12"}),
    ("3", "Test Message without attribute", {}),
]


def _entries(by_content):
    entries = []
    for number, text, numbers in _ENTRIES:
        entry = {"Id": number, "Message": text, "MessageGroupId": "complexMessageGroupId"}
        if numbers:
            entry["MessageAttributes"] = {name: {"DataType": "Number", "StringValue": value} for name, value in numbers.items()}
        if not by_content:
            entry["MessageDeduplicationId"] = "MessageDeduplicationId-" + number
        entries.append(entry)
    return entries


@scenario("TestSNSSubscriptionSQSFifo::test_message_to_fifo_sqs")
def message(replay):
    here = Notifications(replay)
    by_content = replay.parameter == "True"
    topic = here.topic(fifo=True, ContentBasedDeduplication=str(by_content).lower())
    url, _, _ = here.subscribed(topic, fifo=True)
    given = {"TopicArn": topic, "Message": "Test", **_GROUP, **({} if by_content else _ID)}
    here.sns.publish(**given)
    here.received("messages", url, system=True)
    here.sns.publish(**given)
    here.nothing("dedup-messages", url)


@scenario("TestSNSSubscriptionSQSFifo::test_fifo_topic_to_regular_sqs")
def to_a_standard_queue(replay):
    here = Notifications(replay)
    by_content = replay.parameter == "True"
    topic = here.topic(fifo=True, ContentBasedDeduplication=str(by_content).lower())
    url, _, _ = here.subscribed(topic)
    given = {"TopicArn": topic, "Message": "Test", **_GROUP, **({} if by_content else _ID)}
    here.sns.publish(**given)
    here.received("messages", url, system=True)
    here.sns.publish(**given)
    here.nothing("dedup-messages", url)


@scenario("TestSNSSubscriptionSQSFifo::test_publish_to_fifo_topic_deduplication_on_topic_level")
def on_topic_level(replay):
    here = Notifications(replay)
    topic = here.topic(fifo=True, ContentBasedDeduplication="true")
    url, _, _ = here.subscribed(topic, fifo=True)
    for _ in range(2):
        here.sns.publish(TopicArn=topic, Message="Test", **_GROUP)
    here.received("messages", url, system=True)
    here.nothing("dedup-messages", url)


@scenario("TestSNSSubscriptionSQSFifo::test_publish_to_fifo_topic_to_sqs_queue_no_content_dedup")
def by_the_topics_content(replay):
    here = Notifications(replay)
    topic = here.topic(fifo=True, ContentBasedDeduplication="true")
    url, _, _ = here.subscribed(topic, fifo=True)
    here.sns.publish(TopicArn=topic, Message="Test single", **_GROUP)
    here.sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=[{"Id": "1", "Message": "Test batched", **_GROUP}])
    here.received("messages", url, 2, system=True)


@scenario("TestSNSSubscriptionSQSFifo::test_validations_for_fifo")
def refusals(replay):
    here = Notifications(replay)
    topic = here.topic()
    fifo = here.topic(fifo=True)
    _, queue = here.queue(topic)
    _, fifo_queue = here.queue(fifo, fifo=True)
    here.call("not-fifo-topic", here.sns.subscribe, TopicArn=topic, Protocol="sqs", Endpoint=fifo_queue)
    standard = here.sns.subscribe(TopicArn=fifo, Protocol="sqs", Endpoint=queue)["SubscriptionArn"]
    here.shown("not-fifo-queue", standard, whole=False)
    ordered = here.sns.subscribe(TopicArn=fifo, Protocol="sqs", Endpoint=fifo_queue)["SubscriptionArn"]
    here.call(
        "regular-queue-for-dlq-of-fifo-topic", here.sns.set_subscription_attributes,
        SubscriptionArn=ordered, AttributeName="RedrivePolicy", AttributeValue=json.dumps({"deadLetterTargetArn": queue}),
    )  # fmt: skip
    here.expect(
        ("no-msg-group-id", "publish", {"TopicArn": fifo, "Message": "test"}),
        ("no-dedup-policy", "publish", {"TopicArn": fifo, "Message": "test", **_GROUP}),
        ("no-msg-dedup-regular-topic", "publish", {"TopicArn": topic, "Message": "test", **_ID}),
    )


@scenario("TestSNSSubscriptionSQSFifo::test_publish_fifo_messages_to_dlq")
def dead_letters(replay):
    here = Notifications(replay)
    topic = here.topic(fifo=True)
    here.call("topic-attrs", here.sns.get_topic_attributes, TopicArn=topic)
    url, _, subscription = here.subscribed(topic, fifo=True, RawMessageDelivery=replay.parameter.lower())
    grave, arn = here.queue(topic, fifo=True)
    policy = json.dumps({"deadLetterTargetArn": arn})
    here.sns.set_subscription_attributes(SubscriptionArn=subscription, AttributeName="RedrivePolicy", AttributeValue=policy)
    here.sqs.delete_queue(QueueUrl=url)
    here.call("publish-batch-response-fifo", here.sns.publish_batch, TopicArn=topic, PublishBatchRequestEntries=_entries(False))
    here.received("batch-messages-in-dlq", grave, 3, system=True)
    here.call("publish-response-fifo", here.sns.publish, TopicArn=topic, Message="test-message", **_GROUP, **_ID)
    here.received("messages-in-dlq", grave, system=True)


@scenario("TestSNSSubscriptionSQSFifo::test_publish_batch_messages_from_fifo_topic_to_fifo_queue")
def batches(replay):
    here = Notifications(replay)
    topic = here.topic(fifo=True, ContentBasedDeduplication=replay.parameter.lower())
    here.call("topic-attrs", here.sns.get_topic_attributes, TopicArn=topic)
    url, _, subscription = here.subscribed(topic, fifo=True, RawMessageDelivery="true")
    here.shown("sub-attrs-raw-true", subscription)
    given = {"TopicArn": topic, "PublishBatchRequestEntries": _entries(replay.parameter == "True")}
    here.call("publish-batch-response-fifo", here.sns.publish_batch, **given)
    here.received("messages", url, 3, system=True)
    here.call("republish-batch-response-fifo", here.sns.publish_batch, **given)
    here.nothing("duplicate-messages", url)
