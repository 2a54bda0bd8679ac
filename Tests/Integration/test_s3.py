"""S3 from end to end: buckets and objects through boto3 and plain HTTP."""

import concurrent.futures
import hashlib
import io
import json
import os
import urllib.request

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError
from martlet import ACCOUNT, ONCE, OTHER_ACCOUNT, error
from queued import clock


@pytest.fixture
def s3(server):
    return server.client("s3", config=ONCE)


@pytest.fixture
def bucket(s3):
    name = "bucket-" + os.urandom(6).hex()
    s3.create_bucket(Bucket=name)
    yield name
    try:
        s3.put_bucket_notification_configuration(Bucket=name, NotificationConfiguration={})
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=name):
            gone = [{"Key": v["Key"], "VersionId": v["VersionId"]} for v in page.get("Versions", []) + page.get("DeleteMarkers", [])]
            if gone:
                s3.delete_objects(Bucket=name, Delete={"Objects": gone})
        s3.delete_bucket(Bucket=name)
    except ClientError:
        pass


@pytest.mark.parametrize("size", [0, 1, 1024, 32 * 1024, 32 * 1024 + 1, 1_000_000, 8 << 20])
def test_bytes_come_back(s3, bucket, size):
    body = os.urandom(size)
    put = s3.put_object(Bucket=bucket, Key="a/b c.bin", Body=body, ContentType="text/x", Metadata={"Who": "me"})
    assert put["ETag"] == '"%s"' % hashlib.md5(body).hexdigest()
    got = s3.get_object(Bucket=bucket, Key="a/b c.bin", ChecksumMode="ENABLED")
    assert got["Body"].read() == body
    assert (got["ContentLength"], got["ContentType"], got["Metadata"]) == (size, "text/x", {"who": "me"})
    assert got["ChecksumCRC32"] == put["ChecksumCRC32"]
    head = s3.head_object(Bucket=bucket, Key="a/b c.bin")
    assert (head["ContentLength"], head["ETag"]) == (size, put["ETag"])
    if size > 100:
        part = s3.get_object(Bucket=bucket, Key="a/b c.bin", Range="bytes=50-%d" % (size - 10))
        assert part["ResponseMetadata"]["HTTPStatusCode"] == 206
        assert part["Body"].read() == body[50 : size - 9]
        assert part["ContentRange"] == "bytes 50-%d/%d" % (size - 10, size)


def test_transfers_in_parts(s3, bucket, tmp_path):
    body = os.urandom(21 << 20)
    s3.upload_fileobj(io.BytesIO(body), bucket, "big")
    assert s3.head_object(Bucket=bucket, Key="big")["ETag"].endswith('-3"')
    got = io.BytesIO()
    s3.download_fileobj(bucket, "big", got)
    assert got.getvalue() == body
    # The bytes stay where they are; the copy has them too.
    s3.copy({"Bucket": bucket, "Key": "big"}, bucket, "copy")
    s3.delete_object(Bucket=bucket, Key="big")
    got = io.BytesIO()
    s3.download_fileobj(bucket, "copy", got)
    assert got.getvalue() == body


def test_errors_tell_what_is_missing(server, s3, bucket):
    assert error(s3.get_object, Bucket="not-there-at-all", Key="k")[0] == "NoSuchBucket"
    assert error(s3.get_object, Bucket=bucket, Key="k") == ("NoSuchKey", "The specified key does not exist.", 404)
    assert error(s3.head_object, Bucket=bucket, Key="k") == ("404", "Not Found", 404)
    assert error(s3.head_bucket, Bucket="not-there-at-all") == ("404", "Not Found", 404)
    assert error(s3.delete_bucket, Bucket="not-there-at-all")[0] == "NoSuchBucket"
    assert error(s3.put_object, Bucket=bucket, Key="k" * 1025, Body=b"")[0] == "KeyTooLongError"
    status, headers, body = server.get("/%s/nothing" % bucket)
    assert status == 404 and b"<Code>NoSuchKey</Code>" in body and b"<Key>nothing</Key>" in body
    assert headers["x-amz-request-id"]


def test_conditions(s3, bucket):
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"1")["ETag"]
    assert error(s3.get_object, Bucket=bucket, Key="k", IfNoneMatch=etag)[2] == 304
    assert error(s3.get_object, Bucket=bucket, Key="k", IfMatch='"x"')[0] == "PreconditionFailed"
    assert error(s3.head_object, Bucket=bucket, Key="k", IfNoneMatch=etag)[2] == 304
    assert error(s3.put_object, Bucket=bucket, Key="k", Body=b"2", IfNoneMatch="*")[0] == "PreconditionFailed"
    s3.put_object(Bucket=bucket, Key="k", Body=b"2", IfMatch=etag)
    assert error(s3.put_object, Bucket=bucket, Key="k", Body=b"3", IfMatch=etag)[0] == "PreconditionFailed"
    assert error(s3.get_object, Bucket=bucket, Key="k", Range="bytes=5-")[0] == "InvalidRange"


def test_one_of_many_wins(s3, bucket):
    def put(number):
        try:
            s3.put_object(Bucket=bucket, Key="lock", Body=b"%d" % number, IfNoneMatch="*")
            return number
        except ClientError as refusal:
            assert refusal.response["Error"]["Code"] == "PreconditionFailed"

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        winners = [number for number in pool.map(put, range(40)) if number is not None]
    assert len(winners) == 1
    assert s3.get_object(Bucket=bucket, Key="lock")["Body"].read() == b"%d" % winners[0]


def test_listings(s3, bucket):
    keys = sorted(["a/%d" % n for n in range(30)] + ["b", "c d", "é/x", "z&<"], key=lambda k: k.encode())
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda key: s3.put_object(Bucket=bucket, Key=key, Body=b"x"), keys))
    assert [entry["Key"] for entry in s3.list_objects(Bucket=bucket, Prefix="a/", MaxKeys=2)["Contents"]] == ["a/0", "a/1"]
    for operation in ("list_objects", "list_objects_v2"):
        pages = s3.get_paginator(operation).paginate(Bucket=bucket, PaginationConfig={"PageSize": 7})
        assert [entry["Key"] for page in pages for entry in page["Contents"]] == keys
    rolled = s3.list_objects_v2(Bucket=bucket, Delimiter="/", MaxKeys=2)
    assert ([p["Prefix"] for p in rolled["CommonPrefixes"]], [k["Key"] for k in rolled["Contents"]]) == (["a/"], ["b"])
    rest = s3.list_objects_v2(Bucket=bucket, Delimiter="/", ContinuationToken=rolled["NextContinuationToken"])
    assert [k["Key"] for k in rest["Contents"]] == ["c d", "z&<"]
    assert [p["Prefix"] for p in rest["CommonPrefixes"]] == ["é/"]
    assert s3.list_objects_v2(Bucket=bucket, StartAfter="a/9", MaxKeys=1)["Contents"][0]["Key"] == "b"


def test_versions(s3, bucket):
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    one = s3.put_object(Bucket=bucket, Key="k", Body=b"1")["VersionId"]
    two = s3.put_object(Bucket=bucket, Key="k", Body=b"2")["VersionId"]
    marker = s3.delete_object(Bucket=bucket, Key="k")
    assert marker["DeleteMarker"]
    assert error(s3.get_object, Bucket=bucket, Key="k")[0] == "NoSuchKey"
    assert error(s3.get_object, Bucket=bucket, Key="k", VersionId=marker["VersionId"])[0] == "MethodNotAllowed"
    assert s3.get_object(Bucket=bucket, Key="k", VersionId=one)["Body"].read() == b"1"
    listed = s3.list_object_versions(Bucket=bucket)
    assert [v["VersionId"] for v in listed["Versions"]] == [two, one]
    assert [m["IsLatest"] for m in listed["DeleteMarkers"]] == [True]
    s3.delete_object(Bucket=bucket, Key="k", VersionId=marker["VersionId"])
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"2"


def test_copies(s3, bucket):
    s3.put_object(Bucket=bucket, Key="a", Body=b"1", Metadata={"m": "1"}, Tagging="t=1", ContentType="text/a")
    s3.copy_object(Bucket=bucket, Key="b", CopySource={"Bucket": bucket, "Key": "a"})
    copied = s3.head_object(Bucket=bucket, Key="b")
    assert (copied["Metadata"], copied["ContentType"]) == ({"m": "1"}, "text/a")
    assert s3.get_object_tagging(Bucket=bucket, Key="b")["TagSet"] == [{"Key": "t", "Value": "1"}]
    s3.copy_object(
        Bucket=bucket, Key="c", CopySource=bucket + "/a", MetadataDirective="REPLACE", Metadata={"n": "2"}, TaggingDirective="REPLACE",
        Tagging="u=2",
    )  # fmt: skip
    assert s3.head_object(Bucket=bucket, Key="c")["Metadata"] == {"n": "2"}
    assert error(s3.copy_object, Bucket=bucket, Key="a", CopySource=bucket + "/a")[0] == "InvalidRequest"
    assert error(s3.copy_object, Bucket=bucket, Key="x", CopySource=bucket + "/none")[0] == "NoSuchKey"


def test_many_are_deleted_at_once(s3, bucket):
    for n in range(3):
        s3.put_object(Bucket=bucket, Key=str(n), Body=b"")
    gone = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": str(n)} for n in range(5)]})
    assert [d["Key"] for d in gone["Deleted"]] == ["0", "1", "2", "3", "4"]
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)


def test_presigned_urls_and_plain_requests(server, s3, bucket):
    url = s3.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "k"}, ExpiresIn=60)
    urllib.request.urlopen(urllib.request.Request(url, b"by url", method="PUT")).read()
    url = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k", "ResponseContentType": "text/y"}, ExpiresIn=60)
    with urllib.request.urlopen(url) as answer:
        assert answer.read() == b"by url"
        assert answer.headers["Content-Type"] == "text/y"


def test_presigned_forms(server, s3, bucket):
    signing = server.client("s3", config=Config(signature_version="s3v4"))
    form = signing.generate_presigned_post(bucket, "up/${filename}", Conditions=[["starts-with", "$key", "up/"]], ExpiresIn=60)
    boundary = "x" + os.urandom(8).hex()
    parts = [(name, value.encode(), "") for name, value in form["fields"].items()]
    parts.append(("file", b"by form", '; filename="f.txt"'))
    body = b"".join(
        b'--%s\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n' % (boundary.encode(), n.encode(), m.encode(), v) for n, v, m in parts
    )
    body += b"--%s--\r\n" % boundary.encode()
    request = urllib.request.Request(form["url"], body, {"Content-Type": "multipart/form-data; boundary=" + boundary})
    assert urllib.request.urlopen(request).status == 204
    assert s3.get_object(Bucket=bucket, Key="up/f.txt")["Body"].read() == b"by form"


def test_names_in_the_host(server, s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"by host")
    client = boto3.session.Session(aws_access_key_id="test", aws_secret_access_key="test").client(
        "s3", region_name="us-east-1", endpoint_url="http://s3.localhost:%d" % server.port,
        config=Config(s3={"addressing_style": "virtual"}, retries={"total_max_attempts": 1}),
    )  # fmt: skip
    url = client.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k"})
    host = "%s.s3.localhost:%d" % (bucket, server.port)
    assert host in url
    request = urllib.request.Request(url.replace(host, "127.0.0.1:%d" % server.port), headers={"Host": host})
    assert urllib.request.urlopen(request).read() == b"by host"


def test_settings_of_buckets(s3, bucket):
    assert s3.get_bucket_location(Bucket=bucket)["LocationConstraint"] is None
    assert s3.head_bucket(Bucket=bucket)["BucketRegion"] == "us-east-1"
    tags = {"TagSet": [{"Key": "a", "Value": "1"}]}
    s3.put_bucket_tagging(Bucket=bucket, Tagging=tags)
    assert s3.get_bucket_tagging(Bucket=bucket)["TagSet"] == tags["TagSet"]
    s3.delete_bucket_tagging(Bucket=bucket)
    assert error(s3.get_bucket_tagging, Bucket=bucket)[0] == "NoSuchTagSet"
    rule = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})
    s3.delete_bucket_encryption(Bucket=bucket)
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]})
    assert s3.get_bucket_cors(Bucket=bucket)["CORSRules"][0]["AllowedMethods"] == ["GET"]
    s3.delete_bucket_cors(Bucket=bucket)
    assert error(s3.get_bucket_cors, Bucket=bucket)[0] == "NoSuchCORSConfiguration"
    assert s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]["BlockPublicAcls"] is True
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration={"BlockPublicAcls": False})
    s3.delete_public_access_block(Bucket=bucket)
    rules = {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
    s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls=rules)
    assert s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"] == rules
    s3.put_bucket_acl(Bucket=bucket, ACL="public-read")
    assert len(s3.get_bucket_acl(Bucket=bucket)["Grants"]) == 2
    s3.put_object(Bucket=bucket, Key="k", Body=b"", ACL="public-read")
    assert len(s3.get_object_acl(Bucket=bucket, Key="k")["Grants"]) == 2
    s3.put_object_acl(Bucket=bucket, Key="k", ACL="private")
    assert len(s3.get_object_acl(Bucket=bucket, Key="k")["Grants"]) == 1
    s3.delete_bucket_ownership_controls(Bucket=bucket)
    s3.put_bucket_accelerate_configuration(Bucket=bucket, AccelerateConfiguration={"Status": "Enabled"})
    assert s3.get_bucket_accelerate_configuration(Bucket=bucket)["Status"] == "Enabled"
    s3.put_bucket_request_payment(Bucket=bucket, RequestPaymentConfiguration={"Payer": "Requester"})
    assert s3.get_bucket_request_payment(Bucket=bucket)["Payer"] == "Requester"


def test_tags_of_objects(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"", Tagging="a=1&b=")
    assert s3.head_object(Bucket=bucket, Key="k")["TagCount"] == 2
    s3.put_object_tagging(Bucket=bucket, Key="k", Tagging={"TagSet": [{"Key": "c", "Value": "3"}]})
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == [{"Key": "c", "Value": "3"}]
    s3.delete_object_tagging(Bucket=bucket, Key="k")
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == []


def test_uploads_are_listed_and_given_up(s3, bucket):
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    part = s3.upload_part(Bucket=bucket, Key="k", UploadId=upload, PartNumber=1, Body=b"x" * (5 << 20))
    s3.put_object(Bucket=bucket, Key="source", Body=b"0123456789")
    copied = s3.upload_part_copy(
        Bucket=bucket, Key="k", UploadId=upload, PartNumber=2, CopySource=bucket + "/source", CopySourceRange="bytes=2-4"
    )
    assert [p["PartNumber"] for p in s3.list_parts(Bucket=bucket, Key="k", UploadId=upload)["Parts"]] == [1, 2]
    assert [u["UploadId"] for u in s3.list_multipart_uploads(Bucket=bucket)["Uploads"]] == [upload]
    parts = [{"PartNumber": 1, "ETag": part["ETag"]}, {"PartNumber": 2, "ETag": copied["CopyPartResult"]["ETag"]}]
    s3.complete_multipart_upload(Bucket=bucket, Key="k", UploadId=upload, MultipartUpload={"Parts": parts})
    assert s3.get_object(Bucket=bucket, Key="k", PartNumber=2)["Body"].read() == b"234"
    assert s3.get_object_attributes(Bucket=bucket, Key="k", ObjectAttributes=["ObjectParts"])["ObjectParts"]["TotalPartsCount"] == 2
    other = s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    s3.abort_multipart_upload(Bucket=bucket, Key="k", UploadId=other)
    assert error(s3.list_parts, Bucket=bucket, Key="k", UploadId=other)[0] == "NoSuchUpload"


def test_locks(s3):
    name = "locked-" + os.urandom(6).hex()
    s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    lock = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}}
    s3.put_object_lock_configuration(Bucket=name, ObjectLockConfiguration=lock)
    assert s3.get_object_lock_configuration(Bucket=name)["ObjectLockConfiguration"] == lock
    version = s3.put_object(Bucket=name, Key="k", Body=b"")["VersionId"]
    assert s3.get_object_retention(Bucket=name, Key="k")["Retention"]["Mode"] == "GOVERNANCE"
    assert error(s3.delete_object, Bucket=name, Key="k", VersionId=version)[0] == "AccessDenied"
    s3.put_object_legal_hold(Bucket=name, Key="k", LegalHold={"Status": "ON"})
    assert s3.get_object_legal_hold(Bucket=name, Key="k")["LegalHold"]["Status"] == "ON"
    assert error(s3.delete_object, Bucket=name, Key="k", VersionId=version, BypassGovernanceRetention=True)[0] == "AccessDenied"
    s3.put_object_legal_hold(Bucket=name, Key="k", LegalHold={"Status": "OFF"})
    retention = {"Mode": "GOVERNANCE", "RetainUntilDate": "2099-01-01T00:00:00Z"}
    s3.put_object_retention(Bucket=name, Key="k", Retention=retention)
    s3.delete_object(Bucket=name, Key="k", VersionId=version, BypassGovernanceRetention=True)
    s3.delete_bucket(Bucket=name)


def test_policies_admit_and_refuse(martlet):
    server = martlet("--auth", "iam").start()
    key, secret = [line.split("=")[1].strip("'\"") for line in server.run("env").stdout.splitlines() if "KEY" in line][:2]
    s3 = server.client("s3", key=key, secret=secret)
    s3.create_bucket(Bucket="open")
    s3.put_object(Bucket="open", Key="k", Body=b"for all")
    stranger = server.client("s3", config=Config(signature_version=UNSIGNED))
    assert error(stranger.get_object, Bucket="open", Key="k")[0] == "AccessDenied"
    policy = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::open/*"}]}
    assert error(s3.put_bucket_policy, Bucket="open", Policy=json.dumps(policy))[0] == "AccessDenied"
    s3.delete_public_access_block(Bucket="open")
    s3.put_bucket_policy(Bucket="open", Policy=json.dumps(policy))
    assert s3.get_bucket_policy_status(Bucket="open")["PolicyStatus"]["IsPublic"] is True
    assert json.loads(s3.get_bucket_policy(Bucket="open")["Policy"]) == policy
    assert stranger.get_object(Bucket="open", Key="k")["Body"].read() == b"for all"
    assert error(stranger.put_object, Bucket="open", Key="x", Body=b"")[0] == "AccessDenied"
    assert error(stranger.list_objects_v2, Bucket="open")[0] == "AccessDenied"
    s3.delete_bucket_policy(Bucket="open")
    assert error(stranger.get_object, Bucket="open", Key="k")[0] == "AccessDenied"


def test_other_accounts_are_strangers(server, s3, bucket):
    other = server.client("s3", key=OTHER_ACCOUNT, config=ONCE)
    s3.put_object(Bucket=bucket, Key="k", Body=b"")
    assert error(other.get_object, Bucket=bucket, Key="k")[0] == "AccessDenied"
    assert error(other.list_objects_v2, Bucket=bucket)[0] == "AccessDenied"
    assert error(other.create_bucket, Bucket=bucket)[0] == "BucketAlreadyExists"
    assert bucket not in [b["Name"] for b in other.list_buckets()["Buckets"]]
    statement = {"Effect": "Allow", "Principal": {"AWS": OTHER_ACCOUNT}, "Action": "s3:*", "Resource": "arn:aws:s3:::%s/*" % bucket}
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    assert other.get_object(Bucket=bucket, Key="k")["Body"].read() == b""
    assert error(s3.get_object, Bucket=bucket, Key="k", ExpectedBucketOwner=OTHER_ACCOUNT)[0] == "AccessDenied"
    assert s3.get_object(Bucket=bucket, Key="k", ExpectedBucketOwner=ACCOUNT)


def test_a_lifecycle_goes_by_the_clock(martlet):
    server = martlet().start()
    s3 = server.client("s3", config=ONCE)
    s3.create_bucket(Bucket="aging")
    s3.put_object(Bucket="aging", Key="logs/a", Body=b"x")
    s3.put_object(Bucket="aging", Key="keep", Body=b"x")
    rule = {"ID": "r", "Status": "Enabled", "Filter": {"Prefix": "logs/"}, "Expiration": {"Days": 2}}
    s3.put_bucket_lifecycle_configuration(Bucket="aging", LifecycleConfiguration={"Rules": [rule]})
    assert s3.get_bucket_lifecycle_configuration(Bucket="aging")["Rules"] == [rule]
    assert 'rule-id="r"' in s3.head_object(Bucket="aging", Key="logs/a")["Expiration"]
    clock(server, advance=86400)
    assert len(s3.list_objects_v2(Bucket="aging")["Contents"]) == 2
    clock(server, advance=3 * 86400)
    assert [k["Key"] for k in s3.list_objects_v2(Bucket="aging")["Contents"]] == ["keep"]
    s3.delete_bucket_lifecycle(Bucket="aging")
