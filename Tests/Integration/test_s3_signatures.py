"""S3 with presigned URLs and forms, as clients make them without further settings, and with signatures that are verified."""

import http.client
import os
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config
from martlet import REGION, error

BOUNDARY = "a-boundary"


@pytest.fixture(params=["open", "iam"])
def signed(request, martlet):
    """A server, and the key for it."""
    server = martlet("--auth", request.param).start()
    if request.param == "open":
        return server, {"key": "any-key", "secret": "any-secret"}
    lines = dict(line.removeprefix("export ").split("=", 1) for line in server.run("env").stdout.splitlines() if line.startswith("export"))
    return server, {"key": lines["AWS_ACCESS_KEY_ID"], "secret": lines["AWS_SECRET_ACCESS_KEY"]}


def ask(method, url, body=None, headers={}):
    """Status and body of an answer. Names below localhost need not be known to the machine."""
    place = urlsplit(url)
    connection = http.client.HTTPConnection("127.0.0.1", place.port, timeout=60)
    try:
        connection.request(method, url.split(place.netloc, 1)[1], body, {"Host": place.netloc, **headers})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def post(form, body, file="f.txt", **changed):
    fields = {**form["fields"], **changed}
    parts = ["--%s\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n%s\r\n" % (BOUNDARY, *field) for field in fields.items()]
    parts.append("--%s\r\nContent-Disposition: form-data; name=\"file\"; filename=\"%s\"\r\n\r\n%s\r\n" % (BOUNDARY, file, body))
    text = "".join(parts) + "--%s--\r\n" % BOUNDARY
    return ask("POST", form["url"], text.encode(), {"Content-Type": "multipart/form-data; boundary=" + BOUNDARY})


@pytest.mark.parametrize("style", ["path", "virtual"])
@pytest.mark.parametrize("version", [None, "s3v4", "s3"])
def test_presigned(signed, style, version):
    server, credentials = signed
    more = {"signature_version": version} if version else {}
    config = Config(s3={"addressing_style": style}, retries={"total_max_attempts": 1}, **more)
    s3 = server.client("s3", **credentials, config=Config(s3={"addressing_style": "path"}))
    name = "presigned-" + os.urandom(4).hex()
    s3.create_bucket(Bucket=name)
    session = boto3.session.Session(aws_access_key_id=credentials["key"], aws_secret_access_key=credentials["secret"])
    endpoint = server.url.replace("localhost", "s3.localhost").replace("127.0.0.1", "s3.localhost")
    signer = session.client("s3", region_name=REGION, endpoint_url=endpoint, config=config)

    thing = {"Bucket": name, "Key": "a b/ä"}
    put = signer.generate_presigned_url("put_object", Params={**thing, "Metadata": {"who": "me"}})
    headers = {"x-amz-meta-who": "me"} if version == "s3v4" else {}
    assert ask("PUT", put, b"hello", headers) == (200, "")
    assert s3.head_object(**thing)["Metadata"] == {"who": "me"}
    get = signer.generate_presigned_url("get_object", Params={**thing, "ResponseContentType": "text/x"})
    assert ask("GET", get) == (200, "hello")

    form = signer.generate_presigned_post(name, "up/${filename}", Conditions=[["content-length-range", 1, 10]])
    assert post(form, "hello", "a;b.txt")[0] == 204
    assert s3.get_object(Bucket=name, Key="up/a;b.txt")["Body"].read() == b"hello"
    assert "EntityTooLarge" in post(form, "hello hello hello")[1]

    status, body = ask("GET", signer.generate_presigned_url("get_object", Params=thing, ExpiresIn=-1))
    if version == "s3v4":
        assert status == 400 and "<Code>AuthorizationQueryParametersError</Code>" in body
    else:
        assert status == 403 and "<Message>Request has expired</Message>" in body
    if credentials["key"] != "any-key":
        status, body = ask("GET", get.replace("text%2Fx", "text%2Fy"))
        assert status == 403 and "<Code>SignatureDoesNotMatch</Code>" in body
        signature = "signature" if "signature" in form["fields"] else "x-amz-signature"
        status, body = post(form, "hello", **{signature: "0" * 28})
        assert status == 403 and "<Code>SignatureDoesNotMatch</Code>" in body


def test_the_cli_presigns(signed):
    server, credentials = signed
    server.client("s3", **credentials).create_bucket(Bucket="shown")
    server.client("s3", **credentials).put_object(Bucket="shown", Key="k", Body=b"hello")
    assert ask("GET", server.aws("s3", "presign", "s3://shown/k", **credentials).strip()) == (200, "hello")


def test_version_2_for_everything(signed):
    server, credentials = signed
    s3 = server.client("s3", **credentials, config=Config(signature_version="s3", s3={"addressing_style": "path"}))
    s3.create_bucket(Bucket="old-times")
    s3.put_object(Bucket="old-times", Key="a b", Body=b"x" * 100_000, Metadata={"a": "1"})
    assert s3.get_object(Bucket="old-times", Key="a b")["Body"].read() == b"x" * 100_000
    assert [k["Key"] for k in s3.list_objects_v2(Bucket="old-times", Prefix="a")["Contents"]] == ["a b"]
    s3.put_object_tagging(Bucket="old-times", Key="a b", Tagging={"TagSet": [{"Key": "t", "Value": "u"}]})
    upload = s3.create_multipart_upload(Bucket="old-times", Key="m")["UploadId"]
    part = s3.upload_part(Bucket="old-times", Key="m", UploadId=upload, PartNumber=1, Body=b"x")
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    assert s3.complete_multipart_upload(Bucket="old-times", Key="m", UploadId=upload, MultipartUpload=parts)["Location"].endswith("/old-times/m")
    if credentials["key"] != "any-key":
        wrong = server.client("s3", credentials["key"], "wrong", config=Config(signature_version="s3"))
        assert error(wrong.list_buckets)[0] == "SignatureDoesNotMatch"


def test_clients_of_other_regions_are_sent_there(martlet):
    server = martlet("--auth", "iam").start()
    lines = dict(line.removeprefix("export ").split("=", 1) for line in server.run("env").stdout.splitlines() if line.startswith("export"))
    credentials = {"key": lines["AWS_ACCESS_KEY_ID"], "secret": lines["AWS_SECRET_ACCESS_KEY"]}
    there = server.client("s3", **credentials, region="eu-west-1")
    there.create_bucket(Bucket="far", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    there.put_object(Bucket="far", Key="k", Body=b"hello")
    here = server.client("s3", **credentials)
    refusals = []
    here.meta.events.register("after-call.s3", lambda parsed, **_: refusals.append(parsed.get("Error", {})))
    # boto3 reads the region out of the refusal, and asks again.
    assert here.get_object(Bucket="far", Key="k")["Body"].read() == b"hello"
    assert [(r.get("Code"), r.get("Region")) for r in refusals] == [("AuthorizationHeaderMalformed", "eu-west-1"), (None, None)]
    assert server.client("s3", **credentials).head_object(Bucket="far", Key="k")["ContentLength"] == 5
    assert here.get_bucket_location(Bucket="far")["LocationConstraint"] == "eu-west-1"
