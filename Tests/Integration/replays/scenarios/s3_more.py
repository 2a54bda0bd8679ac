"""S3: further scenarios of objects in `s3.json`."""

import base64
import contextlib
import datetime
import hashlib
import os

from replays.buckets import Buckets
from replays.catalog import Unknown, scenario

_HEADERS = Unknown("The headers of an answer as the test has rewritten them.")
_TEXT = Unknown("The text that was put is not known.")


def _object(s3, key="k", body="test", **more):
    target = {"Bucket": s3.create(), "Key": key}
    s3.api.put_object(**target, Body=body, **more)
    return target


@scenario("TestS3::test_put_and_get_object_with_hash_prefix")
def hash_prefix(replay):
    s3 = Buckets(replay)
    target = {"Bucket": s3.create(), "Key": "#key-with-hash-prefix"}
    s3.call("put-object", "put_object", **target, Body="test 123")
    s3.call("get-object", "get_object", **target)


@scenario("TestS3::test_range_key_not_exists")
def range_of_nothing(replay):
    s3 = Buckets(replay)
    s3.call("exc", "get_object", Bucket=s3.create(), Key="my-key", Range="bytes=1024-4096")


@scenario("TestS3::test_put_object_tagging_empty_list")
def tags_of_none(replay):
    s3 = Buckets(replay)
    target = _object(s3)
    s3.call("created-object-tags", "get_object_tagging", **target)
    tags = {"TagSet": [{"Key": "tag1", "Value": "tag1"}, {"Key": "tag2", "Value": ""}]}
    s3.api.put_object_tagging(**target, Tagging=tags)
    s3.call("updated-object-tags", "get_object_tagging", **target)
    s3.api.put_object_tagging(**target, Tagging={"TagSet": []})
    s3.call("deleted-object-tags", "get_object_tagging", **target)


@scenario("TestS3::test_upload_file_with_xml_preamble")
def preamble(replay):
    s3 = Buckets(replay)
    s3.call("get_object", "get_object", **_object(s3, body='<?xml version="1.0" encoding="UTF-8"?><test/>'))


@scenario("TestS3::test_putobject_with_multiple_keys")
def deep_key(replay):
    s3 = Buckets(replay)
    s3.call("get_object", "get_object", **_object(s3, "aws/key1/key2/key3"))


@scenario("TestS3::test_delete_object_tagging")
def untagged(replay):
    s3 = Buckets(replay)
    target = _object(s3, body="something")
    s3.call("get-obj", "get_object", **target)
    s3.api.delete_object_tagging(**target)
    s3.call("get-obj-after-tag-deletion", "get_object", **target)


@scenario("TestS3::test_s3_uppercase_key_names")
def upper_case_keys(replay):
    s3 = Buckets(replay)
    target = _object(s3, "CamelCaseKey", "something")
    s3.call("response", "get_object", **target)
    s3.call("wrong-case-key", "get_object", Bucket=target["Bucket"], Key="camelcasekey")


@scenario("TestS3::test_precondition_failed_error")
def precondition(replay):
    s3 = Buckets(replay)
    s3.call("get-object-if-match", "get_object", **_object(s3), IfMatch='"not good etag"')


@scenario("TestS3::test_s3_lambda_integration")
def empty_object(replay):
    s3 = Buckets(replay)
    s3.call("head_object", "head_object", **_object(s3, body=""))


@scenario("TestS3::test_get_bucket_versioning_order")
def order(replay):
    s3 = Buckets(replay)
    b = s3.create()
    s3.call("list_object_versions_before", "list_object_versions", Bucket=b)
    s3.call("put_bucket_versioning", "put_bucket_versioning", Bucket=b, VersioningConfiguration={"Status": "Enabled"})
    s3.call("get_bucket_versioning", "get_bucket_versioning", Bucket=b)
    for key in ("test", "test", "test2"):
        s3.api.put_object(Bucket=b, Key=key, Body="body")
    s3.call("list_object_versions", "list_object_versions", Bucket=b)


@scenario("TestS3PresignedUrl::test_put_object")
def by_url(replay):
    s3 = Buckets(replay)
    s3.call("get_object", "get_object", **_object(s3.plainly(), body="something"))


@scenario("TestS3::test_head_object_fields")
def head(replay):
    s3 = Buckets(replay)
    s3.call("head-object", "head_object", **_object(s3, body="abcdefgh"))
    s3.call("head-object-404", "head_object", Bucket=s3.create(), Key="no")


@scenario("TestS3::test_s3_put_object_versioned")
def versioned(replay):
    s3 = Buckets(replay)
    b = s3.create()
    old, new = {"Bucket": b, "Key": "non-version-bucket-key"}, {"Bucket": b, "Key": "versioned-bucket-key"}
    s3.call("put-pre-versioned", "put_object", **old, Body="non-versioned-key")
    s3.call("get-pre-versioned", "get_object", **old)
    s3.call("list-object-pre-versioned", "list_object_versions", Bucket=b)
    s3.version(b, "Enabled")
    s3.call("get-post-versioned", "get_object", **old)
    s3.call("put-obj-versioned-1", "put_object", **new, Body="versioned-key")
    s3.call("put-obj-versioned-2", "put_object", **new, Body="versioned-key-updated")
    s3.call("get-obj-versioned", "get_object", **new)
    s3.call("list-object-versioned", "list_object_versions", Bucket=b)
    s3.version(b, "Suspended")
    s3.call("list-bucket-suspended", "list_object_versions", Bucket=b)
    s3.call("get-obj-versioned-disabled", "get_object", **new)
    s3.call("get-obj-non-versioned-disabled", "get_object", **old)
    s3.call("put-non-versioned-post-disable", "put_object", **old, Body="non-versioned-key-post")
    s3.call("get-non-versioned-post-disable", "get_object", **old)


@scenario(
    "TestS3::test_put_and_get_object_with_content_language_disposition",
    {"put-object-headers": _HEADERS, "get-object-headers": _HEADERS},
)
def languages(replay):
    s3 = Buckets(replay)
    target = {"Bucket": s3.create(), "Key": "k"}
    s3.call(
        "put-object", "put_object", **target, Body="abc123", ContentLanguage="de", ContentDisposition='attachment; filename="foo.jpg"',
        CacheControl="no-cache",
    )  # fmt: skip
    s3.call("get-object", "get_object", **target)


@scenario("TestS3::test_put_object_storage_class")
def classes(replay):
    s3 = Buckets(replay)
    name = replay.parameter.rpartition("-")[0]
    target = _object(s3, body="body-test", StorageClass=name)
    s3.call("get-object-storage-class", "get_object_attributes", **target, ObjectAttributes=["StorageClass"])
    s3.call("get-object", "get_object", **target)


@scenario("TestS3::test_list_objects_v2_with_prefix", {"*": "Recorded before listings told checksums."})
def by_prefix(replay):
    pass


@scenario("TestS3::test_put_get_object_special_character")
def special(replay):
    s3 = Buckets(replay)
    target = {"Bucket": s3.create(), "Key": replay.parameter}
    s3.call("put-object-special-char", "put_object", **target, Body="test")
    s3.call("list-object-special-char", "list_objects_v2", Bucket=target["Bucket"])
    s3.call("get-object-special-char", "get_object", **target)
    s3.call("del-object-special-char", "delete_object", **target)


@scenario("TestS3::test_put_get_object_single_character_trailing_slash")
def trailing_slashes(replay):
    s3 = Buckets(replay)
    b = s3.create()
    for key in ("a/", "t/", "u/"):
        s3.call("put-object-single-char-" + key, "put_object", Bucket=b, Key=key, Body="test")
        s3.call("get-object-single-char-" + key, "get_object", Bucket=b, Key=key)
    s3.call("list-objects-single-char", "list_objects_v2", Bucket=b)


@scenario("TestS3::test_copy_object_special_character")
def special_copies(replay):
    s3 = Buckets(replay)
    b, dest = s3.create(), s3.create()
    for key in ("file%2Fname", "test@key/", "test key/", "test key//", "a/%F0%9F%98%80/", "test+key"):
        s3.call("put-object-src-special-char-" + key, "put_object", Bucket=b, Key=key, Body="test")
        s3.call("copy-object-special-char-" + key, "copy_object", Bucket=dest, Key=key, CopySource={"Bucket": b, "Key": key})
    s3.call("list-object-copy-dest-special-char", "list_objects_v2", Bucket=dest)


@scenario("TestS3::test_s3_copy_object_in_place_versioned")
def in_place_versions(replay):
    s3 = Buckets(replay)
    b = s3.create("Enabled")
    target = {"Bucket": b, "Key": "k"}
    source = {**target, "CopySource": b + "/k", "MetadataDirective": "REPLACE"}
    put = {**target, "Body": '{"key": "value"}', "ContentType": "application/json", "Metadata": {"key": "value"}}
    s3.call("put_object", "put_object", **put)
    s3.call("head_object", "head_object", **target)
    s3.call("object-attrs", "get_object_attributes", **target, ObjectAttributes=["StorageClass"])
    s3.call("copy-object-in-place-no-change", "copy_object", **target, CopySource=b + "/k")
    s3.call("copy-in-place-versioned", "copy_object", **source)
    s3.call("head-object-copied", "head_object", **target)
    copied = s3.call("get-object-copied", "get_object", **target)
    s3.version(b, "Suspended")
    s3.call("copy-in-place-versioned-suspended", "copy_object", **source)
    s3.call("head-object-copied-suspended", "head_object", **target)
    s3.call("get-object-copied-suspended", "get_object", **target)
    s3.call("head-object-previous-version-suspended", "head_object", **target, VersionId=copied["VersionId"])
    s3.version(b, "Enabled")
    s3.call("copy-in-place-versioned-re-enabled", "copy_object", **source)


@scenario("TestS3PutObjectChecksum::test_s3_checksum_no_automatic_sdk_calculation", {"wrong-checksum": Unknown("An XML document that a test's own client has read.")})
def no_automatic_checksums(replay):
    s3 = Buckets(replay).plainly()
    target = {"Bucket": s3.create(), "Key": "k"}
    b, body = target["Bucket"], "test data.."
    good = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()

    def put(label, **more):
        s3.api.put_object(**target, Body=body, **more)
        s3.call("head-obj-" + label, "head_object", **target, ChecksumMode="ENABLED")

    s3.call("wrong-checksum", "put_object", **target, Body=body, ChecksumSHA256="TEST")
    put("right-checksum", ChecksumSHA256=good)
    with _plain_headers(s3, {"x-amz-sdk-checksum-algorithm": "CRC32"}):
        put("only-checksum-algo")
    put("diff-checksum-algo", ChecksumAlgorithm="CRC32", ChecksumSHA256=good)
    put("no-checksum")
    s3.call("get-obj-attrs-no-checksum", "get_object_attributes", **target, ObjectAttributes=["Checksum"])
    s3.call("copy-obj-default-checksum", "copy_object", Bucket=b, Key="copy", CopySource=b + "/k")
    s3.call("get-copy-obj-attrs-no-checksum", "get_object_attributes", Bucket=b, Key="copy", ObjectAttributes=["Checksum"])


@contextlib.contextmanager
def _plain_headers(s3, headers):
    """Adds headers to requests."""

    def add(params, **_):
        params["headers"].update(headers)

    s3.api.meta.events.register("before-call.s3.PutObject", add)
    yield
    s3.api.meta.events.unregister("before-call.s3.PutObject", add)


@scenario("TestS3SSECEncryption::test_put_object_validation_sse_c")
def wrong_keys(replay):
    s3 = Buckets(replay)
    target = {"Bucket": s3.create(), "Key": "k", "Body": "test"}
    key = b"12345678901234567890123456789012"
    mine = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": key}
    s3.call("put-obj-sse-c-both-encryption", "put_object", **target, **mine, ServerSideEncryption="AES256")
    s3.call("put-obj-sse-c-wrong-algo", "put_object", **target, **{**mine, "SSECustomerAlgorithm": "KMS"})
    s3.call("put-obj-sse-c-no-algo", "put_object", **target, SSECustomerKey=key)
    s3.call("put-obj-sse-c-no-key", "put_object", **target, SSECustomerAlgorithm="AES256")
    s3.call("put-obj-sse-c-wrong-key-size", "put_object", **target, **{**mine, "SSECustomerKey": b"short"})
    text = base64.b64encode(key).decode()
    s3.call("put-obj-sse-c-bad-md5", "put_object", **target, **{**mine, "SSECustomerKey": text}, SSECustomerKeyMD5="bXkgbWQ1IGlzIHdyb25nISE=")
    given = []

    def without_md5(params, **_):
        params["headers"].pop("x-amz-server-side-encryption-customer-key-MD5", None)
        given.append(params)

    s3.api.meta.events.register_last("before-call.s3.PutObject", without_md5)
    s3.call("put-obj-sse-c-no-md5", "put_object", **target, **mine)


def _locked(s3):
    return {"Bucket": s3.create(ObjectLockEnabledForBucket=True), "Key": "k"}


def _later(replay, **more):
    return replay.now() + datetime.timedelta(**more)


@scenario("TestS3ObjectLockRetention::test_bucket_config_default_retention")
def default_retention(replay):
    s3 = Buckets(replay)
    target = _locked(s3)
    lock = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}}
    s3.call("put-lock-config", "put_object_lock_configuration", Bucket=target["Bucket"], ObjectLockConfiguration=lock)
    s3.call("put-object-default", "put_object", **target, Body="test-default-lock")
    s3.call("head-object-default", "head_object", **target)
    until = _later(replay, minutes=10)
    s3.call("put-object-with-lock", "put_object", **target, Body="test-put-object-lock", ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate=until)
    s3.call("head-object-with-lock", "head_object", **target)
    s3.call("put-object-with-lock-no-date", "put_object", **target, ObjectLockMode="GOVERNANCE")


@scenario("TestS3ObjectLockRetention::test_object_lock_extend_duration")
def longer_retention(replay):
    s3 = Buckets(replay)
    target = _locked(s3)
    until, body = _later(replay, minutes=10), "test-put-object-lock"
    s3.call("put-object-with-lock", "put_object", **target, Body=body, ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate=until)
    s3.call("head-object-with-lock", "head_object", **target)
    longer = {"Mode": "GOVERNANCE", "RetainUntilDate": _later(replay, minutes=20)}
    s3.call("put-object-retention-extend", "put_object_retention", **target, Retention=longer)
    s3.call("head-object-with-lock-extended", "head_object", **target)
    s3.call("put-object-retention-reduce", "put_object_retention", **target, Retention={**longer, "RetainUntilDate": _later(replay, minutes=15)})


@scenario("TestS3ObjectLockRetention::test_s3_object_retention_compliance_mode")
def compliance(replay):
    s3 = Buckets(replay)
    target = _locked(s3)
    version = s3.call("put-obj-locked-1", "put_object", **target, Body="test")["VersionId"]
    until = _later(replay, minutes=10)
    s3.call("add-compliance-retention", "put_object_retention", **target, Retention={"Mode": "COMPLIANCE", "RetainUntilDate": until})
    s3.call("delete-locked-1", "delete_object", **target, VersionId=version, BypassGovernanceRetention=True)
    s3.call("put-delete-marker", "delete_object", **target)
    s3.call("delete-locked-2", "delete_object", **target, VersionId=version)
    shorter = {"Mode": "COMPLIANCE", "RetainUntilDate": _later(replay, minutes=5)}
    s3.call("update-retention-shortened", "put_object_retention", **target, VersionId=version, Retention=shorter, BypassGovernanceRetention=True)
    weaker = {"Mode": "GOVERNANCE", "RetainUntilDate": until}
    s3.call("update-retention-less-restrictive", "put_object_retention", **target, VersionId=version, Retention=weaker, BypassGovernanceRetention=True)
    replay.advance(11 * 60)
    s3.call("delete-obj-after-lock-expiration", "delete_object", **target, VersionId=version)


@scenario("TestS3::test_etag_on_get_object_call")
def parts_of_a_text(replay):
    s3 = Buckets(replay)
    target = _object(s3, body="Lorem ipsum dolor sit amet, ... " * 30)
    s3.call("get_object", "get_object", **target)
    s3.call("get_object_range", "get_object", **target, Range="bytes=0-16")


@scenario("TestS3::test_range_header_body_length")
def halves(replay):
    s3 = Buckets(replay)
    target = _object(s3, body=os.urandom(2048))
    s3.call("get-object", "get_object", **target, Range="bytes=0-1023")
    s3.call("get-object-2", "get_object", **target, Range="bytes=1024-2047")


@scenario("TestS3::test_object_with_slashes_in_key")
def slashes(replay):
    s3 = Buckets(replay)
    b = s3.create()
    for key, body in (("/bar/foo/", "test"), ("/foo", "foobar"), ("bar", "barfoo")):
        s3.api.put_object(Bucket=b, Key=key, Body=body)
    s3.call("list-objects-slashes", "list_objects_v2", Bucket=b)


@scenario("TestS3::test_url_encoded_key", {"list-object-encoded-char": _TEXT})
def encoded_keys(replay):
    pass


_SECRET = Unknown("The ETag that AWS has given an object with a customer's key follows from nothing.")


@scenario(
    "TestS3SSECEncryption::test_copy_object_with_sse_c",
    {label: _SECRET for label in ("put-obj-sse-c", "copy-obj-sse-c-target-no-sse-c", "copy-obj-sse-c")},
)
def copies_with_keys(replay):
    s3 = Buckets(replay)
    key = os.urandom(32)
    target = _object(s3, body="test_data", SSECustomerAlgorithm="AES256", SSECustomerKey=key)
    source = {"Bucket": target["Bucket"], "Key": "copy", "CopySource": "%(Bucket)s/%(Key)s" % target}
    source_key = {"CopySourceSSECustomerAlgorithm": "AES256", "CopySourceSSECustomerKey": key}
    own_key = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": key}
    s3.call("get-obj-no-sse-c-param", "get_object", **target)
    s3.call("copy-obj-no-src-sse-c", "copy_object", **source)
    wrong = {**source_key, "CopySourceSSECustomerAlgorithm": "KMS"}
    s3.call("copy-obj-wrong-src-sse-c-algo", "copy_object", **source, **wrong)
    wrong = {**own_key, "SSECustomerAlgorithm": "KMS"}
    s3.call("copy-obj-wrong-target-sse-c-algo", "copy_object", **source, **source_key, **wrong)
    s3.call("copy-obj-target-double-encryption", "copy_object", **source, **source_key, **own_key, ServerSideEncryption="AES256")


@scenario(
    "TestS3SSECEncryption::test_sse_c_with_versioning",
    {label: _SECRET for label in (
        "put-obj-sse-c-version-1", "put-obj-sse-c-version-2", "get-obj-sse-c-last-version", "get-obj-sse-c-version-1", "get-obj-sse-c-version-2",
    )},
)  # fmt: skip
def versions_with_keys(replay):
    s3 = Buckets(replay)
    target = {"Bucket": s3.create("Enabled"), "Key": "k"}
    keys = [os.urandom(32), os.urandom(32)]
    for number, key in enumerate(keys):
        s3.api.put_object(**target, Body="version%d" % (number + 1), SSECustomerAlgorithm="AES256", SSECustomerKey=key)
    s3.call("get-obj-sse-c-last-version-wrong-key", "get_object", **target, SSECustomerAlgorithm="AES256", SSECustomerKey=keys[0])
