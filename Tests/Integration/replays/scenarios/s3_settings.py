"""S3: settings of buckets, tags."""

from replays.buckets import Buckets
from replays.catalog import scenario

_METRICS = "Request metrics are not there: the operations answer NotImplemented."


@scenario("TestS3BucketEncryption::test_s3_default_bucket_encryption_exc")
def encryption_refused(replay):
    s3 = Buckets(replay)
    none = "does-not-exist-" + replay.account
    aes = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    s3.call("get-bucket-enc-no-bucket", "get_bucket_encryption", Bucket=none)
    s3.call("delete-bucket-enc-no-bucket", "delete_bucket_encryption", Bucket=none)
    s3.call("put-bucket-enc-no-bucket", "put_bucket_encryption", Bucket=none, ServerSideEncryptionConfiguration={"Rules": [aes]})
    b = s3.create()

    def put(label, *rules):
        s3.call(label, "put_bucket_encryption", Bucket=b, ServerSideEncryptionConfiguration={"Rules": list(rules)})

    put("put-bucket-encryption-no-rules")
    put("put-bucket-encryption-two-rules", aes, aes)
    put("put-bucket-encryption-kms-with-aes", {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256", "KMSMasterKeyID": "key"}})


def _tags(**tags):
    return {"TagSet": [{"Key": key, "Value": value} for key, value in tags.items()]}


@scenario("TestS3BucketObjectTagging::test_bucket_tagging_crud")
def bucket_tags(replay):
    s3 = Buckets(replay)
    b = s3.create()
    s3.call("get-bucket-tags-empty", "get_bucket_tagging", Bucket=b)
    s3.call("put-bucket-tags", "put_bucket_tagging", Bucket=b, Tagging=_tags(tag1="tag1", tag2=""))
    s3.call("get-bucket-tags", "get_bucket_tagging", Bucket=b)
    s3.call("put-bucket-tags-overwrite", "put_bucket_tagging", Bucket=b, Tagging=_tags(tag3="tag3"))
    s3.call("get-bucket-tags-overwritten", "get_bucket_tagging", Bucket=b)
    s3.call("delete-bucket-tags", "delete_bucket_tagging", Bucket=b)
    s3.call("put-bucket-tags-empty", "put_bucket_tagging", Bucket=b, Tagging=_tags())


@scenario("TestS3BucketObjectTagging::test_bucket_tagging_exc")
def bucket_tags_refused(replay):
    s3 = Buckets(replay)
    none = "does-not-exist-" + replay.account
    s3.call("get-no-bucket-tags", "get_bucket_tagging", Bucket=none)
    s3.call("delete-no-bucket-tags", "delete_bucket_tagging", Bucket=none)
    s3.call("put-no-bucket-tags", "put_bucket_tagging", Bucket=none, Tagging=_tags())


@scenario("TestS3BucketObjectTagging::test_create_bucket_with_tags")
def tags_from_the_start(replay):
    s3 = Buckets(replay)
    name = "tags-" + replay.name("b")
    s3.call("create-bucket-with-tags", "create_bucket", Bucket=name, CreateBucketConfiguration={"Tags": [{"Key": "tag1", "Value": "value1"}]})
    s3.call("get-bucket-tags", "get_bucket_tagging", Bucket=name)


@scenario("TestS3BucketObjectTagging::test_put_object_with_tags")
def object_tags(replay):
    s3 = Buckets(replay)
    b, key = s3.create(), "test-put-object-tagging"
    target = {"Bucket": b, "Key": key}
    s3.call("put-object", "put_object", **target, Body="test-tagging", Tagging="tag1=tag1&tag2=tag2&tag=")
    s3.call("get-object-tags", "get_object_tagging", **target)
    s3.call("put-object-tags", "put_object_tagging", **target, Tagging=_tags(tag3="tag3"))
    s3.call("get-object-tags-override", "get_object_tagging", **target)
    s3.call("head-obj", "head_object", **target)
    s3.call("get-obj", "get_object", **target)
    s3.api.put_object(**target, Body="x", Tagging="wrongquery&wrongagain")
    s3.call("get-object-tags-wrong-format-qs", "get_object_tagging", **target)
    s3.api.put_object(**target, Body="x", Tagging="key1=&&&key2")
    s3.call("get-object-tags-wrong-format-qs-2", "get_object_tagging", **target)


@scenario("TestS3BucketObjectTagging::test_object_tagging_exc")
def object_tags_refused(replay):
    s3 = Buckets(replay)
    none, key = "does-not-exist-" + replay.account, "fake-key"
    s3.call("get-no-bucket-tags", "get_object_tagging", Bucket=none, Key=key)
    s3.call("delete-no-bucket-tags", "delete_object_tagging", Bucket=none, Key=key)
    s3.call("put-no-bucket-tags", "put_object_tagging", Bucket=none, Key=key, Tagging=_tags())
    b = s3.create()
    s3.call("get-no-key-tags", "get_object_tagging", Bucket=b, Key=key)
    s3.call("delete-no-key-tags", "delete_object_tagging", Bucket=b, Key=key)
    s3.call("put-no-key-tags", "put_object_tagging", Bucket=b, Key=key, Tagging=_tags())
    s3.call("put-obj-duplicate-tagging", "put_object", Bucket=b, Key=key, Tagging="key1=val1&key1=val2")
    s3.call("put-obj-wrong-format", "put_object", Bucket=b, Key=key, Tagging="key1=val1,key2=val2")


@scenario("TestS3BucketObjectTagging::test_object_tags_delete_or_overwrite_object")
def object_tags_go(replay):
    s3 = Buckets(replay)
    target = {"Bucket": s3.create(), "Key": "k"}
    s3.api.put_object(**target, Tagging="tag1=val1")
    s3.call("get-object-after-creation", "get_object_tagging", **target)
    s3.api.put_object(**target)
    s3.call("get-object-after-overwrite", "get_object_tagging", **target)
    s3.api.delete_object(**target)
    s3.api.put_object(**target)
    s3.call("get-object-after-recreation", "get_object_tagging", **target)


@scenario("TestS3ObjectLock::test_get_object_lock_configuration_exc")
def no_lock(replay):
    s3 = Buckets(replay)
    s3.call("get-lock-config-no-enabled", "get_object_lock_configuration", Bucket=s3.create())
    s3.call("get-lock-config-bucket-not-exists", "get_object_lock_configuration", Bucket="does-not-exist-" + replay.account)


@scenario("TestS3ObjectLock::test_disable_versioning_on_locked_bucket")
def locked(replay):
    s3 = Buckets(replay)
    b = s3.create(ObjectLockEnabledForBucket=True)
    s3.call("disable-versioning-on-locked-bucket", "put_bucket_versioning", Bucket=b, VersioningConfiguration={"Status": "Suspended"})
    s3.call("enable-versioning-again-on-locked-bucket", "put_bucket_versioning", Bucket=b, VersioningConfiguration={"Status": "Enabled"})


@scenario("TestS3BucketOwnershipControls::test_crud_bucket_ownership_controls")
def ownership(replay):
    s3 = Buckets(replay)
    b = s3.create()
    s3.call("default-ownership", "get_bucket_ownership_controls", Bucket=b)
    rules = {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
    s3.call("put-ownership", "put_bucket_ownership_controls", Bucket=b, OwnershipControls=rules)
    s3.call("get-ownership", "get_bucket_ownership_controls", Bucket=b)
    s3.call("delete-ownership", "delete_bucket_ownership_controls", Bucket=b)
    s3.call("get-ownership-after-delete", "get_bucket_ownership_controls", Bucket=b)
    s3.call("delete-ownership-after-delete", "delete_bucket_ownership_controls", Bucket=b)
    other = s3.create(ObjectOwnership="BucketOwnerPreferred")
    s3.call("get-ownership-at-creation", "get_bucket_ownership_controls", Bucket=other)


@scenario("TestS3BucketPolicy::test_bucket_policy_exc")
def policy_refused(replay):
    s3 = Buckets(replay)
    b = s3.create()
    s3.call("put-empty-bucket-policy", "put_bucket_policy", Bucket=b, Policy="")
    s3.call("put-bucket-policy-randomstring", "put_bucket_policy", Bucket=b, Policy="invalid json")
    s3.call("put-bucket-policy-empty-json", "put_bucket_policy", Bucket=b, Policy="{}")


@scenario("TestS3BucketAccelerateConfiguration::test_bucket_acceleration_configuration_crud")
def acceleration(replay):
    s3 = Buckets(replay)
    b = s3.create()
    s3.call("get-bucket-default-accelerate-config", "get_bucket_accelerate_configuration", Bucket=b)
    for suffix, status in (("enabled", "Enabled"), ("disabled", "Suspended")):
        s3.call(
            "put-bucket-accelerate-config-" + suffix, "put_bucket_accelerate_configuration", Bucket=b,
            AccelerateConfiguration={"Status": status},
        )  # fmt: skip
        s3.call("get-bucket-accelerate-config-" + suffix, "get_bucket_accelerate_configuration", Bucket=b)


@scenario("TestS3BucketNotificationConfiguration::test_bucket_notification_with_missing_values_in_rule")
def rules_with_gaps(replay):
    s3 = Buckets(replay)
    b = s3.create()
    for label, rule in (("no-values", {}), ("no-value", {"Name": "Prefix"}), ("no-name", {"Value": "x"})):
        queue = {
            "QueueArn": replay.arn("queue", service="sqs"), "Events": ["s3:ObjectCreated:*"], "Filter": {"Key": {"FilterRules": [rule]}},
        }  # fmt: skip
        s3.call(
            "invalid-rule-" + label, "put_bucket_notification_configuration", Bucket=b,
            NotificationConfiguration={"QueueConfigurations": [queue]}, SkipDestinationValidation=True,
        )  # fmt: skip


def _metrics(name):
    @scenario("TestS3MetricsConfiguration::" + name, {"*": _METRICS})
    def replayed(replay):
        s3 = Buckets(replay)
        b = s3.create()
        for label in replay.recorded:
            operation = label.removesuffix("_1").removesuffix("_2")
            more = {"MetricsConfiguration": {"Id": "id"}} if operation.startswith("put") else {}
            s3.call(label, operation, Bucket=b, Id="id", **more)


for _name in ("put_bucket", "get_bucket", "delete"):
    _metrics("test_%s_metrics_configuration" % _name)
_metrics("test_delete_metrics_configuration_twice")
