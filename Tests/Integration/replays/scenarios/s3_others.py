"""S3: what `s3.json` has of families that are not here, or that only a test's own client can ask for."""

from replays.catalog import Reason, Unknown, scenario

_ABSENT = {
    Reason("There is no key service yet: encryption with its keys is refused."): (
        "TestS3::test_copy_object_kms", "TestS3::test_s3_sse_validate_kms_key", "TestS3::test_s3_sse_bucket_key_default",
        "TestS3::test_s3_copy_object_in_place_with_encryption",
    ),
    Reason("Static websites are not there."): (
        "TestS3StaticWebsiteHosting::test_validate_website_configuration", "TestS3StaticWebsiteHosting::test_website_hosting_404",
    ),
    Reason("Access logs are not there."): (
        "TestS3BucketLogging::test_put_bucket_logging", "TestS3BucketLogging::test_put_bucket_logging_accept_wrong_grants",
        "TestS3BucketLogging::test_put_bucket_logging_wrong_target", "TestS3BucketLogging::test_put_bucket_logging_cross_locations",
    ),
    Reason("Replication is not there."): ("TestS3BucketReplication::test_replication_config_without_filter",),
    Reason("Intelligent tiering is not there."): ("TestS3::test_s3_intelligent_tier_config",),
    Reason("Inventories are not there."): (
        "TestS3::test_s3_put_inventory_report_exceptions", "TestS3::test_put_bucket_inventory_config_order",
    ),
    Unknown("A request that a test's own HTTP client has made, with signatures that are verified (`--auth iam`)."): (
        "TestS3PresignedPost::test_post_object_default_checksum",
        "TestS3PresignedPost::test_post_object_with_unicode_metadata", "TestS3::test_s3_batch_delete_objects_using_requests_with_acl",
        "TestS3::test_s3_batch_delete_public_objects_using_requests", "TestS3::test_get_object_content_length_with_virtual_host",
        "TestS3::test_create_bucket_aws_global", "TestS3::test_bucket_constraint_aws_global", "TestS3::test_user_metadata_rfc2047_bad_b64_encoded",
        "TestS3::test_get_object_attributes_with_space",
    ),
    Unknown("Keys, bytes, and ETags that follow from them, are the test's own."): (
        "TestS3SSECEncryption::test_put_object_lifecycle_with_sse_c",
        "TestS3SSECEncryption::test_put_object_default_checksum_with_sse_c",
        "TestS3::test_s3_upload_download_gzip", "TestS3PutObjectChecksum::test_s3_checksum_with_content_encoding", "TestS3::test_upload_big_file",

    ),
}  # fmt: skip


def _nothing(replay):
    pass


for _reason, _names in _ABSENT.items():
    for _name in _names:
        scenario(_name, {"*": _reason})(_nothing)
