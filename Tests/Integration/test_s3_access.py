"""What S3 lets whom do, and what it demands of requests, from end to end."""

import base64
import datetime
import hashlib
import json
import os
import xml.etree.ElementTree

import pytest
from botocore import UNSIGNED
from botocore.config import Config
from martlet import ACCOUNT, ONCE, OTHER_ACCOUNT, error
from test_s3 import bucket, s3  # noqa: F401: fixtures


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(bucket, *actions, principal=OTHER_ACCOUNT, **more):
    return {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": list(actions), "Resource": "arn:aws:s3:::%s/*" % bucket} | more


@pytest.fixture
def other(server):
    return server.client("s3", key=OTHER_ACCOUNT, config=ONCE)


def md5(text):
    return base64.b64encode(hashlib.md5(text.encode()).digest()).decode()


def put(server, path, text, method="PUT", **headers):
    return send(server, path, text, method, **{"Content-MD5": md5(text)} | headers)


def send(server, path, text, method, **headers):
    return server.get(path, method=method, body=text.encode(), headers={"Content-Type": "application/xml"} | headers)


@pytest.mark.parametrize(
    "condition, denied",
    [
        ({"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}, True),
        ({"NotIpAddress": {"aws:SourceIp": ["127.0.0.0/8", "::1/128"]}}, False),
        ({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, False),
        ({"StringNotEquals": {"aws:PrincipalAccount": ACCOUNT}}, False),
        ({"Bool": {"aws:SecureTransport": "false"}}, True),
        ({"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}, True),
        ({"StringNotLike": {"aws:UserAgent": "*Boto3*"}}, False),
        ({"StringEquals": {"s3:ExistingObjectTag/class": "secret"}}, True),
        ({"StringEquals": {"s3:signatureversion": "AWS4-HMAC-SHA256", "s3:authType": "REST-HEADER"}}, True),
        ({"NumericGreaterThan": {"s3:signatureAge": "3600000"}}, False),
    ],
)
def test_denials_mean_what_their_conditions_say(s3, bucket, condition, denied):  # noqa: F811
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", Tagging="class=secret")
    deny = allow(bucket, "s3:GetObject", principal="*") | {"Effect": "Deny", "Condition": condition}
    s3.put_bucket_policy(Bucket=bucket, Policy=policy(deny))
    if denied:
        assert error(s3.get_object, Bucket=bucket, Key="k")[0] == "AccessDenied"
    else:
        assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"


def test_public_access_stays_blocked(s3, bucket):  # noqa: F811
    for condition in (
        {"StringNotEquals": {"aws:PrincipalAccount": "222222222222"}},
        {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}},
        {"StringLike": {"aws:PrincipalArn": "*"}},
    ):
        public = policy(allow(bucket, "s3:GetObject", principal="*", Condition=condition))
        assert error(s3.put_bucket_policy, Bucket=bucket, Policy=public)[0] == "AccessDenied"


def test_policies_are_checked(s3, bucket):  # noqa: F811
    good = allow(bucket, "s3:GetObject")
    for change, message in (
        ({"Resource": "arn:aws:s3:::other/*"}, "Policy has invalid resource"),
        ({"Action": "s3:Bogus"}, "Policy has invalid action"),
        ({"Resource": "arn:aws:s3:::" + bucket}, "Action does not apply to any resource(s) in statement"),
        ({"Principal": {"AWS": "nonsense"}}, "Invalid principal in policy"),
    ):
        assert error(s3.put_bucket_policy, Bucket=bucket, Policy=policy(good | change)) == ("MalformedPolicy", message, 400)


def test_implied_permissions_are_asked_for(s3, other, bucket):  # noqa: F811
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", Tagging="a=b")
    s3.put_bucket_policy(Bucket=bucket, Policy=policy(allow(bucket, "s3:GetObject", "s3:PutObject")))
    assert other.put_object(Bucket=bucket, Key="x", Body=b"")
    assert error(other.put_object, Bucket=bucket, Key="x", Body=b"", Tagging="a=b")[0] == "AccessDenied"
    assert error(other.put_object, Bucket=bucket, Key="x", Body=b"", ACL="bucket-owner-full-control")[0] == "AccessDenied"
    assert error(other.create_multipart_upload, Bucket=bucket, Key="x", Tagging="a=b")[0] == "AccessDenied"
    assert error(other.get_object_attributes, Bucket=bucket, Key="k", ObjectAttributes=["ETag"])[0] == "AccessDenied"
    assert error(other.copy_object, Bucket=bucket, Key="x", CopySource=bucket + "/k")[0] == "AccessDenied"
    assert other.copy_object(Bucket=bucket, Key="x", CopySource=bucket + "/k", TaggingDirective="REPLACE")
    more = ("s3:PutObjectTagging", "s3:PutObjectAcl", "s3:GetObjectAttributes", "s3:GetObjectTagging")
    s3.put_bucket_policy(Bucket=bucket, Policy=policy(allow(bucket, "s3:GetObject", "s3:PutObject", *more)))
    assert other.put_object(Bucket=bucket, Key="x", Body=b"", Tagging="a=b", ACL="bucket-owner-full-control")
    assert other.get_object_attributes(Bucket=bucket, Key="k", ObjectAttributes=["ETag"])["ETag"]
    assert other.copy_object(Bucket=bucket, Key="x", CopySource=bucket + "/k")


def test_governance_is_bypassed_only_with_the_right_to(s3, other):  # noqa: F811
    name = "locked-" + os.urandom(6).hex()
    s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    until = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1)
    version = s3.put_object(Bucket=name, Key="k", Body=b"x", ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate=until)["VersionId"]
    granted = ["s3:DeleteObjectVersion", "s3:PutObjectRetention"]
    s3.put_bucket_policy(Bucket=name, Policy=policy(allow(name, *granted)))
    target = {"Bucket": name, "Key": "k", "VersionId": version, "BypassGovernanceRetention": True}
    assert error(other.delete_object, **target)[0] == "AccessDenied"
    assert error(other.put_object_retention, Retention={}, **target)[0] == "AccessDenied"
    gone = other.delete_objects(Bucket=name, Delete={"Objects": [{"Key": "k", "VersionId": version}]}, BypassGovernanceRetention=True)
    assert [e["Code"] for e in gone["Errors"]] == ["AccessDenied"]
    s3.put_bucket_policy(Bucket=name, Policy=policy(allow(name, "s3:BypassGovernanceRetention", *granted)))
    other.delete_object(**target)
    s3.delete_bucket(Bucket=name)


def test_what_others_write_is_theirs(s3, other, bucket):  # noqa: F811
    s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]})
    s3.put_bucket_policy(Bucket=bucket, Policy=policy(allow(bucket, "s3:PutObject", "s3:PutObjectAcl")))
    other.put_object(Bucket=bucket, Key="theirs", Body=b"x")
    assert error(s3.get_object, Bucket=bucket, Key="theirs")[0] == "AccessDenied"
    assert error(s3.put_object_acl, Bucket=bucket, Key="theirs", ACL="private")[0] == "AccessDenied"
    assert other.get_object(Bucket=bucket, Key="theirs")["Body"].read() == b"x"
    other.put_object_acl(Bucket=bucket, Key="theirs", ACL="bucket-owner-full-control")
    assert s3.get_object(Bucket=bucket, Key="theirs")["Body"].read() == b"x"
    s3.delete_object(Bucket=bucket, Key="theirs")


def test_nobody_chooses_headers(martlet):
    server = martlet("--auth", "iam").start()
    key, secret = [line.split("=")[1].strip("'\"") for line in server.run("env").stdout.splitlines() if "KEY" in line][:2]
    s3 = server.client("s3", key=key, secret=secret)  # noqa: F811
    s3.create_bucket(Bucket="open")
    s3.put_object(Bucket="open", Key="k", Body=b"x")
    s3.delete_public_access_block(Bucket="open")
    s3.put_bucket_policy(Bucket="open", Policy=policy(allow("open", "s3:GetObject", principal="*")))
    stranger = server.client("s3", config=Config(signature_version=UNSIGNED))
    assert stranger.get_object(Bucket="open", Key="k")
    assert error(stranger.get_object, Bucket="open", Key="k", ResponseContentType="text/html") == (
        "InvalidRequest", "Request specific response headers cannot be used for anonymous GET requests.", 400)
    assert s3.get_object(Bucket="open", Key="k", ResponseContentType="text/html")["ContentType"] == "text/html"
    assert s3.head_object(Bucket="open", Key="k", ResponseContentType="text/html")["ContentType"] == "text/html"


def test_documents_have_the_digests_they_name(server, s3, bucket):  # noqa: F811
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    text = "<Delete><Object><Key>k</Key></Object></Delete>"
    path = "/%s?delete" % bucket
    status, _, body = send(server, path, text, "POST", **{"Content-MD5": md5("other")})
    assert (status, b"<Code>BadDigest</Code>" in body) == (400, True)
    status, _, body = send(server, path, text, "POST")
    assert (status, b"Missing required header for this request: Content-MD5 OR x-amz-checksum-*" in body) == (400, True)
    assert s3.head_object(Bucket=bucket, Key="k")
    assert put(server, path, text, method="POST")[0] == 200
    tags = "<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>"
    status, _, body = send(server, "/%s?tagging" % bucket, tags, "PUT", **{"x-amz-checksum-crc32": "AAAAAA=="})
    assert (status, b"<Code>BadDigest</Code>" in body) == (400, True)


def test_documents_follow_the_schema(server, s3, bucket):  # noqa: F811
    path = "/%s?versioning" % bucket
    for text in (
        "<Foo><Status>Enabled</Status></Foo>",
        "<VersioningConfiguration><Status>Enabled</Status><Foo/></VersioningConfiguration>",
    ):
        status, _, body = put(server, path, text)
        assert (status, b"<Code>MalformedXML</Code>" in body) == (400, True)
    assert "Status" not in s3.get_bucket_versioning(Bucket=bucket)
    assert put(server, path, '<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Status>Enabled</Status></VersioningConfiguration>')[0] == 200


def test_uploads_are_listed_while_they_are_given_up(s3, bucket):  # noqa: F811
    for _ in range(5):
        s3.create_multipart_upload(Bucket=bucket, Key="k")
    found, marker = [], {}
    while True:
        page = s3.list_multipart_uploads(Bucket=bucket, MaxUploads=2, **marker)
        for upload in page.get("Uploads", []):
            found.append(upload["UploadId"])
            s3.abort_multipart_upload(Bucket=bucket, Key="k", UploadId=upload["UploadId"])
        if not page["IsTruncated"]:
            break
        marker = {"KeyMarker": page["NextKeyMarker"], "UploadIdMarker": page["NextUploadIdMarker"]}
    assert len(set(found)) == 5
    assert error(s3.list_multipart_uploads, Bucket=bucket, KeyMarker="k", UploadIdMarker="nonsense")[0] == "InvalidArgument"


def test_headers_come_back_as_they_were(server, s3, bucket):  # noqa: F811
    for text in ("0", "garbage", "Thu, 01 Dec 2050 16:00:00 GMT"):
        assert put(server, "/%s/k" % bucket, "", Expires=text)[0] == 200
        assert s3.head_object(Bucket=bucket, Key="k")["ResponseMetadata"]["HTTPHeaders"]["expires"] == text


def test_control_characters_are_listed(server, s3, bucket):  # noqa: F811
    s3.put_object(Bucket=bucket, Key="a\x01b", Body=b"")
    assert b"<Key>a&#x1;b</Key>" in server.get("/" + bucket)[2]
    assert [o["Key"] for o in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["a\x01b"]


def test_configurations_that_are_not_there(s3, bucket):  # noqa: F811
    assert "LoggingEnabled" not in s3.get_bucket_logging(Bucket=bucket)
    assert error(s3.get_bucket_replication, Bucket=bucket)[0::2] == ("ReplicationConfigurationNotFoundError", 404)
    assert error(s3.get_bucket_website, Bucket=bucket)[0::2] == ("NoSuchWebsiteConfiguration", 404)
    website = {"IndexDocument": {"Suffix": "index.html"}}
    assert error(s3.put_bucket_website, Bucket=bucket, WebsiteConfiguration=website)[2] == 501


def test_requesters_pay_knowingly(s3, other, bucket):  # noqa: F811
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    s3.put_bucket_policy(Bucket=bucket, Policy=policy(allow(bucket, "s3:GetObject")))
    s3.put_bucket_request_payment(Bucket=bucket, RequestPaymentConfiguration={"Payer": "Requester"})
    assert error(other.get_object, Bucket=bucket, Key="k")[2] == 403
    assert other.get_object(Bucket=bucket, Key="k", RequestPayer="requester")["RequestCharged"] == "requester"
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"


def test_grants_are_for_somebody(s3, bucket):  # noqa: F811
    s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]})
    assert error(s3.put_bucket_acl, Bucket=bucket, GrantRead="emailaddress=a@example.com")[0] == "UnresolvableGrantByEmailAddress"
    assert error(s3.put_bucket_acl, Bucket=bucket, GrantRead="id=nobody")[0] == "InvalidArgument"
    owner = s3.get_bucket_acl(Bucket=bucket)["Owner"]
    grants = [{"Grantee": {"Type": "CanonicalUser", "ID": owner["ID"]}, "Permission": "READ"}] * 101
    assert error(s3.put_bucket_acl, Bucket=bucket, AccessControlPolicy={"Owner": owner, "Grants": grants})[0] == "MalformedACLError"


def test_answers_are_xml(server, s3, bucket):  # noqa: F811
    s3.put_object(Bucket=bucket, Key="a&<b>", Body=b"")
    listing = xml.etree.ElementTree.fromstring(server.get("/" + bucket)[2])
    assert [key.text for key in listing.iter("{http://s3.amazonaws.com/doc/2006-03-01/}Key")] == ["a&<b>"]
