"""Subscriptions: what is refused, what is idempotent, what is shown."""

import json

from replays.catalog import scenario
from replays.notifications import Notifications


@scenario("TestSNSSubscriptionCrud::test_subscribe_with_invalid_protocol")
def protocol(replay):
    here = Notifications(replay)
    here.call("exception", here.sns.subscribe, TopicArn=here.topic(), Protocol="test-protocol", Endpoint="localstack@yopmail.com")


@scenario("TestSNSSubscriptionCrud::test_create_subscriptions_with_attributes")
def attributes(replay):
    here = Notifications(replay)
    topic = here.topic()
    _, queue = here.queue(topic)
    given = {"TopicArn": topic, "Protocol": "sqs", "Endpoint": queue, "ReturnSubscriptionArn": True}
    here.call("subscribe-wrong-attr", here.sns.subscribe, **given, Attributes={"RawMessageDelivery": "wrongvalue"})
    made = here.call("subscribe", here.sns.subscribe, **given, Attributes={"RawMessageDelivery": "true"})
    here.shown("get-attrs", made["SubscriptionArn"])
    other = made["SubscriptionArn"][:-10] + "0123456789"
    here.call("get-attrs-nonexistent-sub", here.sns.get_subscription_attributes, SubscriptionArn=other)


@scenario("TestSNSSubscriptionCrud::test_validate_set_sub_attributes")
def setting(replay):
    here = Notifications(replay)
    topic = here.topic()
    _, _, subscription = here.subscribed(topic)
    for label, name, value in [
        ("fake-attribute", "FakeAttribute", "test-value"),
        ("raw-message-wrong-value", "RawMessageDelivery", "test-ValUe"),
        ("raw-message-empty-value", "RawMessageDelivery", ""),
        ("fake-arn-redrive-policy", "RedrivePolicy", json.dumps({"deadLetterTargetArn": "fake-arn"})),
        ("invalid-json-redrive-policy", "RedrivePolicy", "{invalidjson}"),
        ("invalid-json-filter-policy", "FilterPolicy", "{invalidjson}"),
    ]:
        here.call(label, here.sns.set_subscription_attributes, SubscriptionArn=subscription, AttributeName=name, AttributeValue=value)


@scenario("TestSNSSubscriptionCrud::test_sns_confirm_subscription_wrong_token")
def tokens(replay):
    here = Notifications(replay)
    topic = here.topic()
    unknown = "ab" * 32 + replay.region.encode().hex()
    here.expect(
        ("topic-not-exists", "confirm_subscription", {"TopicArn": topic + "x", "Token": unknown}),
        ("invalid-token", "confirm_subscription", {"TopicArn": topic, "Token": "randomtoken"}),
        ("token-not-exists", "confirm_subscription", {"TopicArn": topic, "Token": unknown}),
    )


@scenario("TestSNSSubscriptionCrud::test_list_subscriptions")
@scenario("TestSNSSubscriptionCrudV2::test_check_opted_out")
@scenario("TestSNSSubscriptionCrudV2::test_check_opted_out_invalid")
@scenario("TestSNSTopicCrudV2::test_topic_policy_overwrite_lifecycle")
@scenario("TestSNSSubscriptionSQSFifo::test_message_to_fifo_sqs_ordering")
def without_answers(replay):
    pass


@scenario("TestSNSSubscriptionCrud::test_subscribe_idempotency")
def idempotency(replay):
    here = Notifications(replay)
    topic = here.topic()
    _, queue = here.queue(topic)
    given = {"TopicArn": topic, "Protocol": "sqs", "Endpoint": queue, "ReturnSubscriptionArn": True}
    raw = {"RawMessageDelivery": "true"}
    made = here.call("subscribe", here.sns.subscribe, **given, Attributes=raw)
    here.shown("get-sub-attrs", made["SubscriptionArn"])
    here.expect(
        ("subscribe-exact-same-raw", "subscribe", {**given, "Attributes": raw}),
        ("subscribe-idempotent", "subscribe", {**given, "Attributes": {**raw, "FilterPolicyScope": "MessageAttributes"}}),
        ("subscribe-idempotent-no-attributes", "subscribe", given),
        ("subscribe-idempotent-empty-attributes", "subscribe", {**given, "Attributes": {}}),
        ("subscribe-missing-attributes", "subscribe", {**given, "Attributes": {"FilterPolicyScope": "MessageAttributes"}}),
        ("subscribe-diff-attributes", "subscribe", {**given, "Attributes": {"RawMessageDelivery": "false"}}),
    )


@scenario("TestSNSSubscriptionCrud::test_unsubscribe_wrong_arn_format")
def wrong_arns(replay):
    here = Notifications(replay)
    for number, arn in enumerate(["randomstring", "arn:aws:sns:us-east-1:random", "arn:aws:sns:us-east-1:111111111111:random", ""]):
        here.call("invalid-unsubscribe-arn-%d" % (number + 1), here.sns.unsubscribe, SubscriptionArn=arn)


@scenario("TestSNSSubscriptionCrud::test_unsubscribe_idempotency")
def ending_twice(replay):
    here = Notifications(replay)
    _, _, subscription = here.subscribed(here.topic())
    here.call("unsubscribe-1", here.sns.unsubscribe, SubscriptionArn=subscription)
    here.call("unsubscribe-2", here.sns.unsubscribe, SubscriptionArn=subscription)


@scenario("TestSNSSubscriptionCrud::test_list_subscriptions_by_topic_pagination")
def pages(replay):
    here = Notifications(replay)
    topic = here.topic()
    for number in range(101):
        here.sns.subscribe(TopicArn=topic, Protocol="sms", Endpoint="+336%08d" % number)
    first = here.sns.list_subscriptions_by_topic(TopicArn=topic)
    assert len(first["Subscriptions"]) == 100
    here.call("list-sub-per-topic-page-2", here.sns.list_subscriptions_by_topic, TopicArn=topic, NextToken=first["NextToken"])


@scenario("TestSNSSubscriptionCrud::test_subscribe_with_invalid_topic")
def no_topic(replay):
    here = Notifications(replay)
    given = {"Protocol": "email", "Endpoint": "localstack@yopmail.com"}
    here.expect(
        ("invalid-subscribe-arn-1", "subscribe", {**given, "TopicArn": "randomstring"}),
        ("invalid-subscribe-arn-2", "subscribe", {**given, "TopicArn": "arn:aws:sns:us-east-1:random"}),
        ("non-existent-topic", "subscribe", {**given, "TopicArn": replay.arn("nothing", service="sns")}),
    )


@scenario("TestSNSSubscriptionCrudV2::test_subscribe_sms")
def sms(replay):
    here = Notifications(replay)
    here.call("subscribe-sms-1", here.sns.subscribe, TopicArn=here.topic(), Protocol="sms", Endpoint="+15551234567")


@scenario("TestSNSSubscriptionCrudV2::test_subscribe_sms_obscure_phone_number")
def obscure(replay):
    here = Notifications(replay)
    here.call("subscribe-sms-2", here.sns.subscribe, TopicArn=here.topic(), Protocol="sms", Endpoint="+1 555-123-4567")


@scenario("TestSNSSubscriptionCrudV2::test_subscribe_unknown_topic")
def unknown_topic(replay):
    here = Notifications(replay)
    here.call(
        "subscribe-unknown-topic", here.sns.subscribe, TopicArn=replay.arn("unknown", service="sns"), Protocol="sms", Endpoint="+15551234567"
    )


@scenario("TestSNSSubscriptionCrudV2::test_subscribe_unknown_sqs_queue")
def unknown_queue(replay):
    here = Notifications(replay)
    topic = here.topic()
    here.expect(
        ("subscribe-unknown-sqs", "subscribe", {"TopicArn": topic, "Protocol": "sqs", "Endpoint": replay.arn("unknown", service="sqs")}),
        ("subscribe-unknown-sqs-invalid_arn", "subscribe", {"TopicArn": topic, "Protocol": "sqs", "Endpoint": "arn:aws:sqs"}),
    )


@scenario("TestSNSSubscriptionCrudV2::test_subscribe_sqs_queue_url")
def queue_url(replay):
    here = Notifications(replay)
    topic = here.topic()
    url, _ = here.queue(topic)
    here.call("subscribe-sqs-via-url-error", here.sns.subscribe, TopicArn=topic, Protocol="sqs", Endpoint=url)


@scenario("TestSNSSubscriptionSQS::test_subscribe_to_sqs_with_queue_url")
def queue_url_too(replay):
    here = Notifications(replay)
    topic = here.topic()
    url, _ = here.queue(topic)
    here.call("sub-queue-url", here.sns.subscribe, TopicArn=topic, Protocol="sqs", Endpoint=url)


@scenario("TestSNSSubscriptionCrudV2::test_double_subscription")
def twice(replay):
    here = Notifications(replay)
    topic = here.topic("double-sub-befdfdff")
    _, queue = here.queue(topic)
    for label in ("double-subscription-first", "double-subscription-second"):
        here.call(label, here.sns.subscribe, TopicArn=topic, Protocol="sqs", Endpoint=queue)


@scenario("TestSNSSubscriptionCrudV2::test_creating_subscription")
def pending(replay):
    here = Notifications(replay)
    here.call("create-subscription", here.sns.subscribe, TopicArn=here.topic(), Protocol="http", Endpoint="http://127.0.0.1:9/")


@scenario("TestSNSSubscriptionCrudV2::test_unsubscribe_from_deleted_topic")
def ended(replay):
    here = Notifications(replay)
    topic = here.topic()
    arn = here.sns.subscribe(TopicArn=topic, Protocol="http", Endpoint="http://127.0.0.1:9/")["SubscriptionArn"]
    here.sns.delete_topic(TopicArn=topic)
    here.call("unsubscribe-deleted-topic", here.sns.unsubscribe, SubscriptionArn=arn)


@scenario("TestSNSSubscriptionCrudV2::test_subscribe_attributes")
def shown(replay):
    here = Notifications(replay)
    here.shown("get-subscription-attributes", here.subscribed(here.topic())[2])


@scenario("TestSNSSubscriptionCrudV2::test_delete_subscriptions_on_delete_topic")
def orphans(replay):
    here = Notifications(replay)
    topic = here.topic()
    _, _, subscription = here.subscribed(topic, RawMessageDelivery="true")
    here.sns.delete_topic(TopicArn=topic)
    here.shown("get-sub-after-topic-delete", subscription)


@scenario("TestSNSSubscriptionCrudV2::test_subscribe_invalid_filter_policy")
def filter_policy(replay):
    here = Notifications(replay)
    topic = here.topic()
    _, queue = here.queue(topic)
    here.call(
        "subscribe-invalid-filter-policy", here.sns.subscribe,
        TopicArn=topic, Protocol="sqs", Endpoint=queue, Attributes={"FilterPolicy": "invalid filter policy"},
    )  # fmt: skip


@scenario("TestSNSSubscriptionCrudV2::test_get_subscription_attributes_error_not_exists")
def missing(replay):
    here = Notifications(replay)
    arn = here.topic() + ":12345678-1234-1234-1234-123456789012"
    here.call("get-sub-attrs-nonexistent", here.sns.get_subscription_attributes, SubscriptionArn=arn)


@scenario("TestSNSSubscriptionCrudV2::test_subscribe_invalid_sms")
def wrong_numbers(replay):
    here = Notifications(replay)
    topic = here.topic()
    for label in replay.recorded:
        here.call(label, here.sns.subscribe, TopicArn=topic, Protocol="sms", Endpoint=label.removeprefix("subscribe-bad-sms-"))
