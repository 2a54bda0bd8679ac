"""S3: what its buckets tell queues, topics and functions."""

import json

from boto3.dynamodb.types import TypeSerializer
from martlet import wait_until
from replays.buckets import Buckets
from replays.catalog import Reason, Unknown, scenario
from replays.notifications import Notifications
from replays.queues import SEND


class _Told:
    """A bucket whose events a queue is told."""

    def __init__(self, replay, *events, **more):
        self.replay, self.s3 = replay, Buckets(replay)
        self.bucket = self.s3.create(**more)
        self.sqs = replay.client("sqs")
        self.name = replay.name("queue")
        self.arn = replay.arn(self.name, service="sqs")
        self.url = self.sqs.create_queue(QueueName=self.name)["QueueUrl"]
        allow = {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": self.arn}
        self.sqs.set_queue_attributes(
            QueueUrl=self.url, Attributes={"Policy": json.dumps({"Version": "2012-10-17", "Statement": [allow]})}
        )
        if events:
            self.configure({"QueueArn": self.arn, "Events": list(events)})

    def configure(self, *rules, **more):
        self.s3.api.put_bucket_notification_configuration(
            Bucket=self.bucket, NotificationConfiguration={"QueueConfigurations": list(rules)}, **more
        )

    def messages(self, count, **more):
        found = []

        def enough():
            answer = self.sqs.receive_message(QueueUrl=self.url, WaitTimeSeconds=1, MaxNumberOfMessages=10, **more)
            for message in answer.get("Messages", []):
                self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
                if "s3:TestEvent" not in message["Body"]:
                    found.append(message)
            return len(found) >= count

        wait_until(enough)
        return found

    def records(self, count):
        found = [record for message in self.messages(count) for record in json.loads(message["Body"])["Records"]]
        for record in found:
            _stand_in(record)
        return found


def _stand_in(record):
    """What the recordings replaced."""
    assert len(record["responseElements"]["x-amz-request-id"]) > 8
    record["responseElements"] = {"x-amz-request-id": "amz-request-id", "x-amz-id-2": "amz-id"}
    if "sequencer" in record["s3"]["object"]:
        assert int(record["s3"]["object"]["sequencer"], 16) > 0
        record["s3"]["object"]["sequencer"] = "sequencer"


@scenario("TestS3NotificationsToSQS::test_object_created_complete_multipart_upload")
def told_of_uploads(replay):
    told = _Told(replay, "s3:ObjectCreated:*")
    api, target = told.s3.api, {"Bucket": told.bucket, "Key": "test-key"}
    upload = api.create_multipart_upload(**target)["UploadId"]
    part = {"PartNumber": 1, "ETag": api.upload_part(**target, UploadId=upload, PartNumber=1, Body=b"1" * 6144)["ETag"]}
    api.complete_multipart_upload(**target, UploadId=upload, MultipartUpload={"Parts": [part]})
    replay.keep("receive_messages", {"messages": told.records(1)})


def _told_of(name, events, act, count=1, reasons=None):
    @scenario("TestS3NotificationsToSQS::" + name, reasons or {})
    def replayed(replay):
        told = _Told(replay, *events)
        act(told.s3.api, told.bucket)
        replay.keep("receive_messages", {"messages": told.records(count)})


def _encoded(api, bucket):
    api.put_object(Bucket=bucket, Key="a@b", Body="something")


def _tagged(api, bucket):
    api.put_object(Bucket=bucket, Key="k", Body="FooBarBlitz")
    api.put_object_tagging(Bucket=bucket, Key="k", Tagging={"TagSet": [{"Key": "a", "Value": "1"}]})


def _untagged(api, bucket):
    _tagged(api, bucket)
    api.delete_object_tagging(Bucket=bucket, Key="k")


def _deleted(api, bucket):
    keys = ["key-%d" % n for n in range(3)]
    for key in keys:
        api.put_object(Bucket=bucket, Key=key, Body="x")
    api.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key} for key in keys]})


_told_of("test_key_encoding", ["s3:ObjectCreated:*"], _encoded)
_told_of("test_object_tagging_put_event", ["s3:ObjectTagging:Put"], _tagged)
_told_of("test_object_tagging_delete_event", ["s3:ObjectTagging:Delete"], _untagged)
_told_of("test_delete_objects", ["s3:ObjectRemoved:*"], _deleted, 3)


@scenario("TestS3NotificationsToSQS::test_object_put_acl")
def told_of_lists(replay):
    told = _Told(replay, "s3:ObjectAcl:Put", ObjectOwnership="ObjectWriter")
    api, target = told.s3.api, {"Bucket": told.bucket, "Key": "my_key_acl"}
    api.delete_public_access_block(Bucket=told.bucket)
    api.put_object(**target, Body="something")
    api.put_object_acl(**target, ACL="public-read")
    api.put_object_acl(**target, GrantRead='uri="http://acs.amazonaws.com/groups/s3/LogDelivery"')
    api.put_object_acl(**target, ACL="private")
    replay.keep("receive_messages", {"messages": told.records(3)})


@scenario("TestS3NotificationsToSQS::test_xray_header")
def traced(replay):
    told = _Told(replay, "s3:ObjectCreated:*")
    header = "Root=1-3152b799-8954dae64eda91bc9a23a7e8;Parent=7fa8c0f79203be72;Sampled=1"
    told.s3.api.meta.events.register("before-send.s3.PutObject", lambda request, **_: request.headers.__setitem__("X-Amzn-Trace-Id", header))
    told.s3.api.put_object(Bucket=told.bucket, Key="test-data", Body="something")
    message = told.messages(1, AttributeNames=["AWSTraceHeader"])[0]
    body = json.loads(message["Body"])
    for record in body["Records"]:
        _stand_in(record)
    assert len(message["MD5OfBody"]) == 32
    replay.keep("receive_messages", {"messages": [{**message, "Body": body, "MD5OfBody": "m-d5-of-body"}]})


@scenario("TestS3NotificationsToSQS::test_restore_object")
def restored(replay):
    told = _Told(replay, "s3:ObjectRestore:*")
    target = {"Bucket": told.bucket, "Key": "my_key_restore"}
    told.s3.api.put_object(**target, Body="something", StorageClass="GLACIER")
    told.s3.api.restore_object(**target, RestoreRequest={"Days": 1, "GlacierJobParameters": {"Tier": "Expedited"}})
    replay.advance(300)
    replay.keep("receive_messages", {"messages": told.records(2)})


@scenario("TestS3NotificationsToSQS::test_notifications_with_filter", {"message": Unknown("The object's bytes are not known.")})
def filtered(replay):
    told = _Told(replay)
    rules = {"Key": {"FilterRules": [{"Name": "Prefix", "Value": "testupload/"}, {"Name": "Suffix", "Value": "testfile.txt"}]}}
    replay.known(queue=told.name, bucket=told.bucket)
    one = {"Id": "id0001", "QueueArn": told.arn, "Events": ["s3:ObjectCreated:*", "s3:ObjectRemoved:Delete"], "Filter": rules}
    two = {"Id": "id0002", "QueueArn": told.arn, "Events": ["s3:ObjectTagging:*"], "Filter": rules}
    get = ("get_bucket_notification_configuration", {"Bucket": told.bucket})
    told.configure(one, two)
    told.s3.call("config", get[0], **get[1])
    told.configure()
    told.s3.call("config_empty", get[0], **get[1])
    plain_rule = {"Id": "id123456", "QueueArn": told.arn, "Events": ["s3:ObjectCreated:*"]}
    told.configure(plain_rule)
    told.s3.call("config_updated", get[0], **get[1])
    told.configure({**plain_rule, "Filter": {"Key": {"FilterRules": [{"Name": "Prefix", "Value": "testupload/"}]}}})
    told.s3.call("config_updated_filter", get[0], **get[1])


def _refused(replay, label, *arns, **more):
    s3 = replay.s3
    rules = [
        {"Id": "id%d" % n if len(arns) > 1 else "id123", "QueueArn": arn, "Events": [event]}
        for n, (arn, event) in enumerate(zip(arns, ("s3:ObjectCreated:*", "s3:ObjectRemoved:*")))
    ]
    s3.call(
        label, "put_bucket_notification_configuration", Bucket=replay.bucket, NotificationConfiguration={"QueueConfigurations": rules}, **more
    )


@scenario("TestS3NotificationsToSQS::test_invalid_sqs_arn")
def no_such_queue(replay):
    replay.s3 = Buckets(replay)
    replay.bucket = replay.s3.create()
    missing = replay.arn("my-queue", service="sqs")
    _refused(replay, "invalid_not_skip", "invalid-queue")
    _refused(replay, "invalid_skip", "invalid-queue", SkipDestinationValidation=True)
    _refused(replay, "queue-does-not-exist", missing)
    rule = {"Id": "id123", "QueueArn": missing, "Events": ["s3:ObjectCreated:*"]}
    replay.s3.api.put_bucket_notification_configuration(
        Bucket=replay.bucket, NotificationConfiguration={"QueueConfigurations": [rule]}, SkipDestinationValidation=True
    )
    replay.s3.call("skip_destination_validation", "get_bucket_notification_configuration", Bucket=replay.bucket)


@scenario("TestS3NotificationsToSQS::test_multiple_invalid_sqs_arns")
def no_such_queues(replay):
    replay.s3 = Buckets(replay)
    replay.bucket = replay.s3.create()
    missing = replay.arn("my-queue", service="sqs")
    _refused(replay, "two-queue-arns-invalid", "invalid_arn", "invalid_arn_2")
    _refused(replay, "one-queue-invalid-one-not-existent", "invalid_arn_2", missing)
    _refused(replay, "multiple-queues-do-not-exist", missing, missing + "-2")


@scenario("TestS3NotificationsToSQS::test_filter_rules_empty_value")
def empty_filter(replay):
    told = _Told(replay)
    replay.known(queue_id=told.name.split("-")[1])
    rule = {
        "QueueArn": replay.arn("my-queue-" + told.name.split("-")[1], service="sqs"), "Events": ["s3:ObjectCreated:*"],
        "Filter": {"Key": {"FilterRules": [{"Name": "Suffix", "Value": ""}]}},
    }  # fmt: skip
    told.configure(rule, SkipDestinationValidation=True)
    told.s3.call("bucket_notification_configuration", "get_bucket_notification_configuration", Bucket=told.bucket)


# Topics and functions.


def _admitted(resource, action):
    allow = {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": action, "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [allow]})


@scenario("TestS3NotificationsToSns::test_object_created_put")
def told_by_a_topic(replay):
    told, s3 = Notifications(replay), Buckets(replay)
    bucket, topic = s3.create(), told.topic()
    told.sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=_admitted(topic, "sns:Publish"))
    queue = told.subscribed(topic)[0]
    s3.api.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"TopicConfigurations": [{"TopicArn": topic, "Events": ["s3:ObjectCreated:*"]}]}
    )
    for body in ("first event", "second event"):
        s3.api.put_object(Bucket=bucket, Key="bucket-key", Body=body)
    # The first message tells that the topic was asked.
    messages = [json.loads(message["Body"]) for message in told.receive(queue, 3)["Messages"]]
    for message in messages:
        message["Message"] = json.loads(message["Message"])
        for record in message["Message"].get("Records", []):
            _stand_in(record)
    events = [message for message in messages if "Records" in message["Message"]]
    replay.keep("receive_messages", {"messages": sorted(events, key=lambda event: event["Message"]["Records"][0]["s3"]["object"]["size"])})


_FORWARD = SEND + """
def handler(event, context):
    send(os.environ["DESTINATION"], event)
"""


@scenario("TestS3NotificationsToLambda::test_create_object_put_via_dynamodb")
def told_by_a_function(replay):
    """What the function got goes through a queue here, and through a table where it was recorded."""
    told = _Told(replay)
    replay.create(files={"handler.py": _FORWARD}, Environment={"Variables": {"DESTINATION": told.url}})
    replay.api.add_permission(FunctionName=replay.function, StatementId="s3", Action="lambda:InvokeFunction", Principal="s3.amazonaws.com")
    rule = {"LambdaFunctionArn": replay.function_arn(), "Events": ["s3:ObjectCreated:*"]}
    told.s3.api.put_bucket_notification_configuration(Bucket=told.bucket, NotificationConfiguration={"LambdaFunctionConfigurations": [rule]})
    told.s3.api.put_object(Bucket=told.bucket, Key="key-%s" % replay.account, Body="something..")
    replay.keep("table_content", TypeSerializer().serialize(told.records(1)[0]))


@scenario(
    "TestS3NotificationsToLambda::test_create_object_by_presigned_request_via_dynamodb",
    {"items": Unknown("The bytes that were posted are not known.")},
)
def told_of_forms(replay):
    pass


# EventBridge.

_NO_BUS = Reason("EventBridge is not there yet: a configuration that names it is refused.")


@scenario("TestS3NotificationsToEventBridge::test_object_created_put_in_different_region", {"*": _NO_BUS})
def told_by_a_bus(replay):
    pass


@scenario(
    "TestS3NotificationsToEventBridge::test_object_created_put_versioned",
    {"message-versioning-active": _NO_BUS, "message-versioning-suspended": _NO_BUS},
)
def told_of_versions(replay):
    s3 = Buckets(replay)
    target = {"Bucket": s3.create("Enabled"), "Key": "key"}
    first = s3.call("obj-ver1", "put_object", **target, Body="data")["VersionId"]
    s3.call("obj-ver2", "put_object", **target, Body="data-version2")
    marker = s3.call("delete-marker", "delete_object", **target)["VersionId"]
    s3.call("delete-version", "delete_object", **target, VersionId=first)
    s3.version(target["Bucket"], "Suspended")
    s3.call("add-null-version", "put_object", **target, Body="data-version3")
    s3.call("del-delete-marker", "delete_object", **target, VersionId=marker)
