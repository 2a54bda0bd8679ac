"""Topics: their attributes, tags, policies."""

import json

from replays.catalog import scenario
from replays.notifications import Notifications

_POLICY = {
    "Name": "data_protection_policy",
    "Description": "Test Policy",
    "Version": "2021-06-01",
    "Statement": [
        {
            "Sid": "test-statement",
            "DataDirection": "Inbound",
            "Principal": ["*"],
            "DataIdentifier": ["arn:aws:dataprotection:us-east-1::data-identifier/EmailAddress"],
            "Operation": {"Deny": {}},
        }
    ],
}


@scenario("TestSNSTopicCrud::test_create_topic_with_attributes")
def attributes(replay):
    here = Notifications(replay)
    topic = here.topic(fifo=True, DisplayName="TestTopic", SignatureVersion="2")
    here.expect(
        ("get-topic-attrs", "get_topic_attributes", {"TopicArn": topic}),
        ("get-attrs-nonexistent-topic", "get_topic_attributes", {"TopicArn": replay.arn("fake-topic", service="sns")}),
        ("get-attrs-malformed-topic", "get_topic_attributes", {"TopicArn": "test-topic"}),
    )


@scenario("TestSNSTopicCrud::test_create_topic_test_arn")
def arn(replay):
    here = Notifications(replay)
    topic = here.call("create-topic", here.sns.create_topic, Name=replay.name("topic"))["TopicArn"]
    here.expect(
        ("get-topic-attrs", "get_topic_attributes", {"TopicArn": topic}),
        ("delete-topic", "delete_topic", {"TopicArn": topic}),
        ("topic-not-exists", "get_topic_attributes", {"TopicArn": topic}),
    )


@scenario("TestSNSTopicCrud::test_create_duplicate_topic_check_idempotency")
def duplicates(replay):
    here = Notifications(replay)
    name = replay.name("topic")
    tags = [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]
    here.call("response-created", here.sns.create_topic, Name=name, Tags=tags)
    for number, more in enumerate([{"Tags": tags}, {"Tags": tags[:1]}, {"Tags": []}]):
        here.call("response-same-arn-%d" % number, here.sns.create_topic, Name=name, **more)


@scenario("TestSNSTopicCrud::test_create_topic_after_delete_with_new_tags")
def tags(replay):
    here = Notifications(replay)
    name = replay.name("topic")
    made = here.call("topic-0", here.sns.create_topic, Name=name, Tags=[{"Key": "Name", "Value": "pqr"}])
    here.sns.delete_topic(TopicArn=made["TopicArn"])
    here.call("topic-1", here.sns.create_topic, Name=name, Tags=[{"Key": "Name", "Value": "abc"}])


@scenario("TestSNSTopicCrud::test_topic_delivery_policy_crud")
def delivery_policy(replay):
    here = Notifications(replay)
    topic = here.topic(
        fifo=True, DisplayName="TestTopic", SignatureVersion="2",
        DeliveryPolicy=json.dumps({"http": {"defaultRequestPolicy": {"headerContentType": "application/json"}}}),
    )  # fmt: skip

    def shown(label):
        here.call(label, here.sns.get_topic_attributes, TopicArn=topic)

    def put(label, value):
        here.call(label, here.sns.set_topic_attributes, TopicArn=topic, AttributeName="DeliveryPolicy", AttributeValue=value)

    shown("get-topic-attrs")
    put("set-topic-attrs", json.dumps({"http": {"defaultHealthyRetryPolicy": {"minDelayTarget": 5, "maxDelayTarget": 6, "numRetries": 1}}}))
    shown("get-topic-attrs-after-update")
    put("set-topic-attrs-none", json.dumps({"http": {"defaultHealthyRetryPolicy": None}}))
    shown("get-topic-attrs-after-none")
    put("set-topic-attrs-full-none", "")
    shown("get-topic-attrs-after-delete")


@scenario("TestSNSTopicCrudV2::test_create_topic_should_be_idempotent")
def idempotent(replay):
    here = Notifications(replay)
    name = replay.name("topic")
    topic = here.topic(name)
    here.sns.set_topic_attributes(TopicArn=topic, AttributeName="DisplayName", AttributeValue="AlreadySet")
    here.call("topic-attrs-idempotent-1", here.sns.get_topic_attributes, TopicArn=topic)
    here.topic(name)
    here.call("topic-attrs-idempotent-2", here.sns.get_topic_attributes, TopicArn=topic)


@scenario("TestSNSTopicCrudV2::test_create_topic_in_multiple_regions")
def regions(replay):
    name = replay.name("topic")
    here = Notifications(replay)
    replay.known(region_primary=replay.region)
    topic = here.topic(name)
    here.call("list-primary", here.sns.list_topics)
    here.call("topic-east", here.sns.get_topic_attributes, TopicArn=topic)
    replay.region = "us-west-2"
    replay.known(region_secondary=replay.region)
    there = Notifications(replay)
    topic = there.topic(name)
    there.call("list-secondary", there.sns.list_topics)
    there.call("topic-west", there.sns.get_topic_attributes, TopicArn=topic)


@scenario("TestSNSMultiRegions::test_cross_region_access")
def elsewhere(replay):
    here = Notifications(replay)
    topic = here.topic()
    replay.region = "us-west-2"
    there = Notifications(replay)
    there.expect(
        ("set-topic-attrs", "set_topic_attributes", {"TopicArn": topic, "AttributeName": "DisplayName", "AttributeValue": "TestTopic"}),
        ("get-topic-attrs", "get_topic_attributes", {"TopicArn": topic}),
        ("cross-region-publish-forbidden", "publish", {"TopicArn": topic, "Message": "hello world"}),
        ("cross-region-subscribe", "subscribe", {"TopicArn": topic, "Protocol": "sqs", "Endpoint": replay.arn("q", service="sqs")}),
        ("list-subs", "list_subscriptions_by_topic", {"TopicArn": topic}),
        ("delete-topic", "delete_topic", {"TopicArn": topic}),
    )


@scenario("TestSNSTopicCrudV2::test_topic_add_permission")
def permission(replay):
    here = Notifications(replay)
    topic = here.topic()
    here.call(
        "add-permission-response", here.sns.add_permission,
        TopicArn=topic, Label="test", AWSAccountId=[replay.account], ActionName=["Publish"],
    )  # fmt: skip
    replay.keep("topic-policy-after-permission", here.sns.get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"])


@scenario("TestSNSTopicCrudV2::test_topic_remove_permission")
def no_permission(replay):
    here = Notifications(replay)
    topic = here.topic()
    here.sns.add_permission(TopicArn=topic, Label="test", AWSAccountId=[replay.account], ActionName=["Publish"])
    here.sns.remove_permission(TopicArn=topic, Label="test")
    replay.keep("topic-policy", here.sns.get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"])


@scenario("TestSNSTopicCrudV2::test_topic_add_multiple_permissions")
def permissions(replay):
    here = Notifications(replay)
    topic = here.topic()
    here.call(
        "add-permission-response", here.sns.add_permission,
        TopicArn=topic, Label="test", AWSAccountId=[replay.account], ActionName=["Publish", "Subscribe"],
    )  # fmt: skip
    replay.keep("topic-policy-after-permission", here.sns.get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"])


@scenario("TestSNSTopicCrudV2::test_add_permission_errors")
def wrong_permissions(replay):
    here = Notifications(replay)
    topic = here.topic()
    given = {"TopicArn": topic, "Label": "test", "AWSAccountId": [replay.account], "ActionName": ["Publish"]}
    here.sns.add_permission(**given)
    missing = replay.arn("not-existing", service="sns")
    here.expect(
        ("duplicate-label", "add_permission", given),
        ("topic-not-found", "add_permission", {**given, "TopicArn": missing}),
        ("invalid-action", "add_permission", {**given, "Label": "test2", "ActionName": ["InvalidAction"]}),
    )


@scenario("TestSNSTopicCrudV2::test_remove_permission_errors")
def wrong_removals(replay):
    here = Notifications(replay)
    here.call("topic-not-found", here.sns.remove_permission, TopicArn=replay.arn("not-existing", service="sns"), Label="test")


@scenario("TestSNSTopicCrudV2::test_data_protection_policy_crud")
def data_protection(replay):
    here = Notifications(replay)
    topic = here.topic()
    here.expect(
        ("get-topic-attributes-before-policy", "get_topic_attributes", {"TopicArn": topic}),
        ("put-data-protection-policy", "put_data_protection_policy", {"ResourceArn": topic, "DataProtectionPolicy": json.dumps(_POLICY)}),
        ("get-data-protection-policy", "get_data_protection_policy", {"ResourceArn": topic}),
        ("get-topic-attributes-after-policy", "get_topic_attributes", {"TopicArn": topic}),
    )
