"""S3: objects, conditional requests, parts."""

import datetime

from replays.buckets import Buckets
from replays.catalog import Unknown, scenario

_WRONG = "HPniJFCxqTsMuIH9KX8K8wEjNUgmABCD"
_SOON = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1)
_PAST = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)


@scenario("TestS3ObjectCRUD::test_delete_object")
def delete(replay):
    s3 = Buckets(replay)
    b, key = s3.create(), "test-delete"
    s3.call("put-object", "put_object", Bucket=b, Key=key, Body="test-delete")
    s3.call("delete-object", "delete_object", Bucket=b, Key=key)
    s3.call("delete-nonexistent-object", "delete_object", Bucket=b, Key=key)
    s3.call("delete-nonexistent-object-versionid", "delete_object", Bucket=b, Key=key, VersionId=_WRONG)


@scenario("TestS3ObjectCRUD::test_delete_objects")
def delete_many(replay):
    s3 = Buckets(replay)
    b, key = s3.create(), "test-delete"
    s3.call("put-object", "put_object", Bucket=b, Key=key, Body="test-delete")
    s3.call("delete-object-wrong-version-id", "delete_objects", Bucket=b, Delete={"Objects": [{"Key": key, "VersionId": _WRONG}]})
    answer = s3.answer("delete_objects", Bucket=b, Delete={"Objects": [{"Key": k} for k in ("a-wrong-key", "c-wrong-key", key)]})
    replay.keep("delete-objects", answer)


@scenario("TestS3ObjectCRUD::test_delete_objects_versioned")
def delete_many_versions(replay):
    s3 = Buckets(replay)
    b, key = s3.create("Enabled"), "test-delete"
    version = s3.call("put-object", "put_object", Bucket=b, Key=key, Body="test-delete")["VersionId"]
    gone = s3.call("delete-objects-no-version-id", "delete_objects", Bucket=b, Delete={"Objects": [{"Key": k} for k in (key, "wrongkey", "wrongkey-x")]})
    marker = gone["Deleted"][0]["DeleteMarkerVersionId"]
    s3.call("delete-objects-marker", "delete_objects", Bucket=b, Delete={"Objects": [{"Key": key, "VersionId": marker}]})
    wrong = [{"Key": k, "VersionId": _WRONG} for k in (key, "wrong-key-2")]
    s3.call("delete-objects-wrong-version-id", "delete_objects", Bucket=b, Delete={"Objects": wrong})
    s3.call("delete-objects-version-id", "delete_objects", Bucket=b, Delete={"Objects": [{"Key": key, "VersionId": version}]})


@scenario("TestS3ObjectCRUD::test_get_object_with_version_unversioned_bucket")
def version_of_none(replay):
    s3 = Buckets(replay)
    b, key = s3.create(), "test-version"
    s3.call("put-object", "put_object", Bucket=b, Key=key, Body="test-version")
    s3.call("get-obj-with-version", "get_object", Bucket=b, Key=key, VersionId=_WRONG)
    s3.call("get-obj-with-null-version", "get_object", Bucket=b, Key=key, VersionId="null")


@scenario("TestS3BucketCRUD::test_delete_bucket_with_objects")
def delete_bucket(replay):
    s3 = Buckets(replay)
    b = s3.create()
    s3.api.put_object(Bucket=b, Key="key", Body="x")
    s3.call("delete-with-obj", "delete_bucket", Bucket=b)
    s3.call("delete-obj", "delete_object", Bucket=b, Key="key")
    s3.call("delete-bucket", "delete_bucket", Bucket=b)


@scenario("TestS3ObjectCRUD::test_put_object_on_suspended_bucket")
def suspended(replay):
    s3 = Buckets(replay)
    b, key = s3.create("Enabled"), "test-version"
    for number in range(3):
        s3.call("put-object-%d" % number, "put_object", Bucket=b, Key=key, Body="test-version-%d" % number)
    s3.call("list-enabled", "list_object_versions", Bucket=b)
    s3.version(b, "Suspended")
    s3.call("list-suspended", "list_object_versions", Bucket=b)
    s3.call("put-object-suspended", "put_object", Bucket=b, Key=key, Body="test-version-suspended")
    s3.call("list-suspended-after-put", "list_object_versions", Bucket=b)
    s3.call("put-object-suspended-overwrite", "put_object", Bucket=b, Key=key, Body="test-version-suspended")
    s3.call("list-suspended-after-overwrite", "list_object_versions", Bucket=b)
    s3.call("get-object-current", "get_object", Bucket=b, Key=key)


@scenario("TestS3ObjectCRUD::test_get_object_range", {"put-after-failed": Unknown("The text that was put is not known.")})
def ranges(replay):
    s3 = Buckets(replay)
    b, key = s3.create(), "test-range"
    s3.api.put_object(Bucket=b, Key=key, Body="0123456789")
    given = ["0-8", "1-1", "1-0", "1-", "-1-", "-2", "-9", "-15", "0-100", "0-0", "0--1", "-", "-0", "100-200"]
    for text in given:
        s3.call("get-" + text, "get_object", Bucket=b, Key=key, Range="bytes=" + text)
    s3.call("get-0-8-checksum", "get_object", Bucket=b, Key=key, Range="bytes=0-8", ChecksumMode="ENABLED")
    s3.call("get-multiple-ranges", "get_object", Bucket=b, Key=key, Range="bytes=0-1,3-4,7-9")
    s3.call("get-wrong-format", "get_object", Bucket=b, Key=key, Range="0-1")
    s3.call("put-after-failed", "put_object", Bucket=b, Key=key, Body="other")


@scenario("TestS3Multipart::test_upload_part_copy_range")
def copied_ranges(replay):
    s3 = Buckets(replay)
    b, source, key = s3.create(), "source", "test-upload-part-copy"
    replay.known(bucket=b)
    s3.call("put-src-object", "put_object", Bucket=b, Key=source, Body="0123456789")
    upload = s3.call("create-multipart", "create_multipart_upload", Bucket=b, Key=key)["UploadId"]

    def copy(label, text, number=1):
        s3.call(
            label, "upload_part_copy", Bucket=b, Key=key, UploadId=upload, PartNumber=number, CopySource="%s/%s" % (b, source),
            CopySourceRange=text,
        )  # fmt: skip

    for number, text in enumerate(("0-8", "1-1", "0-0"), 1):
        copy("upload-part-copy-%d" % number, "bytes=" + text, number)
    s3.call("list-parts", "list_parts", Bucket=b, Key=key, UploadId=upload)
    copy("upload-part-copy-wrong-format", "0-8")
    for text in ("1-0", "-1-", "0--1", "0-1,3-4,7-9", "-", "-0", "0-100", "100-200", "1-", "-2", "-15"):
        copy("upload-part-copy-range-exc-" + text, "bytes=" + text)


@scenario("TestS3Multipart::test_upload_part_copy_no_copy_source_range")
def copied_whole(replay):
    s3 = Buckets(replay)
    b, key = s3.create(), "test-upload-part-copy"
    s3.call("put-src-object", "put_object", Bucket=b, Key="source", Body="0123456789")
    upload = s3.call("create-multipart", "create_multipart_upload", Bucket=b, Key=key)["UploadId"]
    s3.call("upload-part-copy", "upload_part_copy", Bucket=b, Key=key, UploadId=upload, PartNumber=1, CopySource=b + "/source")
    s3.call("list-parts", "list_parts", Bucket=b, Key=key, UploadId=upload)


def _copy_condition(name, label, fails, **conditions):
    @scenario("TestS3Multipart::test_upload_part_copy_with_copy_source_" + name)
    def replayed(replay):
        s3 = Buckets(replay)
        b, key = s3.create(), "destination_file.txt"
        etag = s3.api.put_object(Bucket=b, Key="source", Body="0123456789")["ETag"]
        upload = s3.api.create_multipart_upload(Bucket=b, Key=key)["UploadId"]
        given = {k: etag if v == "etag" else v for k, v in conditions.items()}
        s3.call(label, "upload_part_copy", Bucket=b, Key=key, UploadId=upload, PartNumber=1, CopySource=b + "/source", **given)
        if not fails:
            s3.call("list-parts", "list_parts", Bucket=b, Key=key, UploadId=upload)


_copy_condition(
    "if_match_and_if_unmodified_since_match", "upload-part-copy", False, CopySourceIfMatch="etag", CopySourceIfUnmodifiedSince=_PAST
)
_copy_condition("if_match_failed", "upload-part-copy-source-if-match", True, CopySourceIfMatch="wrong")
_copy_condition("if_none_match_failed", "upload-part-copy-source-if-none-match", True, CopySourceIfNoneMatch="etag")
_copy_condition(
    "if_unmodified_since_match_failed", "upload-part-copy-source-unmodified-since-match", True, CopySourceIfUnmodifiedSince=_PAST
)
_copy_condition("if_match_none_success", "upload-part-copy-if-none-match", False, CopySourceIfNoneMatch="wrong")
_copy_condition("if_modified_since_success", "upload-part-copy-if-modified-since", False, CopySourceIfModifiedSince=_PAST)


# Conditional writes.


@scenario("TestS3ObjectWritePrecondition::test_put_object_if_none_match")
def put_if_absent(replay):
    s3 = Buckets(replay)
    b, key = s3.create(), "test-precondition"
    s3.call("put-obj", "put_object", Bucket=b, Key=key, IfNoneMatch="*")
    s3.call("put-obj-if-none-match", "put_object", Bucket=b, Key=key, IfNoneMatch="*")
    s3.call("del-obj", "delete_object", Bucket=b, Key=key)
    s3.call("put-obj-after-del", "put_object", Bucket=b, Key=key, IfNoneMatch="*")


@scenario("TestS3ObjectWritePrecondition::test_put_object_if_none_match_validation")
def put_if_absent_refused(replay):
    s3 = Buckets(replay)
    b, key = s3.create(), "test-precondition"
    s3.call("put-obj", "put_object", Bucket=b, Key=key, IfNoneMatch="*")
    s3.call("put-obj-if-none-match-bad-value", "put_object", Bucket=b, Key=key, IfNoneMatch="GARBAGE")


@scenario("TestS3ObjectWritePrecondition::test_put_object_if_none_match_versioned_bucket")
def put_if_absent_versioned(replay):
    s3 = Buckets(replay)
    b, key = s3.create("Enabled"), "test-precondition"
    s3.call("put-obj", "put_object", Bucket=b, Key=key, IfNoneMatch="*")
    s3.call("put-obj-if-none-match", "put_object", Bucket=b, Key=key, IfNoneMatch="*")
    s3.call("del-obj", "delete_object", Bucket=b, Key=key)
    s3.call("put-obj-after-del", "put_object", Bucket=b, Key=key, IfNoneMatch="*")
    s3.call("list-object-versions", "list_object_versions", Bucket=b)


@scenario("TestS3ObjectWritePrecondition::test_put_object_if_match_versioned_bucket")
def put_if_same_versioned(replay):
    s3 = Buckets(replay)
    b, key = s3.create("Enabled"), "test-precondition"
    put = s3.call("put-obj", "put_object", Bucket=b, Key=key, Body="test")
    s3.call("put-obj-if-none-match-bad-value", "put_object", Bucket=b, Key=key, IfMatch="wrong")
    s3.call("del-obj", "delete_object", Bucket=b, Key=key)
    s3.call("put-obj-after-del-exc", "put_object", Bucket=b, Key=key, IfMatch=put["ETag"])
    put = s3.call("put-obj-after-del", "put_object", Bucket=b, Key=key, Body="test-after-del")
    s3.call("put-obj-if-match", "put_object", Bucket=b, Key=key, Body="test-if-match", IfMatch=put["ETag"])
    s3.call("list-object-versions", "list_object_versions", Bucket=b)


class _Upload:
    """An upload with one part, whose completion is conditional."""

    def __init__(self, s3, bucket, key, label="create-multipart"):
        self.s3, self.target = s3, {"Bucket": bucket, "Key": key}
        create = s3.call(label, "create_multipart_upload", **self.target) if label else s3.answer("create_multipart_upload", **self.target)
        self.target["UploadId"] = create["UploadId"]
        part = s3.api.upload_part(**self.target, PartNumber=1, Body="test")
        self.parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}

    def complete(self, label, **condition):
        return self.s3.call(label, "complete_multipart_upload", **self.target, MultipartUpload=self.parts, **condition)


_ONE_PART = "The recorded checksum and ETag are those of another text than the test's name tells."


@scenario("TestS3ObjectWritePrecondition::test_multipart_if_none_match_with_delete")
def complete_if_absent_deleted(replay):
    s3 = Buckets(replay).plainly()
    b, key = s3.create(), "test-precondition"
    Buckets(replay).call("put-obj", "put_object", Bucket=b, Key=key)
    upload = _Upload(s3, b, key)
    upload.complete("complete-multipart-if-none-match", IfNoneMatch="*")
    s3.call("del-obj", "delete_object", Bucket=b, Key=key)
    upload.complete("complete-multipart-after-del", IfNoneMatch="*")
    _Upload(s3, b, key, None).complete("complete-multipart-after-del-restart", IfNoneMatch="*")


@scenario("TestS3ObjectWritePrecondition::test_multipart_if_none_match_with_put")
def complete_if_absent_put(replay):
    s3 = Buckets(replay)
    b, key = s3.create(), "test-precondition"
    upload = _Upload(s3.plainly(), b, key)
    s3.call("put-obj", "put_object", Bucket=b, Key=key)
    upload.complete("complete-multipart-if-none-match-put-during", IfNoneMatch="*")


@scenario("TestS3ObjectWritePrecondition::test_multipart_if_match_with_put_identical")
def complete_if_same_put(replay):
    s3 = Buckets(replay)
    b, key = s3.create(), "test-precondition"
    etag = s3.call("put-obj", "put_object", Bucket=b, Key=key, Body="test")["ETag"]
    upload = _Upload(s3.plainly(), b, key)
    s3.call("put-obj-during", "put_object", Bucket=b, Key=key, Body="test")
    upload.complete("complete-multipart-if-match-put-during", IfMatch=etag)
    again = _Upload(s3.plainly(), b, key, "create-multipart-again")
    again.complete("complete-multipart-if-match-put-before-restart", IfMatch=etag)


@scenario("TestS3ObjectWritePrecondition::test_multipart_if_match_etag")
def complete_if_same(replay):
    s3 = Buckets(replay)
    b, key = s3.create(), "test-precondition"
    etag = s3.call("put-obj", "put_object", Bucket=b, Key=key, Body="test")["ETag"]
    done = _Upload(s3.plainly(), b, key).complete("complete-multipart-if-match", IfMatch=etag)
    upload = _Upload(s3.plainly(), b, key, "create-multipart-overwrite")
    upload.complete("complete-multipart-if-match-true-etag", IfMatch=etag)
    upload.complete("complete-multipart-if-match-overwrite-multipart", IfMatch=done["ETag"])


@scenario("TestS3DeletePrecondition::test_delete_object_if_match_non_express")
def delete_if_same(replay):
    s3 = Buckets(replay)
    b = s3.create()
    s3.api.put_object(Bucket=b, Key="k", Body="test")
    s3.call("delete-obj-if-match", "delete_object", Bucket=b, Key="k", IfMatch="wrong")


def _delete_condition(name, label, **condition):
    @scenario("TestS3DeletePrecondition::test_delete_object_if_match_%s_non_express" % name)
    def replayed(replay):
        s3 = Buckets(replay)
        b = s3.create()
        s3.api.put_object(Bucket=b, Key="k", Body="test")
        s3.call(label, "delete_object", Bucket=b, Key="k", **condition)


_delete_condition("modified", "delete-obj-if-match-last-modified", IfMatchLastModifiedTime=_SOON)
_delete_condition("size", "delete-obj-if-match-size", IfMatchSize=4)
_delete_condition("all", "delete-obj-if-match-all", IfMatchSize=4, IfMatchLastModifiedTime=_SOON, IfMatch="wrong")


def _copies(replay, versioning=None):
    s3 = Buckets(replay)
    b = s3.create(versioning)
    source = s3.api.put_object(Bucket=b, Key="source-object", Body="source-content" if versioning is None else "source-content")
    return s3, b, source["ETag"], {"Bucket": b, "CopySource": b + "/source-object"}


_SOURCE = "The recorded checksum is that of a text that nothing names."


@scenario("TestS3ObjectWritePrecondition::test_copy_object_if_match", {"copy-obj-if-match": Unknown(_SOURCE)})
def copy_if_same(replay):
    s3, b, etag, copy = _copies(replay)
    there = s3.api.put_object(Bucket=b, Key="dest-object", Body="dest")["ETag"]
    s3.call("copy-obj-if-match", "copy_object", **copy, Key="dest-object", IfMatch=there)
    s3.call("copy-obj-if-match-fail-wrong-etag", "copy_object", **copy, Key="dest-object", IfMatch="wrong")
    s3.call("copy-obj-if-match-fail-no-object", "copy_object", **copy, Key="non-existent-key", IfMatch=there)


@scenario(
    "TestS3ObjectWritePrecondition::test_copy_object_if_none_match_versioned_bucket",
    {label: Unknown(_SOURCE) for label in ("copy-obj", "copy-obj-after-del", "list-object-versions")},
)
def copy_if_absent_versioned(replay):
    s3, b, _, copy = _copies(replay, "Enabled")
    s3.call("copy-obj", "copy_object", **copy, Key="dest-object", IfNoneMatch="*")
    s3.call("copy-obj-if-none-match-fail", "copy_object", **copy, Key="dest-object", IfNoneMatch="*")
    s3.call("del-obj", "delete_object", Bucket=b, Key="dest-object")
    s3.call("copy-obj-after-del", "copy_object", **copy, Key="dest-object", IfNoneMatch="*")
    s3.call("list-object-versions", "list_object_versions", Bucket=b)


@scenario(
    "TestS3ObjectWritePrecondition::test_copy_object_if_match_versioned_bucket",
    {label: Unknown(_SOURCE) for label in ("put-obj", "put-obj-after-del", "copy-obj-if-match", "list-object-versions")},
)
def copy_if_same_versioned(replay):
    s3, b, _, copy = _copies(replay, "Enabled")
    etag = s3.call("put-obj", "put_object", Bucket=b, Key="dest-object", Body="test-dest-objec")["ETag"]
    s3.call("copy-obj-if-match-wrong-etag", "copy_object", **copy, Key="dest-object", IfMatch="wrong")
    s3.call("del-obj", "delete_object", Bucket=b, Key="dest-object")
    s3.call("copy-obj-after-del-exc", "copy_object", **copy, Key="dest-object", IfMatch=etag)
    etag = s3.call("put-obj-after-del", "put_object", Bucket=b, Key="dest-object", Body="test-dest-object-after-d")["ETag"]
    s3.call("copy-obj-if-match", "copy_object", **copy, Key="dest-object", IfMatch=etag)
    s3.call("list-object-versions", "list_object_versions", Bucket=b)


@scenario("TestS3ObjectWritePrecondition::test_copy_object_precondition_write_validation")
def copy_conditions_refused(replay):
    s3, b, etag, copy = _copies(replay)
    s3.call("copy-obj-none-match-etag", "copy_object", **copy, Key="dest", IfNoneMatch=etag)
    s3.call("copy-obj-if-match-star", "copy_object", **copy, Key="dest", IfMatch="*")
    s3.call("copy-obj-both", "copy_object", **copy, Key="dest", IfMatch=etag, IfNoneMatch="*")


@scenario("TestS3ObjectWritePrecondition::test_copy_object_if_none_match_in_place")
def copy_if_absent_in_place(replay):
    s3, b, etag, copy = _copies(replay)
    s3.call("copy-obj-if-none-match-fail", "copy_object", **copy, Key="source-object", IfNoneMatch="*", MetadataDirective="REPLACE")


@scenario("TestS3ObjectWritePrecondition::test_copy_object_if_match_in_place", {"copy-obj-if-match-in-place": Unknown(_SOURCE)})
def copy_if_same_in_place(replay):
    s3, b, etag, copy = _copies(replay)
    s3.call("copy-obj-if-match-in-place", "copy_object", **copy, Key="source-object", IfMatch=etag, MetadataDirective="REPLACE")
