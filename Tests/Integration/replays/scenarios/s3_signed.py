"""S3: presigned URLs and forms, in both versions of the signature."""

import re
import time

from replays.catalog import scenario
from replays.replay import answer_of
from replays.signed import Signed


@scenario("TestS3PresignedUrl::test_put_url_metadata_with_sig_s3")
def metadata_in_version_2(replay):
    if not replay.recorded:
        return
    s3 = Signed(replay, "s3")
    thing = {"Bucket": s3.create(), "Key": "key-by-hostname"}
    url = s3.url("put_object", **thing, Metadata={"foo": "bar"})
    assert s3.ask(None, "PUT", url, "content 123") == 200
    replay.keep("head_object", answer_of(s3.plain.head_object, **thing))
    s3.ask("wrong-meta-headers", "PUT", url, "content 123", {"x-amz-meta-wrong": "wrong"})


@scenario("TestS3PresignedUrl::test_put_url_metadata_with_sig_s3v4")
def metadata_in_version_4(replay):
    s3 = Signed(replay, "s3v4")
    thing = {"Bucket": s3.create(), "Key": "key-by-hostname"}
    url = s3.url("put_object", **thing, Metadata={"foo": "bar"})
    s3.ask("no-meta-headers", "PUT", url, "content 123")
    assert s3.ask(None, "PUT", url, "content 123", {"x-amz-meta-foo": "bar"}) == 200
    replay.keep("head_object", answer_of(s3.plain.head_object, **thing))
    s3.ask("wrong-meta-headers", "PUT", url, "content 123", {"x-amz-meta-foo": "bar", "x-amz-meta-wrong": "wrong"})


@scenario("TestS3PresignedUrl::test_presigned_url_signature_authentication")
def changed(replay):
    if not replay.recorded:
        return
    s3 = Signed(replay, "s3")
    thing = {"Bucket": s3.create(), "Key": "temp.txt"}
    s3.plain.put_object(**thing, Body="test")

    def spoilt(operation):
        url = s3.url(operation, **thing)
        if replay.parameter == "s3-True":
            return re.sub("Signature=[^&]*", "Signature=bad", url)
        return url.replace("temp.txt", "other.txt")

    s3.ask("invalid-get-1", "GET", spoilt("get_object"))
    s3.ask("invalid-put-1", "PUT", spoilt("put_object"), "x")


@scenario("TestS3PresignedUrl::test_presigned_url_signature_authentication_expired")
def expired(replay):
    if not replay.recorded:
        return
    s3 = Signed(replay, "s3")
    s3.ask("expired", "GET", s3.url("get_object", seconds=-1, Bucket=s3.create(), Key="temp.txt"))


@scenario("TestS3PresignedUrl::test_s3_presigned_url_expired")
def expired_too(replay):
    s3 = Signed(replay, "s3")
    s3.ask("expired-exception", "GET", s3.url("get_object", seconds=-1, Bucket=s3.create(), Key="temp.txt"))


@scenario("TestS3PresignedUrl::test_s3_put_presigned_url_missing_sig_param")
def incomplete(replay):
    s3 = Signed(replay, "s3")
    url = s3.url("put_object", Bucket=s3.create(), Key="k")
    s3.ask("missing-param-exception", "PUT", "&".join(part for part in url.split("&") if not part.startswith("Expires=")), "x")


@scenario("TestS3PresignedUrl::test_put_object_with_md5_and_chunk_signature_bad_headers")
def unsigned_headers(replay):
    if not replay.recorded:
        return
    s3 = Signed(replay, replay.parameter.split("-")[0])
    headers = {
        "Content-Type": "application/octet-stream", "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "x-amz-date": time.strftime("%Y%m%dT%H%M%SZ", time.gmtime()),
    }  # fmt: skip
    url = s3.url("put_object", Bucket=s3.create(), Key="k")
    s3.ask("with-decoded-content-length", "PUT", url, "x", {**headers, "x-amz-decoded-content-length": "1"})
    s3.ask("without-decoded-content-length", "PUT", url, "x", headers)


@scenario("TestS3PresignedUrl::test_s3_put_presigned_url_with_different_headers")
def other_headers(replay):
    s3 = Signed(replay, "s3v4")
    thing = {"Bucket": s3.create(), "Key": "k"}
    url = s3.url("put_object", **thing, ContentType="text/plain")
    s3.ask("content-type-exception", "PUT", url, "x", {"Content-Type": "text/html"})
    s3.ask("content-type-response", "PUT", url, "x", {"Content-Type": "text/plain"})
    url = s3.url("put_object", **thing, ContentEncoding="gzip")
    s3.ask("wrong-content-encoding-response", "PUT", url, "x", {"Content-Encoding": "identity"})


@scenario("TestS3PresignedUrl::test_s3_put_presigned_url_same_header_and_qs_parameter")
def twice(replay):
    s3 = Signed(replay, "s3v4")
    url = s3.url("put_object", Bucket=s3.create(), Key="k")
    s3.ask("double-header-query-string", "PUT", url + "&x-amz-expires=10", "x")
    s3.ask("override-signed-qs", "PUT", url, "x", {"x-amz-expires": "10"})


@scenario("TestS3PresignedPost::test_post_request_malformed_policy")
def malformed_policy(replay):
    s3 = Signed(replay, "s3")
    form = s3.api.generate_presigned_post(s3.create(), "k")
    s3.post("exception-policy", form, "abcdef", policy="invalid")


@scenario("TestS3PresignedPost::test_post_request_missing_signature")
def missing_signature(replay):
    s3 = Signed(replay, "s3")
    s3.post("exception-missing-signature", s3.api.generate_presigned_post(s3.create(), "k"), "abcdef", signature=None)


@scenario("TestS3PresignedPost::test_post_request_missing_fields")
def missing_fields(replay):
    s3 = Signed(replay, "s3v4")
    form = s3.api.generate_presigned_post(s3.create(), "k")
    s3.post("exception-missing-fields", form, "abcdef", **{"x-amz-algorithm": None})
    s3.post("exception-no-sig-related-fields", form, "abcdef", **{name: None for name in form["fields"] if name != "key"})


@scenario("TestS3PresignedPost::test_post_object_with_tags")
def tags(replay):
    s3 = Signed(replay, "s3v4")
    bucket = s3.create()
    tagging = {
        "single": "<Tagging><TagSet><Tag><Key>TagName</Key><Value>TagValue</Value></Tag></TagSet></Tagging>",
        "invalid": "<InvalidXmlTagging></InvalidXmlTagging>", "notxml": "not-xml",
    }  # fmt: skip
    if replay.parameter not in tagging:
        return
    form = s3.api.generate_presigned_post(
        bucket, "k", Fields={"tagging": tagging[replay.parameter]}, Conditions=[["starts-with", "$tagging", ""]]
    )
    if replay.parameter == "notxml":
        s3.post("tagging-error", form, "abcdef")
        return
    s3.post(None, form, "abcdef")
    replay.keep("get-tagging", answer_of(s3.plain.get_object_tagging, Bucket=bucket, Key="k"))


@scenario("TestS3PresignedPost::test_post_object_policy_conditions_validation_starts_with")
def starts_with(replay):
    s3 = Signed(replay, "s3v4")
    thing = {"Bucket": s3.create(), "Key": "k"}
    page = "http://localhost:1/somewhere"
    form = s3.api.generate_presigned_post(
        thing["Bucket"], "k", Fields={"success_action_redirect": page},
        Conditions=[["starts-with", "$success_action_redirect", "http://localhost"]],
    )  # fmt: skip
    s3.post("invalid-condition-starts-with", form, "abcdef", success_action_redirect="http://wrong.example")
    s3.post("invalid-condition-starts-with-casing", form, "abcdef", success_action_redirect="HTTP://localhost")
    assert s3.post(None, form, "abcdef") == 303
    replay.keep("get-object-1", answer_of(s3.plain.get_object, **thing))
    s3.plain.put_object(**thing, Body="manual value to change ETag")
    replay.keep("get-object-2", answer_of(s3.plain.get_object, **thing))


@scenario("TestS3PresignedPost::test_presigned_post_with_different_user_credentials")
def posted(replay):
    s3 = Signed(replay, "s3v4")
    thing = {"Bucket": s3.create(), "Key": "k"}
    assert s3.post(None, s3.api.generate_presigned_post(thing["Bucket"], "k"), "abcdef") == 204
    replay.keep("get-obj", answer_of(s3.plain.get_object, **thing))
