"""S3: copies, checksums, tags and locks of objects, as `s3.json` has them."""

import base64
import datetime
import hashlib
import zlib

from replays.buckets import Buckets
from replays.catalog import Reason, Unknown, scenario

_JSON = '{"key": "value"}'
_KMS = Reason("There is no key service yet: encryption with its keys is refused.")
_OLD = "Recorded before listings told checksums."
_PAST = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)
_FUTURE = datetime.datetime(2050, 1, 1, tzinfo=datetime.timezone.utc)


def _attributes(s3, label, target, *names):
    return s3.call(label, "get_object_attributes", **target, ObjectAttributes=list(names))


def _target(s3, key="k", **more):
    return {"Bucket": s3.create(**more), "Key": key}


@scenario("TestS3::test_s3_copy_content_type_and_metadata")
def copied_headers(replay):
    s3 = Buckets(replay)
    target = _target(s3, "source")
    b = target["Bucket"]
    s3.call("put_object", "put_object", **target, Body=_JSON, ContentType="application/json", Metadata={"key": "value"})
    s3.call("head_object", "head_object", **target)
    s3.call("copy_object", "copy_object", Bucket=b, Key="copy", CopySource=b + "/source")
    s3.call("head_object_copy", "head_object", Bucket=b, Key="copy")
    s3.api.delete_object(Bucket=b, Key="copy")
    s3.call("copy_object_second", "copy_object", Bucket=b, Key="copy", CopySource=b + "/source", MetadataDirective="COPY")
    s3.call("head_object_second_copy", "head_object", Bucket=b, Key="copy")


@scenario("TestS3::test_s3_copy_object_in_place", {"object-acl": Unknown("Whose grants they are is not known.")})
def in_place(replay):
    s3 = Buckets(replay)
    target = _target(s3, ObjectOwnership="ObjectWriter")
    source = {**target, "CopySource": "%(Bucket)s/%(Key)s" % target}
    s3.call("put_object", "put_object", **target, Body=_JSON, ContentType="application/json", Metadata={"key": "value"})
    s3.call("head_object", "head_object", **target)
    _attributes(s3, "object-attrs", target, "StorageClass")
    s3.call("copy-object-in-place-no-change", "copy_object", **source)
    s3.call("copy-object-in-place-with-storage-class", "copy_object", **source, ChecksumAlgorithm="SHA256", StorageClass="STANDARD")
    _attributes(s3, "object-attrs-after-copy", target, "StorageClass")
    s3.call("copy-object-in-place-with-acl", "copy_object", **source, ACL="public-read")


@scenario("TestS3::test_s3_copy_object_in_place_metadata_directive")
def in_place_directives(replay):
    s3 = Buckets(replay)
    target = _target(s3)
    source = {**target, "CopySource": "%(Bucket)s/%(Key)s" % target}
    s3.call("put_object", "put_object", **target, Body=_JSON, ContentType="application/json", Metadata={"key": "value"})
    s3.call("head_object", "head_object", **target)
    s3.call("no-metadata-directive-fail", "copy_object", **source, Metadata={"key2": "value2"}, ContentType="text/x")
    s3.call("copy-replace-directive", "copy_object", **source, Metadata={"key2": "value2"}, MetadataDirective="REPLACE")
    s3.call("head-replace-directive", "head_object", **target)
    s3.call("copy-copy-directive", "copy_object", **source, MetadataDirective="COPY", StorageClass="STANDARD")
    s3.call("head-copy-directive", "head_object", **target)
    s3.call(
        "copy-copy-directive-ignore", "copy_object", **source, MetadataDirective="COPY", Metadata={"key3": "value3"}, StorageClass="STANDARD"
    )
    s3.call("head-copy-directive-ignore", "head_object", **target)
    s3.call("copy-replace-directive-empty", "copy_object", **source, MetadataDirective="REPLACE")
    s3.call("head-replace-directive-empty", "head_object", **target)


@scenario("TestS3::test_s3_copy_object_in_place_storage_class")
def in_place_class(replay):
    _class(replay, {})


@scenario("TestS3::test_s3_copy_object_storage_class")
def other_class(replay):
    _class(replay, {"StorageClass": "STANDARD_IA"})


def _class(replay, more):
    s3 = Buckets(replay)
    target = _target(s3)
    source = {**target, "CopySource": "%(Bucket)s/%(Key)s" % target}
    s3.call("put-object", "put_object", **target, Body="test", **more)
    s3.call("head-object", "head_object", **target)
    _attributes(s3, "object-attrs", target, "StorageClass")
    s3.call("copy-object-in-place-with-storage-class", "copy_object", **source, StorageClass="STANDARD")
    _attributes(s3, "object-attrs-after-copy", target, "StorageClass")
    if more:
        s3.call("exc-invalid-request-storage-class", "copy_object", **source)


def _with_checksum(name, reasons=None, default=False):
    @scenario(name, reasons or {})
    def replayed(replay):
        s3 = Buckets(replay)
        target = _target(s3)
        b = target["Bucket"]
        source = "%(Bucket)s/%(Key)s" % target
        replay_target = {"Bucket": b, "Key": "dest"}
        algorithm = replay.parameter
        s3.call("put-object-no-checksum", "put_object", **target, Body=_JSON, **({"ChecksumAlgorithm": algorithm} if default else {}))
        _attributes(s3, "object-attrs", target, "Checksum")
        if default:
            s3.call("copy-object-in-place-with-no-checksum", "copy_object", **target, CopySource=source, StorageClass="STANDARD")
        else:
            s3.call("copy-object-in-place-with-checksum", "copy_object", **target, CopySource=source, ChecksumAlgorithm=algorithm)
        _attributes(s3, "object-attrs-after-copy", target, "Checksum")
        s3.call("copy-object-to-dest-keep-checksum", "copy_object", **replay_target, CopySource=source)
        if default:
            _attributes(s3, "dest-object-attrs-after-copy", replay_target, "Checksum")


_with_checksum("TestS3::test_s3_copy_object_with_checksum")
_with_checksum("TestS3::test_s3_copy_object_with_default_checksum", default=True)


@scenario("TestS3::test_s3_copy_object_wrong_format")
def no_source(replay):
    s3 = Buckets(replay)
    s3.call("copy-object-wrong-copy-source", "copy_object", Bucket=s3.create(), Key="k", CopySource="wrongformat")


@scenario("TestS3::test_copy_in_place_with_bucket_encryption")
def in_place_encrypted(replay):
    s3 = Buckets(replay)
    target = _target(s3)
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}
    s3.call("put-bucket-encryption", "put_bucket_encryption", Bucket=target["Bucket"], ServerSideEncryptionConfiguration={"Rules": [rule]})
    s3.call("put-obj", "put_object", **target)
    s3.call("copy-obj", "copy_object", **target, CopySource="%(Bucket)s/%(Key)s" % target)


@scenario("TestS3PresignedUrl::test_s3_copy_md5")
def copied_something(replay):
    s3 = Buckets(replay)
    target = _target(s3)
    s3.api.put_object(**target, Body="something")
    s3.call("copy-obj", "copy_object", Bucket=target["Bucket"], Key="other", CopySource="%(Bucket)s/%(Key)s" % target)


@scenario("TestS3::test_s3_copy_tagging_directive")
def copied_tags(replay):
    s3 = Buckets(replay)
    target = _target(s3)
    b = target["Bucket"]
    copy = {"Bucket": b, "Key": "copy", "CopySource": "%(Bucket)s/%(Key)s" % target, "TaggingDirective": replay.parameter}
    s3.call("put-object", "put_object", **target, Body="test", Tagging="key1=value1")
    s3.call("get-object-tag", "get_object_tagging", **target)
    s3.call("copy-object", "copy_object", **copy, Tagging="key2=value2")
    s3.call("get-copy-object-tag", "get_object_tagging", Bucket=b, Key="copy")
    s3.call("copy-object-tag-empty", "copy_object", **copy)
    s3.call("get-copy-object-tag-empty", "get_object_tagging", Bucket=b, Key="copy")


@scenario("TestS3::test_s3_copy_tagging_directive_versioned")
def copied_tags_of_versions(replay):
    s3 = Buckets(replay)
    target = {"Bucket": s3.create("Enabled"), "Key": "source"}
    b = target["Bucket"]
    first = s3.call("put-object", "put_object", **target, Body="test", Tagging="key1=value1")["VersionId"]
    s3.call("put-object-v2", "put_object", **target, Body="test-v2", Tagging="key1=value1-v2")
    s3.call("get-object-tag", "get_object_tagging", **target)
    s3.call("get-object-tag-v1", "get_object_tagging", **target, VersionId=first)
    for suffix, source in (("", b + "/source"), ("-v1", "%s/source?versionId=%s" % (b, first))):
        copy = {"Bucket": b, "Key": "copy" + suffix, "CopySource": source, "TaggingDirective": replay.parameter}
        s3.call("copy-object" + suffix, "copy_object", **copy, Tagging="key2=value2")
        s3.call("get-copy-object-tag" + suffix, "get_object_tagging", Bucket=b, Key="copy" + suffix)
        s3.call("copy-object-tag-empty" + suffix, "copy_object", **copy)
        s3.call("get-copy-object-tag-empty" + suffix, "get_object_tagging", Bucket=b, Key="copy" + suffix)


# Checksums.

_TEXT = "test data.."


def _digest(algorithm, text):
    data = text.encode()
    if algorithm == "CRC32":
        return base64.b64encode(zlib.crc32(data).to_bytes(4, "big")).decode()
    return base64.b64encode(hashlib.new(algorithm.lower(), data).digest()).decode()


@scenario("TestS3PutObjectChecksum::test_put_object_checksum")
def given_checksums(replay):
    s3 = Buckets(replay)
    target, algorithm = _target(s3), replay.parameter
    member = "Checksum" + algorithm
    put = {**target, "Body": _TEXT, "ChecksumAlgorithm": algorithm}
    s3.call("put-wrong-checksum-no-b64", "put_object", **put, **{member: "test"})
    s3.call("put-wrong-checksum-value", "put_object", **put, **{member: _digest(algorithm, "other")})
    s3.call("put-object-generated", "put_object", **put, **{member: _digest(algorithm, _TEXT)})
    _attributes(s3, "get-object-attrs-generated", target, "ETag", "Checksum")
    s3.call("put-object-autogenerated", "put_object", **put)
    _attributes(s3, "get-object-attrs-auto-generated", target, "ETag", "Checksum")
    s3.call("head-object-with-checksum", "head_object", **target, ChecksumMode="ENABLED")


@scenario("TestS3PutObjectChecksum::test_s3_get_object_checksum")
def shown_checksums(replay):
    s3 = Buckets(replay)
    target = _target(s3)
    s3.call("put-object", "put_object", **target, Body="test-checksum", ChecksumAlgorithm=replay.parameter)
    s3.call("get-object", "get_object", **target)
    s3.call("get-object-with-checksum", "get_object", **target, ChecksumMode="ENABLED")
    s3.call("head-object-with-checksum", "get_object", **target, ChecksumMode="ENABLED")
    _attributes(s3, "get-object-attrs", target, "Checksum")


@scenario("TestS3PutObjectChecksum::test_s3_checksum_no_algorithm")
def checksums_alone(replay):
    s3 = Buckets(replay)
    target = _target(s3)
    s3.call("put-wrong-checksum", "put_object", **target, Body=_TEXT, ChecksumSHA256="TEST")
    s3.call("put-2-checksums", "put_object", **target, Body=_TEXT, ChecksumSHA256=_digest("SHA256", _TEXT), ChecksumCRC32=_digest("CRC32", _TEXT))
    s3.call("put-right-checksum", "put_object", **target, Body=_TEXT, ChecksumSHA256=_digest("SHA256", _TEXT))
    s3.call("head-obj", "head_object", **target, ChecksumMode="ENABLED")


@scenario("TestS3::test_s3_invalid_content_md5")
def wrong_md5(replay):
    s3 = Buckets(replay)
    target = _target(s3)
    upload = s3.api.create_multipart_upload(**target)["UploadId"]
    part = {**target, "UploadId": upload, "PartNumber": 1}
    for number, text in enumerate(("__invalid__", "000", "not base64 encoded checksum", "MTIz", "dGVzdC1zdHJpbmc=")):
        s3.call("md5-error-%d" % number, "put_object", **target, Body="something", ContentMD5=text)
        s3.call("upload-part-md5-error-%d" % number, "upload_part", **part, Body="something", ContentMD5=text)
    good = base64.b64encode(hashlib.md5(b"something").digest()).decode()
    bad = base64.b64encode(bytes.fromhex("09891eb590524e35fc73372cddc5d596")).decode()
    s3.call("md5-error-bad-digest", "put_object", **target, Body="something", ContentMD5=bad)
    s3.call("upload-part-md5-bad-digest", "upload_part", **part, Body="something", ContentMD5=bad)
    s3.call("success-put-object-md5", "put_object", **target, Body="something", ContentMD5=good)
    s3.call("success-upload-part-md5", "upload_part", **part, Body="something", ContentMD5=good)


@scenario("TestS3MultipartUploadChecksum::test_multipart_upload_part_checksum_exception")
def wrong_part_checksums(replay):
    s3 = Buckets(replay)
    target, member = _target(s3), "Checksum" + replay.parameter
    upload = s3.api.create_multipart_upload(**target, ChecksumAlgorithm=replay.parameter)["UploadId"]
    part = {**target, "UploadId": upload, "PartNumber": 1, "Body": "abc", "ChecksumAlgorithm": replay.parameter}
    s3.call("put-wrong-checksum-no-b64", "upload_part", **part, **{member: "test"})
    length = {"CRC32": 4, "CRC64NVME": 8, "SHA1": 20, "SHA256": 32}[replay.parameter]
    s3.call("put-wrong-checksum-value", "upload_part", **part, **{member: base64.b64encode(b"x" * length).decode()})


@scenario("TestS3MultipartUploadChecksum::test_multipart_checksum_type_compatibility")
def types_of_checksums(replay):
    s3 = Buckets(replay)
    type_, _, algorithm = replay.parameter.partition("-")
    label = next(iter(replay.recorded))
    _created(s3, replay, label, "test-multipart-checksum-compat", ChecksumAlgorithm=algorithm, ChecksumType=type_)


@scenario("TestS3MultipartUploadChecksum::test_multipart_checksum_type_default_for_checksum")
def default_types(replay):
    _created(Buckets(replay), replay, "create-mpu-default-checksum-type", "test-multipart-checksum-default", ChecksumAlgorithm=replay.parameter)


def _created(s3, replay, label, key, **more):
    b = s3.create()
    answer = s3.answer("create_multipart_upload", Bucket=b, Key=key, **more)
    if answer.get("Bucket") == b:
        answer["Bucket"] = "bucket"
    return replay.keep(label, answer)


# Locks.


def _locked(s3, key="test-key"):
    return {"Bucket": s3.create(ObjectLockEnabledForBucket=True), "Key": key}


@scenario("TestS3ObjectLockRetention::test_s3_object_retention_exc", {"update-retention-past-date": "AWS writes the date in the form and the zone of its servers."})
def retention_refused(replay):
    s3 = Buckets(replay)
    good = {"Mode": "GOVERNANCE", "RetainUntilDate": _FUTURE}
    s3.call("put-object-retention-no-bucket", "put_object_retention", Bucket="none-" + replay.account, Key="k", Retention=good)
    target = _locked(s3)
    s3.call("put-object-retention-no-key", "put_object_retention", Bucket=target["Bucket"], Key="non-existing-key", Retention=good)
    s3.api.put_object(**target, Body="test")
    s3.call("get-object-retention-never-set", "get_object_retention", **target)
    s3.call("put-object-missing-retention-fields", "put_object_retention", **target, Retention={"Mode": "GOVERNANCE"})
    s3.api.put_object_retention(**target, Retention=good)
    s3.call("update-retention-no-bypass", "put_object_retention", **target, Retention={**good, "RetainUntilDate": _FUTURE.replace(year=2040)})
    s3.call("update-retention-past-date", "put_object_retention", **target, Retention={**good, "RetainUntilDate": _PAST})
    s3.call("update-retention-bad-value", "put_object_retention", **target, Retention={**good, "Mode": "BAD-VALUE"})
    plain = _target(s3)
    s3.api.put_object(**plain)
    s3.call("put-object-retention-regular-bucket", "put_object_retention", **plain, Retention=good)
    s3.call("get-object-retention-regular-bucket", "get_object_retention", **plain)


@scenario("TestS3ObjectLockLegalHold::test_delete_locked_object")
def held(replay):
    s3 = Buckets(replay)
    target = _locked(s3, "test-delete-locked")
    version = s3.call("put-obj", "put_object", **target, Body="test")["VersionId"]
    s3.call("put-object-legal-hold", "put_object_legal_hold", **target, LegalHold={"Status": "ON"})
    s3.call("delete-object-locked", "delete_object", **target, VersionId=version)
    s3.call("delete-objects-locked", "delete_objects", Bucket=target["Bucket"], Delete={"Objects": [{"Key": target["Key"], "VersionId": version}]})
    s3.call("put-object-legal-hold-off", "put_object_legal_hold", **target, LegalHold={"Status": "OFF"})


@scenario("TestS3ObjectLockLegalHold::test_put_object_with_legal_hold")
def held_from_the_start(replay):
    s3 = Buckets(replay)
    target = _locked(s3)
    s3.call("put-obj", "put_object", **target, Body="test", ObjectLockLegalHoldStatus="ON")
    s3.call("head-object-with-legal-hold", "head_object", **target)
    s3.call("put-object-legal-hold-off", "put_object_legal_hold", **target, LegalHold={"Status": "OFF"})


@scenario("TestS3::test_s3_get_object_preconditions")
def conditions(replay):
    s3 = Buckets(replay)
    target = _target(s3)
    etag = s3.api.put_object(**target, Body="data")["ETag"]
    modified = s3.api.head_object(**target)["LastModified"]

    def ask(label, **more):
        s3.call(label, replay.parameter, **target, **more)

    ask("precondition-if-match", IfMatch='"wrong"')
    ask("precondition-if-unmodified-since", IfUnmodifiedSince=_PAST)
    ask("precondition-if-none-match", IfNoneMatch=etag)
    ask("copy-precondition-if-modified-since", IfModifiedSince=modified + datetime.timedelta(seconds=0))
    ask("obj-ignore-future-modified-since", IfModifiedSince=_FUTURE)
    ask("etag-missing-quotes", IfNoneMatch=etag.strip('"'))
    ask("precondition-if-unmodified-since-is-object", IfUnmodifiedSince=modified)
    ask("precondition-if-modified-since-is-object", IfModifiedSince=modified)
    ask("obj-success", IfMatch=etag, IfNoneMatch='"other"', IfModifiedSince=_PAST, IfUnmodifiedSince=_FUTURE)
