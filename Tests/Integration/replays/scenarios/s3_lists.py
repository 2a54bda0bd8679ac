"""S3: listings, and what its buckets tell queues."""

import json

from martlet import wait_until
from replays.buckets import Buckets
from replays.catalog import Unknown, scenario

_RAW = Unknown("An XML document that a test's own client has read; what it was asked is not known.")


def _put(s3, bucket, keys, body="test-data-1"):
    for key in keys:
        s3.api.put_object(Bucket=bucket, Key=key, Body=body)




@scenario("TestS3ListObjects::test_list_objects_with_prefix", lambda p: {"list-objects-no-encoding": _RAW} if p == "%2F" else {})
def by_prefix(replay):
    s3 = Buckets(replay)
    b = s3.create()
    s3.api.put_object(Bucket=b, Key="test/foo/bar/123", Body="content 123")
    s3.call("list-objects", "list_objects", Bucket=b, Prefix="test/", Delimiter=replay.parameter, MaxKeys=1, EncodingType="url")


@scenario("TestS3DeepArchive::test_s3_get_deep_archive_object_restore")
def restored_from_deep(replay):
    s3 = Buckets(replay)
    target = {"Bucket": s3.create(), "Key": "my-test-key"}
    s3.api.put_object(**target, Body="test data", StorageClass="DEEP_ARCHIVE")
    s3.call("get-object-invalid-state", "get_object", **target)
    s3.call("restore_object", "restore_object", **target, RestoreRequest={"Days": 30, "GlacierJobParameters": {"Tier": "Bulk"}})
    s3.call("get_object_invalid_state", "get_object", **target)


@scenario("TestS3ListObjectsV2::test_list_objects_v2_continuation_start_after")
def tokens(replay):
    s3 = Buckets(replay)
    b = s3.create()
    _put(s3, b, ["test_%d" % n for n in range(12)], "content 123")
    first = s3.call("list-objects-v2-max-5", "list_objects_v2", Bucket=b, MaxKeys=5)
    token = first["NextContinuationToken"]
    s3.call("list-objects-v2-rest", "list_objects_v2", Bucket=b, ContinuationToken=token)
    s3.call("list-objects-start-after", "list_objects_v2", Bucket=b, StartAfter="test_7", MaxKeys=2)
    s3.call("list-objects-start-after-token", "list_objects_v2", Bucket=b, StartAfter="test_7", ContinuationToken=token)
    s3.call("exc-continuation-token", "list_objects_v2", Bucket=b, ContinuationToken="")


@scenario("TestS3ListObjectsV2::test_list_objects_v2_continuation_common_prefixes")
def tokens_of_prefixes(replay):
    s3 = Buckets(replay)
    b = s3.create()
    _put(s3, b, ["folder/aSubfolder/subFile1", "folder/aSubfolder/subFile2", "folder/file1", "folder/file2"], "content 123")
    s3.call("list-objects-v2-all-keys", "list_objects_v2", Bucket=b)
    more = {}
    for label in ("start", "next-1", "end"):
        answer = s3.call("list-objects-v2-" + label, "list_objects_v2", Bucket=b, Prefix="folder/", Delimiter="/", MaxKeys=1, **more)
        more = {"ContinuationToken": answer.get("NextContinuationToken")}


@scenario("TestS3ListObjectVersions::test_list_objects_versions_markers")
def version_markers(replay):
    s3 = Buckets(replay)
    b = s3.create("Enabled")
    keys = ["test_%d" % n for n in range(3)]
    versions = []
    for key in keys:
        versions.append(s3.api.put_object(Bucket=b, Key=key, Body="version 1")["VersionId"])
    versions.append(s3.api.put_object(Bucket=b, Key=keys[2], Body="version 2")["VersionId"])
    for key in keys:
        versions.append(s3.api.delete_object(Bucket=b, Key=key)["VersionId"])
    for key in keys[:2]:
        versions.append(s3.api.put_object(Bucket=b, Key=key, Body="version 2")["VersionId"])
    replay.keep("version-order", {"Versions": [{"VersionId": v} for v in versions]})

    def page(label, **more):
        return s3.call(label, "list_object_versions", Bucket=b, **more)

    page("list-objects-versions-all")
    first = page("list-objects-versions-5", MaxKeys=5)
    page("list-objects-next-key-only", MaxKeys=1, KeyMarker="test_1")
    page("list-objects-next-key-last", MaxKeys=1, KeyMarker="test_2")
    page("list-objects-next-version-only", MaxKeys=1, VersionIdMarker=first["NextVersionIdMarker"])
    page("list-objects-both-markers", MaxKeys=1, KeyMarker="test_1", VersionIdMarker=first["NextVersionIdMarker"])
    page("list-objects-last-key-last-version", MaxKeys=1, KeyMarker="test_2", VersionIdMarker=versions[3])
    page("list-objects-next-key-empty", MaxKeys=1, KeyMarker="")


@scenario("TestS3ListObjectVersions::test_list_objects_versions_with_prefix_only_and_pagination")
def versions_of_a_prefix(replay):
    s3 = Buckets(replay)
    b, key = s3.create("Enabled"), "prefixed_key"
    versions = [s3.api.put_object(Bucket=b, Key=key)["VersionId"] for _ in range(5)]

    def page(label, **more):
        return s3.call("list-object-version-prefix-" + label, "list_object_versions", Bucket=b, Prefix="prefix", **more)

    page("full")
    marker = page("page-1", MaxKeys=3)["NextVersionIdMarker"]
    page("key-marker-only", MaxKeys=4, KeyMarker=key)
    page("page-2", MaxKeys=5, KeyMarker=key, VersionIdMarker=marker)
    for version in versions[2:]:
        s3.api.delete_object(Bucket=b, Key=key, VersionId=version)
    page("page-2-after-delete", MaxKeys=5, KeyMarker=key, VersionIdMarker=marker)


@scenario("TestS3ListMultipartUploads::test_list_multiparts_next_marker")
def upload_markers(replay):
    s3 = Buckets(replay)
    b = s3.create()

    def page(label, **more):
        return s3.call(label, "list_multipart_uploads", Bucket=b, **more)

    page("list-multiparts-empty")
    keys = ["c", "b", "a", "a", "a"]
    uploads = [s3.api.create_multipart_upload(Bucket=b, Key=key)["UploadId"] for key in keys]
    replay.keep("upload-ids-order", {"UploadIds": [{"UploadId": u} for u in uploads]})
    page("list-multiparts-all")
    page("list-multiparts-max-1", MaxUploads=1)
    page("list-multiparts-next-key-only", MaxUploads=1, KeyMarker="a")
    page("list-multiparts-next-key-last", MaxUploads=1, KeyMarker="c")
    page("list-multiparts-next-upload-only", MaxUploads=1, UploadIdMarker=uploads[2])
    page("list-multiparts-both-markers", MaxUploads=1, KeyMarker="a", UploadIdMarker=uploads[2])
    page("list-multiparts-both-markers-2", MaxUploads=1, KeyMarker="a", UploadIdMarker=uploads[4])
    page("list-multiparts-get-last-upload-no-truncate", MaxUploads=1, KeyMarker="b", UploadIdMarker=uploads[1])
    page("list-multiparts-wrong-id-for-key", MaxUploads=1, KeyMarker="c", UploadIdMarker=uploads[1])
    page("list-multiparts-next-key-empty", MaxUploads=1, KeyMarker="")


@scenario("TestS3ListMultipartUploads::test_list_multiparts_with_prefix_and_delimiter", {"list-multiparts-no-encoding": _RAW})
def uploads_by_prefix(replay):
    s3 = Buckets(replay)
    b = s3.create()
    for key in ("test/foo/bar/123", "test/foo/bar/456", "test/bar/foo/123"):
        s3.api.create_multipart_upload(Bucket=b, Key=key)
    for number, prefix in enumerate(("test/", "test/foo/", "test/foo/bar"), 1):
        s3.call("list-multiparts-%d" % number, "list_multipart_uploads", Bucket=b, Prefix=prefix, Delimiter="/", EncodingType="url")


@scenario("TestS3ListMultipartUploads::test_list_multipart_uploads_marker_common_prefixes")
def uploads_after_prefixes(replay):
    s3 = Buckets(replay)
    b = s3.create()
    for key in ("folder/aSubfolder/subFile1", "folder/aSubfolder/subFile2", "folder/file1", "folder/file2"):
        s3.api.create_multipart_upload(Bucket=b, Key=key)
    for label, more in (
        ("start", {}), ("manual-prefix", {"KeyMarker": "folder/aSubfolder/"}), ("manual-first-file", {"KeyMarker": "folder/aSubfolder/subFile1"}),
    ):  # fmt: skip
        s3.call("list-multiparts-" + label, "list_multipart_uploads", Bucket=b, Prefix="folder/", Delimiter="/", MaxUploads=1, **more)


def _two(replay):
    s3 = Buckets(replay)
    return s3, s3.create(), s3.create()


@scenario("TestS3ListBuckets::test_list_buckets_with_continuation_token")
def pages_of_buckets(replay):
    s3, *_ = _two(replay)
    s3.call("list-objects-with-continuation", "list_buckets", MaxBuckets=1)


@scenario("TestS3ListBuckets::test_list_buckets_when_continuation_token_is_empty")
def pages_from_nothing(replay):
    s3, *_ = _two(replay)
    s3.call("list-objects-with-empty-continuation-token", "list_buckets", ContinuationToken="", MaxBuckets=1)


@scenario("TestS3ListBuckets::test_list_buckets_by_prefix_with_case_sensitivity")
def buckets_by_prefix(replay):
    s3, one, _ = _two(replay)
    s3.call("list-objects-by-prefix-empty", "list_buckets", Prefix=one.upper())
    s3.call("list-objects-by-prefix-not-empty", "list_buckets", Prefix=one)


@scenario("TestS3ListBuckets::test_list_buckets_by_bucket_region")
def buckets_by_region(replay):
    s3, one, _ = _two(replay)
    s3.call("list-objects-by-bucket-region-empty", "list_buckets", Prefix=one, BucketRegion="eu-central-1")
    s3.call("list-objects-by-bucket-region-not-empty", "list_buckets", Prefix=one, BucketRegion=replay.region)


@scenario("TestS3ListBuckets::test_list_buckets_region_validation")
def unknown_region(replay):
    Buckets(replay).call("bad-region", "list_buckets", BucketRegion="eu-east-1")


_SAFE = [
    "a/😀/", "date=2026-01-01/", "date=2026-02-01/", "date=2026-03-01/", "date=2026-05-01/", "file%2Fname", "test key/", "test key//",
    "test%123", "test%123/", "test%percent", "test@key/",
]  # fmt: skip


@scenario("TestS3ListObjectsV2::test_list_objects_v2_continuation_token_safe_chars", {"*": Unknown("Tokens and encodings as a signed request of the test's own sent them.")})
def special_characters(replay):
    s3 = Buckets(replay)
    _put(s3, s3.create(), _SAFE, "")


@scenario("TestS3ListObjectsV2::test_list_ops_encoding_type_validation")
def encodings_refused(replay):
    s3 = Buckets(replay)
    b = s3.create()
    s3.call(replay.parameter + "-error-wrong-value", replay.parameter, Bucket=b, EncodingType="value")
    s3.call(replay.parameter + "-error-empty-value", replay.parameter, Bucket=b, EncodingType="")


# Notifications.


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
