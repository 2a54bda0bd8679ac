"""S3: lifecycles of buckets, as `s3.json` has them."""

import datetime

from replays.buckets import Buckets
from replays.catalog import Unknown, scenario

_WHOLE = {"Rules": [{"Expiration": {"Days": 7}, "ID": "wholebucket", "Filter": {"Prefix": ""}, "Status": "Enabled"}]}


def _rules(s3, bucket, *rules, **more):
    given = [{"ID": "rule%d" % n, "Status": "Enabled", **rule} for n, rule in enumerate(rules)]
    return s3.answer("put_bucket_lifecycle_configuration", Bucket=bucket, LifecycleConfiguration={"Rules": given}, **more)


@scenario("TestS3BucketLifecycle::test_delete_bucket_lifecycle_configuration")
def lifecycle(replay):
    s3 = Buckets(replay)
    b = s3.create()
    s3.call("get-bucket-lifecycle-exc-1", "get_bucket_lifecycle_configuration", Bucket=b)
    s3.call("delete-bucket-lifecycle-no-bucket", "delete_bucket_lifecycle", Bucket=b)
    s3.api.put_bucket_lifecycle_configuration(Bucket=b, LifecycleConfiguration=_WHOLE)
    s3.call("get-bucket-lifecycle-conf", "get_bucket_lifecycle_configuration", Bucket=b)
    s3.api.delete_bucket_lifecycle(Bucket=b)
    s3.call("get-bucket-lifecycle-exc-2", "get_bucket_lifecycle_configuration", Bucket=b)


@scenario("TestS3BucketLifecycle::test_s3_transition_default_minimum_object_size")
def smallest_sizes(replay):
    s3 = Buckets(replay)
    b = s3.create()
    for label, more in (
        ("varies-by-storage", {"TransitionDefaultMinimumObjectSize": "varies_by_storage_class"}), ("default", {}),
        ("all-storage", {"TransitionDefaultMinimumObjectSize": "all_storage_classes_128K"}),
    ):  # fmt: skip
        s3.call(label, "put_bucket_lifecycle_configuration", Bucket=b, LifecycleConfiguration=_WHOLE, **more)
        s3.call("get-" + label, "get_bucket_lifecycle_configuration", Bucket=b)
    s3.call(
        "bad-value", "put_bucket_lifecycle_configuration", Bucket=b, LifecycleConfiguration=_WHOLE, TransitionDefaultMinimumObjectSize="value"
    )


@scenario(
    "TestS3BucketLifecycle::test_put_bucket_lifecycle_conf_exc",
    {"missing-id": Unknown("What else the rule lacks is not known: a rule without an id gets one.")},
)
def lifecycles_refused(replay):
    s3 = Buckets(replay)
    b = s3.create()
    days = {"Expiration": {"Days": 7}}

    def put(label, **rule):
        rule = {"ID": "wholebucket", "Status": "Enabled", **rule}
        s3.call(label, "put_bucket_lifecycle_configuration", Bucket=b, LifecycleConfiguration={"Rules": [rule]})

    put("missing-filter", **days)
    put("missing-noncurrent-version-expiration-data", Filter={}, NoncurrentVersionExpiration={})
    both = {"Prefix": "a", "ObjectSizeGreaterThan": 500}
    put("wrong-filter-and-plus-prefix", Filter={"And": both, "Prefix": "a"}, **days)
    put("wrong-filter-and-and-object-size", Filter={"And": {"Prefix": "a"}, "ObjectSizeGreaterThan": 500}, **days)
    date = datetime.datetime(2030, 1, 1, 1, 2, tzinfo=datetime.timezone.utc)
    put("wrong-data-no-midnight", Filter={}, Expiration={"Date": date})
    tag = {"Key": "k", "Value": "v"}
    put("duplicate-tag-keys", Filter={"And": {"Tags": [tag, tag]}}, **days)
    put("expired-delete-marker-and-days", Filter={}, Expiration={"Days": 1, "ExpiredObjectDeleteMarker": True})


@scenario("TestS3BucketLifecycle::test_bucket_lifecycle_configuration_date")
def lifecycle_by_date(replay):
    s3 = Buckets(replay)
    b = s3.create()
    date = datetime.datetime(2030, 1, 1, tzinfo=datetime.timezone.utc)
    s3.api.put_bucket_lifecycle_configuration(
        Bucket=b, LifecycleConfiguration={"Rules": [{"ID": "rule_number_one", "Filter": {}, "Status": "Enabled", "Expiration": {"Date": date}}]}
    )
    s3.call("get-bucket-lifecycle-conf", "get_bucket_lifecycle_configuration", Bucket=b)


@scenario("TestS3BucketLifecycle::test_bucket_lifecycle_configuration_object_expiry")
def expiry(replay):
    s3 = Buckets(replay)
    target = {"Bucket": s3.create(), "Key": "k"}
    _rules(s3, target["Bucket"], {"ID": "rule_number_one", "Filter": {"Prefix": ""}, "Expiration": {"Days": 7}})
    s3.call("get-bucket-lifecycle-conf", "get_bucket_lifecycle_configuration", Bucket=target["Bucket"])
    s3.api.put_object(**target, Body="test")
    s3.call("head-object-expiry", "head_object", **target)
    s3.call("get-object-expiry", "get_object", **target)


@scenario("TestS3BucketLifecycle::test_bucket_lifecycle_configuration_object_expiry_versioned")
def expiry_of_versions(replay):
    s3 = Buckets(replay)
    target = {"Bucket": s3.create("Enabled"), "Key": "k"}
    _rules(s3, target["Bucket"], {"ID": "rule2", "Filter": {}, "Expiration": {"Days": 7}, "NoncurrentVersionExpiration": {"NoncurrentDays": 1}})
    s3.call("get-bucket-lifecycle-conf", "get_bucket_lifecycle_configuration", Bucket=target["Bucket"])
    first = s3.api.put_object(**target, Body="test")["VersionId"]
    s3.call("head-object-expiry", "head_object", **target)
    second = s3.api.put_object(**target, Body="test")["VersionId"]
    s3.call("head-object-expiry-noncurrent", "head_object", **target, VersionId=first)
    s3.call("head-object-expiry-current-with-version-id", "head_object", **target, VersionId=second)
    s3.call("head-object-expiry-current-without-version-id", "head_object", **target)


@scenario("TestS3BucketLifecycle::test_bucket_lifecycle_object_size_rules")
def expiry_by_size(replay):
    s3 = Buckets(replay)
    b = s3.create()
    days = {"Expiration": {"Days": 1}}
    larger, smaller = {"ObjectSizeGreaterThan": 20}, {"ObjectSizeLessThan": 10}
    _rules(s3, b, {"ID": "rule_one", "Filter": larger, **days}, {"ID": "rule_two", "Filter": smaller, **days})
    s3.call("get-bucket-lifecycle-conf", "get_bucket_lifecycle_configuration", Bucket=b)
    for label, size in (("match-rule-1", 22), ("match-rule-2", 5), ("no-match", 15)):
        s3.call("put-object-" + label, "put_object", Bucket=b, Key=label, Body="a" * size)


@scenario("TestS3BucketLifecycle::test_bucket_lifecycle_tag_rules")
def expiry_by_tags(replay):
    s3 = Buckets(replay)
    b = s3.create()
    tags = [{"Key": "testlifecycle", "Value": "positive"}, {"Key": "testlifecycletwo", "Value": "positive-two"}]
    days = {"Expiration": {"Days": 1}}
    _rules(s3, b, {"ID": "rule_one", "Filter": {"Tag": tags[0]}, **days}, {"ID": "rule_two", "Filter": {"And": {"Tags": tags}}, **days})
    s3.call("get-bucket-lifecycle-conf", "get_bucket_lifecycle_configuration", Bucket=b)
    for label, text in (
        ("match-both-rules", "testlifecycle=positive&testlifecycletwo=positive-two"), ("match-rule-1", "testlifecycle=positive"),
        ("no-match", "testlifecycle=no"), ("no-tags", None),
    ):  # fmt: skip
        target = {"Bucket": b, "Key": label}
        s3.call("put-object-" + label, "put_object", **target, Body="test", **({"Tagging": text} if text else {}))
        s3.call("get-object-" + label, "get_object", **target)


@scenario("TestS3BucketLifecycle::test_lifecycle_expired_object_delete_marker")
def expiry_of_markers(replay):
    s3 = Buckets(replay)
    target = {"Bucket": s3.create(), "Key": "k"}
    _rules(s3, target["Bucket"], {"ID": "rule-marker", "Filter": {}, "Expiration": {"ExpiredObjectDeleteMarker": True}})
    s3.call("get-bucket-lifecycle-conf", "get_bucket_lifecycle_configuration", Bucket=target["Bucket"])
    s3.call("put-object", "put_object", **target, Body="test")
    s3.call("head-object", "head_object", **target)
