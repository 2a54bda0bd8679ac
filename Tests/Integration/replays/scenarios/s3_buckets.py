"""S3: buckets and permissions, as `s3.json` has them."""

import json

from replays.buckets import Buckets
from replays.catalog import Unknown, scenario

_GROUP = "http://acs.amazonaws.com/groups/s3/LogDelivery"
_RAW = Unknown("An XML document that a test's own client has read.")


def _none(replay):
    return "none-" + replay.account


# Buckets.


@scenario("TestS3::test_delete_bucket_no_such_bucket")
def no_bucket(replay):
    Buckets(replay).call("expected_error", "delete_bucket", Bucket="does-not-exist-localstack-test")


@scenario("TestS3::test_delete_non_existing_keys_in_non_existing_bucket")
def no_bucket_for_keys(replay):
    Buckets(replay).call("error-non-existent-bucket", "delete_objects", Bucket=_none(replay), Delete={"Objects": [{"Key": "k"}]})


@scenario("TestS3::test_s3_uppercase_bucket_name")
def upper_case(replay):
    Buckets(replay).call("uppercase-bucket", "create_bucket", Bucket="Test-" + replay.account)


@scenario("TestS3::test_delete_bucket_with_content")
def with_content(replay):
    s3 = Buckets(replay)
    one, other = s3.create(), s3.create()
    for number in range(10):
        s3.api.put_object(Bucket=one, Key="test-key-%d" % number, Body="test-%d" % number)
    answer = s3.answer("list_objects", Bucket=one, MaxKeys=100)
    replay.keep("list-objects", answer)
    for number in range(10):
        s3.api.delete_object(Bucket=one, Key="test-key-%d" % number)
    s3.api.delete_bucket(Bucket=one)
    s3.call("list-buckets", "list_buckets")


@scenario("TestS3::test_bucket_exists")
def exists(replay):
    s3 = Buckets(replay)
    b = s3.create()
    rule = {"AllowedMethods": ["GET", "POST", "PUT", "DELETE"], "AllowedOrigins": ["localhost"]}
    s3.api.put_bucket_cors(Bucket=b, CORSConfiguration={"CORSRules": [rule]})
    s3.call("get-bucket-cors", "get_bucket_cors", Bucket=b)
    s3.call("get-bucket-acl", "get_bucket_acl", Bucket=b)
    s3.call("get-bucket-not-exists", "get_bucket_acl", Bucket="bucket-not-exists")


@scenario("TestS3::test_create_bucket_with_existing_name")
def again(replay):
    for region in ("us-west-1", "us-east-2"):
        s3 = Buckets(replay, region)
        name = "again-" + replay.account + region
        replay.known(bucket_name=name)
        configuration = {"LocationConstraint": region}
        s3.api.create_bucket(Bucket=name, CreateBucketConfiguration=configuration)
        answer = s3.answer("create_bucket", Bucket=name, CreateBucketConfiguration=configuration)
        answer["Error"]["BucketName"] = "again"
        replay.keep("create-bucket-" + region, answer)


def _constraint(name, label, region, constraint):
    @scenario(name)
    def replayed(replay):
        s3 = Buckets(replay, region)
        s3.call(label, "create_bucket", Bucket=_none(replay), CreateBucketConfiguration={"LocationConstraint": constraint})


_constraint(
    "TestS3::test_create_bucket_with_invalid_location_constraint[us-east-1-foo]", "us-east-1-location-constraint-foo-error", "us-east-1", "foo"
)
_constraint(
    "TestS3::test_create_bucket_with_invalid_location_constraint[eu-west-1-bar]", "eu-west-1-location-constraint-bar-error", "eu-west-1", "bar"
)


@scenario("TestS3::test_create_bucket_with_eu_location_constraint")
def in_europe(replay):
    s3 = Buckets(replay)
    name = "europe-" + replay.account
    s3.api.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "EU"})
    s3.call("get-bucket-location", "get_bucket_location", Bucket=name)
    s3.call("list-bucket-response", "list_buckets", Prefix=name)


@scenario("TestS3::test_different_location_constraint")
def constraints(replay):
    replay.known(region_1="us-east-1", region_2="us-east-2", region_3="us-west-1")
    first, second, third = Buckets(replay, "us-east-1"), Buckets(replay, "us-east-2"), Buckets(replay, "us-west-1")
    one = first.create()
    first.call("get-bucket-location-bucket-us-east-1", "get_bucket_location", Bucket=one)

    def create(s3, label, region=None):
        more = {} if region == "" else {"CreateBucketConfiguration": {"LocationConstraint": region} if region else {}}
        return s3.call(label, "create_bucket", Bucket="c-" + replay.name("x"), **more)

    create(first, "create-bucket-constraint-us-east-1", "us-east-1")
    create(first, "create-bucket-constraint-us-east-1-with-None")
    two = second.create(CreateBucketConfiguration={"LocationConstraint": "us-east-2"})
    second.call("get-bucket-location-bucket-us-east-2", "get_bucket_location", Bucket=two)
    create(second, "create-bucket-us-east-2-no-constraint-exc", "")
    create(second, "create-bucket-constraint-us-east-2-with-None")
    create(second, "create-bucket-us-east-2-constraint-to-us-west-1", "us-west-1")
    create(third, "create-bucket-us-west-1-constraint-to-us-east-2", "us-east-2")
    create(third, "create-bucket-us-west-1-constraint-to-us-east-1", "us-east-1")
    first.call("get-bucket-location-non-existent-bucket", "get_bucket_location", Bucket=_none(replay))


@scenario("TestS3::test_region_header_exists_outside_us_east_1")
def elsewhere(replay):
    s3 = Buckets(replay, "us-east-2")
    replay.bindings.values["region"] = "us-east-2"
    b = s3.create(CreateBucketConfiguration={"LocationConstraint": "us-east-2"})
    s3.call("head_bucket", "head_bucket", Bucket=b)
    s3.call("list_objects_v2", "list_objects_v2", Bucket=b)


@scenario("TestS3::test_bucket_name_with_dots", {"request-vhost-url-content": _RAW, "request-path-url-content": _RAW})
def dots(replay):
    s3 = Buckets(replay)
    name = "my.bucket.name.%s" % replay.account
    s3.api.create_bucket(Bucket=name)
    s3.api.put_object(Bucket=name, Key="my-content", Body="something")
    s3.call("list-objects", "list_objects", Bucket=name)


@scenario("TestS3::test_empty_bucket_fixture")
def emptied(replay):
    s3 = Buckets(replay)
    b = s3.create()
    keys = ["key%d" % n for n in range(3)]
    for key in keys:
        s3.api.put_object(Bucket=b, Key=key, Body="123")
    s3.call("list-obj", "list_objects_v2", Bucket=b)
    s3.api.delete_objects(Bucket=b, Delete={"Objects": [{"Key": key} for key in keys]})
    s3.call("list-obj-after-empty", "list_objects_v2", Bucket=b)


# Policies.


def _policy(bucket):
    statement = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::%s/*" % bucket}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _open(s3, **more):
    b = s3.create(**more)
    s3.api.delete_public_access_block(Bucket=b)
    return b


@scenario("TestS3::test_put_bucket_policy")
def policy(replay):
    s3 = Buckets(replay)
    b = _open(s3)
    s3.call("put-bucket-policy", "put_bucket_policy", Bucket=b, Policy=_policy(b))
    s3.call("get-bucket-policy", "get_bucket_policy", Bucket=b)


@scenario("TestS3::test_delete_bucket_policy_expected_bucket_owner")
def policy_of_others(replay):
    s3 = Buckets(replay)
    b = _open(s3)
    s3.api.put_bucket_policy(Bucket=b, Policy=_policy(b))
    label = "delete-bucket-policy-with-expected-bucket-owner"
    s3.call(label + "-error", "delete_bucket_policy", Bucket=b, ExpectedBucketOwner="000000000002")
    s3.call("delete-bucket-policy-invalid-bucket-owner", "delete_bucket_policy", Bucket=b, ExpectedBucketOwner="invalid")
    s3.call(label, "delete_bucket_policy", Bucket=b, ExpectedBucketOwner=replay.account)


@scenario("TestS3::test_put_bucket_policy_expected_bucket_owner")
def policy_for_others(replay):
    s3 = Buckets(replay)
    b = _open(s3)
    label = "put-bucket-policy-with-expected-bucket-owner"
    s3.call(label + "-error", "put_bucket_policy", Bucket=b, Policy=_policy(b), ExpectedBucketOwner="000000000002")
    s3.call(label, "put_bucket_policy", Bucket=b, Policy=_policy(b), ExpectedBucketOwner=replay.account)


@scenario("TestS3::test_get_bucket_policy_invalid_account_id")
def policy_of_nobody(replay):
    s3 = Buckets(replay)
    s3.call("get-bucket-policy-invalid-bucket-owner", "get_bucket_policy", Bucket=s3.create(), ExpectedBucketOwner=replay.parameter)


@scenario("TestS3::test_put_bucket_policy_invalid_account_id")
def policy_for_nobody(replay):
    s3 = Buckets(replay)
    b = s3.create()
    s3.call("put-bucket-policy-invalid-bucket-owner", "put_bucket_policy", Bucket=b, Policy=_policy(b), ExpectedBucketOwner=replay.parameter)


# Lists.


def _listed(s3):
    return _open(s3, ObjectOwnership="ObjectWriter")


def _acp(owner):
    return {
        "Owner": {"ID": owner},
        "Grants": [
            {"Grantee": {"ID": owner, "Type": "CanonicalUser"}, "Permission": "FULL_CONTROL"},
            {"Grantee": {"URI": _GROUP, "Type": "Group"}, "Permission": "WRITE"},
        ],
    }


@scenario("TestS3::test_s3_bucket_acl")
def bucket_lists(replay):
    s3 = Buckets(replay)
    b = _listed(s3)
    s3.api.put_bucket_acl(Bucket=b, ACL="public-read")
    owner = s3.call("get-bucket-acl", "get_bucket_acl", Bucket=b)["Owner"]["ID"]
    s3.api.put_bucket_acl(Bucket=b, ACL="private")
    s3.call("get-bucket-canned-acl", "get_bucket_acl", Bucket=b)
    s3.api.put_bucket_acl(Bucket=b, GrantRead='uri="%s"' % _GROUP)
    s3.call("get-bucket-grant-acl", "get_bucket_acl", Bucket=b)
    s3.api.put_bucket_acl(Bucket=b, AccessControlPolicy=_acp(owner))
    s3.call("get-bucket-acp-acl", "get_bucket_acl", Bucket=b)


@scenario("TestS3::test_s3_object_acl")
def object_lists(replay):
    s3 = Buckets(replay)
    target = {"Bucket": _listed(s3), "Key": "k"}
    s3.call("put-object-default-acl", "put_object", **target)
    owner = s3.call("get-object-acl-default", "get_object_acl", **target)["Owner"]["ID"]
    s3.call("put-object-acl", "put_object_acl", **target, ACL="public-read")
    s3.call("get-object-acl", "get_object_acl", **target)
    s3.api.put_object_acl(**target, GrantRead='uri="%s"' % _GROUP)
    s3.call("get-object-grant-acl", "get_object_acl", **target)
    s3.api.put_object_acl(**target, AccessControlPolicy=_acp(owner))
    s3.call("get-object-acp-acl", "get_object_acl", **target)


@scenario("TestS3::test_s3_object_acl_exceptions")
def lists_refused(replay):
    s3 = Buckets(replay)
    target = {"Bucket": _listed(s3), "Key": "k"}
    s3.call("put-object-canned-acl", "put_object", **target, ACL="fake-acl")
    s3.api.put_object(**target)
    owner = s3.api.get_object_acl(**target)["Owner"]["ID"]

    def put(label, **more):
        s3.call("put-object-" + label, "put_object_acl", **target, **more)

    put("acl-canned-acl", ACL="fake-acl")
    put("grant-acl-fake-uri", GrantWrite='uri="http://acs.amazonaws.com/groups/s3/FakeGroup"')
    put("grant-acl-fake-key", GrantWrite='fakekey="1234"')
    put("grant-acl-wrong-id", GrantWrite='id="wrong-id"')
    good = _acp(owner)
    put("acp-acl-1", AccessControlPolicy={"Grants": good["Grants"]})
    put("acp-acl-2", AccessControlPolicy={"Owner": {"ID": owner}})
    put("acp-acl-3", AccessControlPolicy={**good, "Owner": {"ID": "wrong-id"}})
    fake = {"Grantee": {"URI": "http://acs.amazonaws.com/groups/s3/FakeGroup", "Type": "Group"}, "Permission": "WRITE"}
    put("acp-acl-4", AccessControlPolicy={**good, "Grants": [fake]})
    wrong = {"Grantee": {"ID": "wrong-id", "Type": "CanonicalUser"}, "Permission": "WRITE"}
    put("acp-acl-5", AccessControlPolicy={**good, "Grants": [wrong]})
    put("acp-acl-6", AccessControlPolicy={**good, "Grants": [{"Grantee": {"ID": owner, "Type": "CanonicalUser"}, "Permission": "FAKE"}]})
    put("empty-acp", AccessControlPolicy={})
    put("acl-empty")
    put("two-type-acl", ACL="public-read", GrantRead='uri="%s"' % _GROUP)
    put("two-type-acl-acp", ACL="public-read", AccessControlPolicy=good)


@scenario("TestS3::test_s3_multipart_upload_acls")
def lists_of_uploads(replay):
    s3 = Buckets(replay)
    b = _listed(s3)
    s3.api.put_bucket_acl(Bucket=b, ACL="public-read")
    s3.call("bucket-acl", "get_bucket_acl", Bucket=b)
    for number, more in enumerate(({}, {"ACL": "private"}, {"ACL": "public-read-write"})):
        target = {"Bucket": b, "Key": "key%d" % number}
        upload = s3.api.create_multipart_upload(**target, **more)["UploadId"]
        part = s3.api.upload_part(**target, UploadId=upload, PartNumber=1, Body="test")
        s3.api.complete_multipart_upload(**target, UploadId=upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]})
        s3.call("permission-acl-key%d" % number, "get_object_acl", **target)
