"""Messages on their way to queues, of standard topics; and what is refused of messages."""

import json

from martlet import wait_until
from replays.catalog import Unknown, scenario
from replays.notifications import Notifications
from replays.replay import answer_of

_NUMBER = {"attr1": {"DataType": "Number", "StringValue": "99.12"}}


def _subscribed(here, **attributes):
    topic = here.topic()
    return (topic, *here.subscribed(topic, **attributes))


@scenario("TestSNSPublishCrud::test_publish_message_by_target_arn")
def targets(replay):
    here = Notifications(replay)
    topic, url, _, _ = _subscribed(here)
    here.sns.publish(TopicArn=topic, Message="test-msg-1")
    here.received("receive-topic-arn", url)
    here.sns.publish(TargetArn=topic, Message="test-msg-2")
    here.received("receive-target-arn", url)


@scenario("TestSNSPublishCrud::test_publish_with_empty_subject")
def subjects(replay):
    here = Notifications(replay)
    topic = here.topic()
    here.call("response-without-subject", here.sns.publish, TopicArn=topic, Message="test message")
    here.call("response-with-empty-subject", here.sns.publish, TopicArn=topic, Subject="", Message="test message")


@scenario("TestSNSPublishCrud::test_message_structure_json_exc")
def structures(replay):
    here = Notifications(replay)
    topic = here.topic()
    for label, message in [
        ("missing-default-key", json.dumps({"sqs": "test message"})),
        ("invalid-json", '{"default": "This is a default message"} }'),
        ("duplicate-json-keys", '{"default": "This is a default message", "sqs": "test sqs", "sqs": "test sqs 2"}'),
        ("key-is-not-string", '{"default": {"object": "test"}}'),
    ]:
        here.call(label, here.sns.publish, TopicArn=topic, Message=message, MessageStructure="json")


@scenario("TestSNSPublishCrud::test_publish_batch_too_long_message")
def long_batches(replay):
    here = Notifications(replay)
    topic = here.topic()
    half = "a" * 131_073
    entries = [{"Id": str(number), "Message": half} for number in range(2)]
    here.call("error-no-attrs", here.sns.publish_batch, TopicArn=topic, PublishBatchRequestEntries=entries)
    attribute = {"attr": {"DataType": "String", "StringValue": "x" * 100}}
    entries = [{"Id": str(number), "Message": "a" * 131_000, "MessageAttributes": attribute} for number in range(2)]
    here.call("error-with-attrs", here.sns.publish_batch, TopicArn=topic, PublishBatchRequestEntries=entries)


@scenario("TestSNSSubscriptionSQS::test_publish_batch_messages_without_topic")
def batch_to_nobody(replay):
    here = Notifications(replay)
    topic = here.topic()
    here.sns.delete_topic(TopicArn=topic)
    entries = [{"Id": "1", "Message": "Test Message"}]
    here.call("publish-batch-no-topic", here.sns.publish_batch, TopicArn=topic, PublishBatchRequestEntries=entries)


@scenario("TestSNSSubscriptionSQS::test_subscribe_sqs_queue")
def filtered(replay):
    here = Notifications(replay)
    policy = json.dumps({"attr1": [{"numeric": [">", 0, "<=", 100]}]})
    topic, url, _, subscription = _subscribed(here, FilterPolicy=policy)
    here.shown("subscription-attributes", subscription)
    here.sns.publish(TopicArn=topic, Message="This is a test message", MessageAttributes=_NUMBER)
    here.received("messages", url)


@scenario("TestSNSSubscriptionSQS::test_sqs_topic_subscription_confirmation")
def confirmed_at_once(replay):
    here = Notifications(replay)
    _, _, _, subscription = _subscribed(here)
    here.shown("subscription-attrs", subscription, whole=False)


@scenario("TestSNSSubscriptionSQS::test_publish_sqs_from_sns")
def raw_and_wrapped(replay):
    here = Notifications(replay)
    topic, url, _, subscription = _subscribed(here, RawMessageDelivery="true")
    here.shown("sub-attrs-raw-true", subscription)
    here.sns.publish(TopicArn=topic, Message="Test msg", MessageAttributes=_NUMBER)
    here.received("message-raw-true", url)
    here.sns.set_subscription_attributes(SubscriptionArn=subscription, AttributeName="RawMessageDelivery", AttributeValue="false")
    here.shown("sub-attrs-raw-false", subscription)
    attributes = {"attr1": {"DataType": "Number", "StringValue": "100.12"}}
    here.sns.publish(TopicArn=topic, Message="Test msg", MessageAttributes=attributes)
    here.received("message-raw-false", url)


@scenario("TestSNSSubscriptionSQS::test_publish_sqs_from_sns_with_xray_propagation")
def traced(replay):
    here = Notifications(replay)
    topic, url, _, _ = _subscribed(here)
    trace = "Root=1-3152b799-8954dae64eda91bc9a23a7e8;Parent=7fa8c0f79203be72;Sampled=1"
    here.sns.meta.events.register("before-send.sns.Publish", lambda request, **_: request.headers.update({"X-Amzn-Trace-Id": trace}))
    here.sns.publish(TopicArn=topic, Message="X-Ray propagation test msg")
    answer = here.sqs.receive_message(
        QueueUrl=url, AttributeNames=["SentTimestamp", "AWSTraceHeader"], MessageAttributeNames=["All"], MaxNumberOfMessages=1, WaitTimeSeconds=20
    )
    replay.keep("xray-msg", answer["Messages"][0])


@scenario("TestSNSSubscriptionSQS::test_subscription_after_failure_to_deliver")
def dead_letters(replay):
    here = Notifications(replay)
    topic, url, _, subscription = _subscribed(here)
    here.shown("subscriptions-attrs", subscription)
    here.sns.publish(TopicArn=topic, Message="test_dlq_before_sqs_endpoint_deleted")
    here.received("messages-before-delete", url)
    here.sqs.delete_queue(QueueUrl=url)
    here.call("subscriptions", here.sns.list_subscriptions_by_topic, TopicArn=topic)
    grave, arn = here.queue(topic)
    policy = json.dumps({"deadLetterTargetArn": arn})
    here.sns.set_subscription_attributes(SubscriptionArn=subscription, AttributeName="RedrivePolicy", AttributeValue=policy)
    here.shown("subscriptions-attrs-with-redrive", subscription)
    for number in range(2):
        here.sns.publish(TopicArn=topic, Message="test_dlq_after_sqs_endpoint_deleted_%d" % number)
        here.received("message-%d-after-delete" % number, grave)


@scenario("TestSNSSubscriptionSQS::test_message_attributes_prefixes")
def attribute_types(replay):
    here = Notifications(replay)
    topic, _, _, _ = _subscribed(here)
    for label, kind in [
        ("publish-error", "DataType.Prefix"), ("publish-error-2", "StringPrefixed"),
        ("publish-ok-1", "String.prefixed"), ("publish-ok-2", "String.prefixed.twice"),
    ]:  # fmt: skip
        attributes = {"attr1": {"DataType": kind, "StringValue": "valid-value"}}
        here.call(label, here.sns.publish, TopicArn=topic, Message="test attributes", MessageAttributes=attributes)


@scenario("TestSNSSubscriptionSQS::test_message_structure_json_to_sqs")
def structured(replay):
    here = Notifications(replay)
    topic, url, _, _ = _subscribed(here)
    for label, message in [
        ("get-msg-json-sqs", {"default": "default field", "sqs": json.dumps({"field": "value"})}),
        ("get-msg-json-default", {"default": "default field"}),
    ]:
        here.sns.publish(TopicArn=topic, Message=json.dumps(message), MessageStructure="json")
        here.received(label, url)


@scenario("TestSNSSubscriptionSQS::test_publish_sqs_verify_signature")
def signed(replay):
    here = Notifications(replay)
    topic, url, _, _ = _subscribed(here)
    here.sns.set_topic_attributes(TopicArn=topic, AttributeName="SignatureVersion", AttributeValue=replay.parameter)
    here.sns.publish(
        TopicArn=topic, Message="test signature value with attributes",
        MessageAttributes={"attr1": {"DataType": "Number", "StringValue": "1"}},
    )  # fmt: skip
    here.received("messages", url, system=True)


# Functions

_ECHO = {"handler.py": """
import json, urllib.request, os

def handler(event, context):
    print("EVENT" + json.dumps(event))
"""}


def _function(replay, here, topic):
    replay.create(files=_ECHO)
    replay.api.add_permission(
        FunctionName=replay.function, StatementId="sns", Action="lambda:InvokeFunction", Principal="sns.amazonaws.com", SourceArn=topic
    )
    return replay.function_arn()


def _event(replay):
    """The event that the function has printed."""
    logs = replay.client("logs")

    def printed():
        found = answer_of(logs.filter_log_events, logGroupName="/aws/lambda/" + replay.function).get("events", [])
        texts = [event["message"] for event in found if event["message"].startswith("EVENT")]
        return texts and json.loads(texts[0][5:])

    return wait_until(printed)


@scenario("TestSNSSubscriptionLambda::test_python_lambda_subscribe_sns_topic")
def function(replay):
    here = Notifications(replay)
    topic = here.topic()
    here.sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=_function(replay, here, topic))
    here.sns.publish(TopicArn=topic, Subject="[Subject] Test subject", Message="Hello world.")
    replay.keep("notification", _event(replay)["Records"][0]["Sns"])


@scenario("TestSNSSubscriptionLambda::test_publish_lambda_verify_signature")
def signed_event(replay):
    here = Notifications(replay)
    topic = here.topic(SignatureVersion=replay.parameter)
    here.sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=_function(replay, here, topic))
    here.sns.publish(TopicArn=topic, Subject="[Subject] Test subject Signature v" + replay.parameter, Message="Hello world.")
    replay.keep("notification", _event(replay)["Records"][0]["Sns"])


@scenario("TestSNSSubscriptionLambda::test_sns_topic_as_lambda_dead_letter_queue")
def dead_letter_topic(replay):
    here = Notifications(replay)
    dead, topic = here.topic(), here.topic()
    url, _, _ = here.subscribed(dead)
    text = "def handler(event, context):\n    raise Exception('Test exception (this is intentional)')\n"
    replay.create(files={"handler.py": text}, DeadLetterConfig={"TargetArn": dead})
    replay.api.put_function_event_invoke_config(FunctionName=replay.function, MaximumRetryAttempts=0)
    replay.api.add_permission(
        FunctionName=replay.function, StatementId="sns", Action="lambda:InvokeFunction", Principal="sns.amazonaws.com", SourceArn=topic
    )
    here.sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=replay.function_arn())
    replay.keep("lambda-response-dlq-config", replay.api.get_function_configuration(FunctionName=replay.function)["DeadLetterConfig"])
    here.sns.publish(TopicArn=topic, Message=json.dumps({"raise_error": 1}))
    here.received("messages", url)


@scenario("TestSNSSubscriptionLambda::test_redrive_policy_lambda_subscription")
def redriven(replay):
    here = Notifications(replay)
    topic = here.topic()
    url, arn = here.queue(topic)
    function = _function(replay, here, topic)
    subscription = here.sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=function)["SubscriptionArn"]
    policy = json.dumps({"deadLetterTargetArn": arn})
    here.sns.set_subscription_attributes(SubscriptionArn=subscription, AttributeName="RedrivePolicy", AttributeValue=policy)
    here.shown("subscription-attributes", subscription)
    replay.api.delete_function(FunctionName=replay.function)
    attributes = {"attr1": {"DataType": "Number", "StringValue": "1"}}
    here.sns.publish(TopicArn=topic, Message="test_redrive_policy", MessageAttributes=attributes)
    here.received("messages", url)


@scenario(
    "TestSNSPublishDelivery::test_delivery_lambda", {"delivery-events": Unknown("The MD5 is of a message that the recording does not tell.")}
)
def delivery_status(replay):
    here = Notifications(replay)
    topic = here.topic()
    here.sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=_function(replay, here, topic))
    shown = here.sns.get_topic_attributes(TopicArn=topic)
    shown["Attributes"]["SubscriptionsConfirmed"] = "0"
    replay.keep("get-topic-attrs", shown)
    here.call("publish-no-logs", here.sns.publish, TopicArn=topic, Message="no-logs")
    for name, value in [("RoleArn", replay.role), ("SampleRate", "100")]:
        here.sns.set_topic_attributes(TopicArn=topic, AttributeName="LambdaSuccessFeedback" + name, AttributeValue=value)
    shown = here.sns.get_topic_attributes(TopicArn=topic)
    shown["Attributes"]["SubscriptionsConfirmed"] = "0"
    replay.keep("get-topic-attrs-with-success-feedback", shown)
    here.call("publish-logs", here.sns.publish, TopicArn=topic, Message="logs")
    logs = replay.client("logs")
    group = "sns/%s/%s/%s" % (replay.region, replay.account, topic.split(":")[-1])

    def events():
        streams = answer_of(logs.describe_log_streams, logGroupName=group).get("logStreams")
        return streams and answer_of(logs.get_log_events, logGroupName=group, logStreamName=streams[0]["logStreamName"])

    answer = wait_until(lambda: (found := events()) and found.get("events") and found)
    for event in answer["events"]:
        event["message"] = json.loads(event["message"])
        event["message"]["delivery"]["providerResponse"] = json.loads(event["message"]["delivery"]["providerResponse"])
    replay.keep("delivery-events", answer)
