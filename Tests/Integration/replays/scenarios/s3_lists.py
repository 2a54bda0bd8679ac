"""S3: listings."""

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
