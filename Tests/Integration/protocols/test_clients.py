"""Whole clients of boto3, whose requests go to the probe and not over a network: what only clients do (tokens, prefixes, checksums,
compression), and the edges of what they send."""

import base64
import datetime
import io
import json
import re
import urllib.parse
import uuid

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import ClientError
from wire_answers import REQUEST_ID
from wire_probe import canonical


class Wire:
    """Answers a client's requests from the probe; keeps what was parsed."""

    def __init__(self, probe, service, output=None, error=None, endpoint=None, **config):
        self.probe, self.output, self.error = probe, output or {"r": {}}, error
        self.client = boto3.client(
            service, region_name="us-east-1", endpoint_url=endpoint, aws_access_key_id="x", aws_secret_access_key="y",
            config=Config(retries={"total_max_attempts": 1}, **config))
        self.client.meta.events.register("before-send", self.answer)

    def answer(self, request, **_):
        url = urllib.parse.urlsplit(request.url)
        self.host = url.hostname
        body = request.body or b""
        body = body if isinstance(body, (bytes, bytearray)) else body.encode() if isinstance(body, str) else body.read()
        headers = [[k, v.decode("latin-1") if isinstance(v, bytes) else v] for k, v in request.headers.items()]
        self.headers = {k.lower(): v for k, v in headers}
        scope = re.search(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/", self.headers.get("authorization", ""))
        self.parsed = self.probe.ask(
            do="parse", method=request.method, path=url.path, query=url.query or None, headers=headers,
            body=base64.b64encode(body).decode(), signingName=scope.group(1) if scope else None)
        assert "operation" in self.parsed, self.parsed
        command = {k: self.parsed[k] for k in ("service", "operation", "protocol")}
        if self.error:
            answer = self.probe.ask(do="fail", id=REQUEST_ID, error=self.error, **command)
        else:
            answer = self.probe.ask(do="respond", id=REQUEST_ID, output=self.output, **command)
        raw = io.BytesIO(base64.b64decode(answer["body"]))
        raw.stream = lambda amount=1024, **_: iter(lambda: raw.read(amount), b"")
        return AWSResponse(request.url, answer["status"], {k: v for k, v in answer["headers"]}, raw)

    @property
    def input(self):
        return canonical(self.parsed["input"])["r"]


def test_invoke_carries_raw_bytes_both_ways(probe):
    wire = Wire(probe, "lambda", output={"r": {
        "StatusCode": {"i": "200"}, "Payload": {"x": base64.b64encode(b"\x00\xff{}").decode()}, "ExecutedVersion": {"s": "$LATEST"},
        "LogResult": {"s": "TE9H"}}})
    answer = wire.client.invoke(
        FunctionName="arn:aws:lambda:us-east-1:000000000000:function:f:$LATEST", Payload=b"\x00\xffnot json", LogType="Tail",
        ClientContext=base64.b64encode(b"{}").decode(), Qualifier="a+b c")
    assert wire.input["Payload"] == {"x": base64.b64encode(b"\x00\xffnot json").decode()}
    assert wire.input["FunctionName"] == {"s": "arn:aws:lambda:us-east-1:000000000000:function:f:$LATEST"}
    assert wire.input["Qualifier"] == {"s": "a+b c"}
    assert answer["Payload"].read() == b"\x00\xff{}"
    assert answer["ExecutedVersion"] == "$LATEST" and answer["StatusCode"] == 200
    assert answer["ResponseMetadata"]["RequestId"] == REQUEST_ID


def test_invoke_without_payload(probe):
    wire = Wire(probe, "lambda", output={"r": {"StatusCode": {"i": "204"}}})
    assert wire.client.invoke(FunctionName="f", InvocationType="DryRun")["StatusCode"] == 204
    assert "Payload" not in wire.input


def test_idempotency_tokens_are_sent_and_read(probe):
    wire = Wire(probe, "dynamodb")
    wire.client.transact_write_items(TransactItems=[{"Delete": {"TableName": "t", "Key": {"k": {"BS": [b"\x00"]}}}}])
    uuid.UUID(wire.input["ClientRequestToken"]["s"])
    (item,) = wire.input["TransactItems"]["l"]
    assert item["r"]["Delete"]["r"]["Key"] == {"m": {"k": {"r": {"BS": {"l": [{"x": "AA=="}]}}}}}


def test_host_prefix(probe):
    wire = Wire(probe, "logs")
    wire.client.meta.events.register("before-parse", lambda **_: None)
    with pytest.raises(Exception):
        wire.client.start_live_tail(logGroupIdentifiers=["arn:aws:logs:us-east-1:000000000000:log-group:g"])
    assert wire.host == "streaming-logs.us-east-1.amazonaws.com" or wire.host.startswith("stream")
    assert wire.parsed["operation"] == "StartLiveTail"


@pytest.mark.parametrize("host,service", [("stream-logs", "logs"), ("monitoring", "cloudwatch"), ("lambda", "lambda")])
def test_hosts_lead_to_services(probe, host, service):
    requests = {
        "logs": {"headers": [["X-Amz-Target", "Logs_20140328.StartLiveTail"]], "body": base64.b64encode(b"{}").decode()},
        "cloudwatch": {"query": "Action=ListMetrics&Version=2010-08-01", "method": "GET"},
        "lambda": {"path": "/2015-03-31/functions", "method": "GET"},
    }
    assert probe.ask(do="parse", host=host, **requests[service])["service"] == service


def test_metrics_with_large_numbers(probe):
    wire = Wire(probe, "cloudwatch")
    wire.client.put_metric_data(Namespace="n", MetricData=[{"MetricName": "m", "Value": 1e300, "Timestamp": 1700000000}])
    assert wire.parsed["protocol"] in ("smithy-rpc-v2-cbor", "json")
    (datum,) = wire.input["MetricData"]["l"]
    assert datum["r"]["Value"] == {"d": "1e+300"} and datum["r"]["Timestamp"] == {"t": "1700000000000"}


def test_s3_keys_headers_and_metadata(probe):
    wire = Wire(probe, "s3", s3={"addressing_style": "path"}, request_checksum_calculation="when_required")
    key = "a b/ü+%2F?&=#/../x//y"
    expires = datetime.datetime(2030, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)
    wire.client.put_object(
        Bucket="bucket", Key=key, Body=b"", Metadata={"one": "1", "two": "a, b"}, Tagging="k=v&k2=a%20b", Expires=expires)
    assert wire.parsed["operation"] == "PutObject"
    assert wire.input["Key"] == {"s": key}
    assert wire.input["Metadata"] == {"m": {"one": {"s": "1"}, "two": {"s": "a, b"}}}
    assert wire.input["Tagging"] == {"s": "k=v&k2=a%20b"}
    assert wire.input["Expires"] == {"s": "Wed, 02 Jan 2030 03:04:05 GMT"}


def test_s3_virtual_host(probe):
    answer = probe.ask(do="parse", method="GET", path="/key/of/it", bucket="bucket", signingName="s3")
    assert answer["operation"] == "GetObject"
    assert answer["input"] == {"r": {"Bucket": {"s": "bucket"}, "Key": {"s": "key/of/it"}}}
    answer = probe.ask(do="parse", method="GET", path="/", query="list-type=2", bucket="bucket", signingName="s3")
    assert answer["operation"] == "ListObjectsV2"


@pytest.mark.parametrize("call,parameters,operation", [
    ("list_objects", {}, "ListObjects"), ("list_objects_v2", {}, "ListObjectsV2"), ("list_object_versions", {}, "ListObjectVersions"),
    ("create_bucket", {}, "CreateBucket"), ("head_bucket", {}, "HeadBucket"), ("get_bucket_location", {}, "GetBucketLocation"),
    ("list_multipart_uploads", {}, "ListMultipartUploads"), ("create_multipart_upload", {"Key": "k"}, "CreateMultipartUpload"),
    ("upload_part", {"Key": "k", "UploadId": "u", "PartNumber": 1, "Body": b"x"}, "UploadPart"),
    ("upload_part_copy", {"Key": "k", "UploadId": "u", "PartNumber": 1, "CopySource": "a/b"}, "UploadPartCopy"),
    ("copy_object", {"Key": "k", "CopySource": "a/b"}, "CopyObject"), ("put_object", {"Key": "k", "Body": b"x"}, "PutObject"),
    ("list_parts", {"Key": "k", "UploadId": "u"}, "ListParts"), ("abort_multipart_upload", {"Key": "k", "UploadId": "u"}, "AbortMultipartUpload"),
    ("delete_object", {"Key": "k"}, "DeleteObject"), ("get_object_tagging", {"Key": "k"}, "GetObjectTagging"),
    ("delete_objects", {"Delete": {"Objects": [{"Key": "<&>"}]}}, "DeleteObjects"),
])
def test_s3_operations_are_told_apart(probe, call, parameters, operation):
    wire = Wire(probe, "s3", s3={"addressing_style": "path"}, request_checksum_calculation="when_required")
    getattr(wire.client, call)(Bucket="bucket", **parameters)
    assert wire.parsed["operation"] == operation


def test_empty_collections_of_the_query_protocol(probe):
    wire = Wire(probe, "iam", output={"r": {"Policy": {"r": {"Tags": {"l": []}}}}})
    answer = wire.client.create_policy(PolicyName="p", PolicyDocument='{"a": "b&c=d"}', Tags=[])
    assert wire.input["Tags"] == {"l": []}
    assert wire.input["PolicyDocument"] == {"s": '{"a": "b&c=d"}'}
    assert answer["Policy"]["Tags"] == []


def test_query_by_get(probe):
    answer = probe.ask(do="parse", method="GET", query="Action=AssumeRole&Version=2011-06-15&RoleArn=r&RoleSessionName=a%2Bb+c")
    assert answer["service"] == "sts" and answer["protocol"] == "query"
    assert answer["input"]["r"]["RoleSessionName"] == {"s": "a+b c"}


def test_lambda_error_has_its_type(probe):
    wire = Wire(probe, "lambda", error={
        "code": "ResourceNotFoundException", "shape": "ResourceNotFoundException", "status": 404, "message": "Function not found: x",
        "fields": {"r": {"Type": {"s": "User"}}}})
    with pytest.raises(wire.client.exceptions.ResourceNotFoundException) as raised:
        wire.client.get_function(FunctionName="x")
    assert raised.value.response["Type"] == "User"
    assert raised.value.response["Error"] == {"Code": "ResourceNotFoundException", "Message": "Function not found: x"}


def test_sqs_error_keeps_its_old_code(probe):
    wire = Wire(probe, "sqs", error={"code": "QueueDoesNotExist", "shape": "QueueDoesNotExist", "status": 400, "message": "No."})
    with pytest.raises(wire.client.exceptions.QueueDoesNotExist) as raised:
        wire.client.get_queue_url(QueueName="x")
    assert raised.value.response["Error"]["Code"] == "AWS.SimpleQueueService.NonExistentQueue"
    assert raised.value.response["Error"]["Type"] == "Sender"


def test_s3_error_without_a_body_of_its_own(probe):
    wire = Wire(probe, "s3", error={"code": "NoSuchKey", "shape": "NoSuchKey", "status": 404, "message": "The specified key does not exist.",
                                    "fields": {"r": {"Key": {"s": "k<>"}}}}, s3={"addressing_style": "path"})
    with pytest.raises(ClientError) as raised:
        wire.client.get_object(Bucket="b", Key="k<>")
    assert raised.value.response["Error"] == {"Code": "NoSuchKey", "Message": "The specified key does not exist.", "Key": "k<>"}


BAD = [
    ({"signingName": "logs", "headers": [["X-Amz-Target", "Logs_20140328.Nothing"]]}, "UnknownOperationException"),
    ({"headers": [["X-Amz-Target", "Nothing_1.Nothing"]]}, "UnknownOperationException"),
    ({"signingName": "iam", "query": "Action=Nothing&Version=2010-05-08"}, "InvalidAction"),
    ({"signingName": "iam", "headers": [["Content-Type", "application/x-www-form-urlencoded"]]}, "MissingAction"),
    ({"signingName": "iam", "query": "Action=GetRole&Version=2010-05-08&x=%zz"}, "MalformedQueryString"),
    ({"signingName": "lambda", "path": "/nothing"}, "UnknownOperationException"),
    ({"path": "/service/GraniteServiceVersion20100801/operation/Nothing"}, "UnknownOperationException"),
]


@pytest.mark.parametrize("request_,code", BAD)
def test_requests_that_lead_nowhere(probe, request_, code):
    assert probe.ask(do="parse", **request_)["error"] == code


BODIES = [
    ("logs", "json", "Logs_20140328.CreateLogGroup", b'{"logGroupName": 1}', "SerializationException", "NUMBER_VALUE cannot be converted to String"),
    ("logs", "json", "Logs_20140328.CreateLogGroup", b'{"logGroupName": ', "SerializationException", ""),
    ("logs", "json", "Logs_20140328.CreateLogGroup", b'{"logGroupName": "\xff"}', "SerializationException", ""),
    ("logs", "json", "Logs_20140328.CreateLogGroup", b'{"logGroupName": {}}', "SerializationException",
     "Start of structure or map found where not expected."),
    ("logs", "json", "Logs_20140328.GetLogEvents", b'{"limit": 1.5}', "SerializationException", "FLOAT_VALUE cannot be converted to Integer"),
    ("logs", "json", "Logs_20140328.GetLogEvents", b"[" * 100_000, "SerializationException", None),
    ("logs", "json", "Logs_20140328.GetLogEvents", b'{"x":' * 100_000, "SerializationException", None),
]


@pytest.mark.parametrize("service,protocol,target,body,code,message", BODIES)
def test_bodies_that_cannot_be_read(probe, service, protocol, target, body, code, message):
    answer = probe.ask(do="parse", headers=[["X-Amz-Target", target]], body=base64.b64encode(body).decode())
    assert answer["error"] == code
    if message is not None:
        assert answer["message"] == message


@pytest.mark.parametrize("body", [
    b"<Delete", b"<a/><b/>", b'<!DOCTYPE a [<!ENTITY x "y">]><Delete>&x;</Delete>', b"<Delete>&x;</Delete>", b"<Delete>&#0;</Delete>",
    b"<a>" * 100_000, b"<Delete a='1' a='2'/>", b"\xff<Delete/>", b"<Delete><Quiet>perhaps</Quiet></Delete>"])
def test_xml_that_cannot_be_read(probe, body):
    answer = probe.ask(do="parse", path="/bucket", query="delete", signingName="s3", body=base64.b64encode(body).decode())
    assert answer["error"] in ("MalformedXML", "InvalidArgument")


def test_client_context_is_text(probe):
    wire = Wire(probe, "lambda", output={"r": {"StatusCode": {"i": "200"}}})
    context = base64.b64encode(json.dumps({"custom": {"a": "ü"}}).encode()).decode()
    wire.client.invoke(FunctionName="f", ClientContext=context)
    assert wire.input["ClientContext"] == {"s": context}
