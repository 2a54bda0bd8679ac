"""S3: what its buckets tell queues."""

import json

from martlet import wait_until
from replays.buckets import Buckets
from replays.catalog import Unknown, scenario


class _Told:
    """A bucket whose events a queue is told."""

    def __init__(self, replay, *events, versioning=None, **more):
        self.replay, self.s3 = replay, Buckets(replay)
        self.bucket = self.s3.create(versioning)
        self.sqs = replay.client("sqs")
        self.name = replay.name("queue")
        self.arn = replay.arn(self.name, service="sqs")
        self.url = self.sqs.create_queue(QueueName=self.name)["QueueUrl"]
        allow = {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": self.arn}
        self.sqs.set_queue_attributes(
            QueueUrl=self.url, Attributes={"Policy": json.dumps({"Version": "2012-10-17", "Statement": [allow]})}
        )
        if events:
            self.configure({"QueueArn": self.arn, "Events": list(events), **more})

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

        wait_until(enough, timeout=20)
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


@scenario(
    "TestS3NotificationsToSQS::test_object_created_complete_multipart_upload", {"receive_messages": Unknown("The bytes of the file are not known.")}
)
def told_of_uploads(replay):
    told = _Told(replay, "s3:ObjectCreated:*")
    api, target = told.s3.api, {"Bucket": told.bucket, "Key": "test-key"}
    upload = api.create_multipart_upload(**target)["UploadId"]
    bodies = [b"\0" * (5 << 20), b"\0" * (1 << 10)]
    parts = [
        {"PartNumber": n, "ETag": api.upload_part(**target, UploadId=upload, PartNumber=n, Body=body)["ETag"]} for n, body in enumerate(bodies, 1)
    ]
    api.complete_multipart_upload(**target, UploadId=upload, MultipartUpload={"Parts": parts})
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


@scenario("TestS3NotificationsToSQS::test_object_put_acl", {"receive_messages": Unknown("The text that was put is not known.")})
def told_of_lists(replay):
    pass


@scenario("TestS3NotificationsToSQS::test_xray_header", {"receive_messages": Unknown("The header of the request is the test's own.")})
def traced(replay):
    pass


@scenario("TestS3NotificationsToSQS::test_restore_object", {"receive_messages": "RestoreObject is not there."})
def restored(replay):
    pass


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
