"""Filter policies: what they are, and what they let through."""

import json
import re

from replays.catalog import scenario
from replays.notifications import Notifications

_RANGE = {"attr1": [{"numeric": [">", 0, "<=", 100]}]}
_TWICE = {"attr1": {"DataType": "Number", "StringValue": "99"}}
_TOO_MUCH = {"attr1": {"DataType": "Number", "StringValue": "111"}}


def _policies(replay):
    """Every recorded message names the policy that it refuses."""
    unnamed = {
        "error-condition-bad-cidr-str": {"cidr": "bad-filter"},
        "error-condition-bad-cidr-str-slash": {"cidr": "bad-filter/64"},
        "error-condition-bad-cidr-str-slash-2": {"cidr": "bad-filter/bad"},
        "error-condition-bad-cidr-v4": {"cidr": "xx.11.xx/8"},
        "error-condition-bad-cidr-v6": {"cidr": "xxxx:db8:1234:1a00::/64"},
    }
    here = Notifications(replay)
    topic = here.topic()
    _, queue = here.queue(topic)
    for label, recorded in replay.recorded.items():
        found = re.search(r'\(String\)"(.*)"; line', recorded["Error"]["Message"])
        policy = found[1] if found else json.dumps({"key": [unnamed[label]]})
        try:
            here.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue, Attributes={"FilterPolicy": policy})
        except here.sns.exceptions.ClientError as error:
            answer = error.response
            # Recordings hold the message also without its place.
            answer["Error"]["_normalized"] = answer["Error"]["Message"].split("\n")[0]
            replay.keep(label, answer)


for _name in ("policy", "policy_string_operators", "policy_numeric_operator", "policy_exists_operator", "policy_nested_anything_but_operator"):
    scenario("TestSNSFilterPolicyConditions::test_validate_" + _name)(_policies)


def _set(here, subscription, name, value):
    value = value if isinstance(value, str) else json.dumps(value)
    return here.sns.set_subscription_attributes(SubscriptionArn=subscription, AttributeName=name, AttributeValue=value)


def _refused(here, label, subscription, name, value):
    here.call(label, lambda: _set(here, subscription, name, value))


@scenario("TestSNSFilterPolicyCrud::test_sub_filter_policy_nested_property")
def nested(replay):
    here = Notifications(replay)
    _, _, subscription = here.subscribed(here.topic())
    policy = {"object": {"key": [{"prefix": "auto-"}]}}
    _refused(here, "sub-filter-policy-nested-error", subscription, "FilterPolicy", policy)
    _set(here, subscription, "FilterPolicyScope", "MessageBody")
    _set(here, subscription, "FilterPolicy", policy)
    here.shown("sub-attrs-after-setting-nested-policy", subscription)


@scenario("TestSNSFilterPolicyCrud::test_set_subscription_filter_policy_scope")
def scope(replay):
    here = Notifications(replay)
    _, _, subscription = here.subscribed(here.topic())
    here.shown("sub-attrs-default", subscription)
    _set(here, subscription, "FilterPolicyScope", "MessageBody")
    here.shown("sub-attrs-filter-scope-body", subscription)
    _refused(here, "sub-attrs-filter-scope-error", subscription, "FilterPolicyScope", "RandomValue")
    _set(here, subscription, "FilterPolicy", {"attr": ["match-this"]})
    here.shown("sub-attrs-after-setting-policy", subscription)


@scenario("TestSNSFilterPolicyCrud::test_sub_filter_policy_nested_property_constraints")
def constraints(replay):
    here = Notifications(replay)
    _, _, subscription = here.subscribed(here.topic())
    _set(here, subscription, "FilterPolicyScope", "MessageBody")
    many = {
        "key_a": {"key_b": {"key_c": ["value_one", "value_two", "value_three", "value_four"]}},
        "key_d": {"key_e": ["value_one", "value_two", "value_three"]},
        "key_f": ["value_one", "value_two", "value_three"],
    }
    _refused(here, "sub-filter-policy-nested-error-too-many-combinations", subscription, "FilterPolicy", many)
    keys = {"key_" + letter: ["value_one"] for letter in "abcdef"}
    _refused(here, "sub-filter-policy-max-attr-keys", subscription, "FilterPolicy", keys)
    _refused(here, "sub-filter-policy-rule-no-list", subscription, "FilterPolicy", '{"key_a":"value_one"}')


@scenario("TestSNSFilterPolicyAttributes::test_filter_policy")
def attributes(replay):
    here = Notifications(replay)
    topic = here.topic()
    url, _, subscription = here.subscribed(topic, FilterPolicy=json.dumps(_RANGE))
    here.shown("subscription-attributes", subscription)
    here.nothing("messages-0", url)
    here.sns.publish(TopicArn=topic, Message="This is a test message", MessageAttributes=_TWICE)
    replay.keep("messages-1", here.receive(url, delete=False))
    here.sns.publish(TopicArn=topic, Message="This is another test message", MessageAttributes=_TOO_MUCH)
    _again(here, "messages-2", url)
    _set(here, subscription, "FilterPolicy", {"attr1": [None, {"anything-but": "whatever"}]})
    here.shown("subscription-attributes-2", subscription)
    here.nothing("messages-3", url)
    here.sns.publish(TopicArn=topic, Message="This the test message for null")
    here.received("messages-4", url)


def _again(here, label, url):
    """Notes what was received before, and not deleted."""
    handle = here.replay.found["messages-1"]["Messages"][0]["ReceiptHandle"]
    here.sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=0)
    here.received(label, url)


@scenario("TestSNSFilterPolicyAttributes::test_exists_filter_policy_attributes_array")
def arrays(replay):
    here = Notifications(replay)
    topic = here.topic()
    url, _, subscription = here.subscribed(topic, RawMessageDelivery="true", FilterPolicy=json.dumps({"store": ["value1"]}))
    here.shown("subscription-attributes-policy", subscription)
    here.nothing("messages-init", url)

    def publish(message, kind, value):
        here.sns.publish(TopicArn=topic, Message=message, MessageAttributes={"store": {"DataType": kind, "StringValue": value}})

    publish("message-1", "String", "value1")
    _plain(here, "messages-1", url)
    publish("message-2", "String.Array", json.dumps(["value1", "value2"]))
    _plain(here, "messages-2", url)
    publish("message-3", "String", "value3")
    here.nothing("messages-3", url)


def _plain(here, label, url):
    """Notes a message without asking for its attributes."""
    answer = here.sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)
    for message in answer["Messages"]:
        here.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    here.replay.keep(label, answer)


@scenario("TestSNSFilterPolicyBody::test_filter_policy_on_message_body")
def bodies(replay):
    here = Notifications(replay)
    topic = here.topic()
    policy = {"object": {"key": [{"prefix": "auto-"}, "hardcodedvalue"]}}
    url, _, _ = here.subscribed(
        topic, RawMessageDelivery=replay.parameter.lower(), FilterPolicyScope="MessageBody", FilterPolicy=json.dumps(policy)
    )
    here.nothing("recv-init", url)
    for number, message in enumerate([{"object": {"key": "auto-test"}}, {"object": {"key": "hardcodedvalue"}}]):
        here.sns.publish(TopicArn=topic, Message=json.dumps(message))
        here.received("recv-passed-msg-%d" % number, url)


@scenario("TestSNSFilterPolicyBody::test_filter_policy_for_batch")
def batches(replay):
    here = Notifications(replay)
    topic = here.topic()
    chosen, _, first = here.subscribed(topic, FilterPolicy=json.dumps(_RANGE))
    everything, _, second = here.subscribed(topic)
    here.shown("subscription-attributes-with-filter", first)
    here.shown("subscription-attributes-no-filter", second)
    here.nothing("messages-no-filter-before-publish", everything)
    here.nothing("messages-with-filter-before-publish", chosen)

    def publish(text, attributes):
        entry = {"Id": "1", "Message": text, "MessageAttributes": attributes}
        here.sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=[entry])

    publish("This is a test message", _TWICE)
    here.received("messages-no-filter-after-publish-ok", everything)
    here.received("messages-with-filter-after-publish-ok", chosen)
    publish("This is another test message", _TOO_MUCH)
    here.received("messages-no-filter-after-publish-ok-1", everything)
    here.nothing("messages-with-filter-after-publish-filtered", chosen)


@scenario("TestSNSFilterPolicyBody::test_filter_policy_on_message_body_dot_attribute")
def dots(replay):
    here = Notifications(replay)
    topic = here.topic()
    url, _, subscription = here.subscribed(topic, FilterPolicyScope="MessageBody", FilterPolicy=json.dumps({"object.nested": ["string.value"]}))
    here.nothing("recv-init", url)
    labels = [label for label in replay.recorded if label != "recv-init"]
    for label in labels:
        if label == "recv-deep-nested-msg-0":
            _set(here, subscription, "FilterPolicy", {"object.nested.test": ["string.value"]})
        here.sns.publish(TopicArn=topic, Message=_message(replay.recorded[label]["Messages"][0]["Body"]["Message"]))
        here.received(label, url)


def _message(recorded):
    return recorded if isinstance(recorded, str) else json.dumps(recorded)


def _expected(replay, here, label, topic, url):
    """Publishes what was received, which passes, and notes that it is."""
    stand_ins = {"<partition>": "aws", "<resource:1>": "bucket", '"date"': '"2022-07-13T10:23:24.000Z"'}
    bodies = []
    for message in replay.recorded[label]["Messages"]:
        body = json.dumps(message["Body"])
        for stand_in, value in stand_ins.items():
            body = body.replace(stand_in, value)
        bodies.append(body)
        here.sns.publish(TopicArn=topic, Message=body)
    answer = here.receive(url, len(bodies), system=True)
    answer.pop("ResponseMetadata")
    # Their order says nothing.
    answer["Messages"].sort(key=lambda message: bodies.index(message["Body"]))
    replay.keep(label, answer)


def _filtered(replay, here, policy):
    topic = here.topic()
    url, _, _ = here.subscribed(topic, RawMessageDelivery="true", FilterPolicyScope="MessageBody", FilterPolicy=json.dumps(policy))
    return topic, url


@scenario("TestSNSFilterPolicyBody::test_filter_policy_on_message_body_array_attributes")
def array_bodies(replay):
    here = Notifications(replay)
    topic = here.topic()
    urls = []
    for number in (1, 2):
        policy = {"headers": {"route-to": ["queue%d" % number]}}
        url, _, _ = here.subscribed(topic, RawMessageDelivery="true", FilterPolicyScope="MessageBody", FilterPolicy=json.dumps(policy))
        urls.append(url)
    for route in (["queue3"], ["queue1", "queue2"], ["queue1"], ["queue2"]):
        here.sns.publish(TopicArn=topic, Message=json.dumps({"headers": {"route-to": route}}))
    for number, url in enumerate(urls):
        answer = here.receive(url, 2, system=True)
        answer.pop("ResponseMetadata")
        answer["Messages"].sort(key=lambda message: -len(message["Body"]))
        replay.keep("messages-queue-%d" % number, answer)


@scenario("TestSNSFilterPolicyBody::test_filter_policy_on_message_body_array_of_object_attributes")
def objects(replay):
    here = Notifications(replay)
    policy = {"Records": {"s3": {"object": {"key": [{"prefix": "auto-"}]}}, "eventName": [{"prefix": "ObjectCreated:"}]}}
    topic, url = _filtered(replay, here, policy)
    _expected(replay, here, "messages", topic, url)


@scenario("TestSNSFilterPolicyBody::test_filter_policy_on_message_body_or_attribute")
def alternatives(replay):
    here = Notifications(replay)
    policy = {
        "$or": [{"metricName": ["CPUUtilization", "ReadLatency"]}, {"namespace": ["AWS/EC2", "AWS/ES"]}],
        "detail": {"scope": ["Service"], "$or": [{"source": ["aws.cloudwatch"]}, {"type": ["CloudWatch Alarm State Change"]}]},
    }
    topic, url = _filtered(replay, here, policy)
    here.sns.publish(TopicArn=topic, Message=json.dumps({"metricName": "CPUUtilization", "detail": {"scope": "aws.cloudwatch"}}))
    _expected(replay, here, "messages-queue", topic, url)


@scenario("TestSNSFilterPolicyBody::test_filter_policy_empty_array_payload")
def empty(replay):
    here = Notifications(replay)
    topic, url = _filtered(replay, here, {"detail": {"eventVersion": [""]}})
    _expected(replay, here, "messages-queue", topic, url)


@scenario("TestSNSFilterPolicyBody::test_filter_policy_ip_address_condition")
def addresses(replay):
    here = Notifications(replay)
    policy = {"detail": {"$or": [{"sourceIPAddress": [{"cidr": "10.0.0.0/24"}]}, {"sourceIPAddressV6": [{"cidr": "2001:0db8:1234:1a00::/64"}]}]}}
    topic, url = _filtered(replay, here, policy)
    _expected(replay, here, "messages-queue", topic, url)
