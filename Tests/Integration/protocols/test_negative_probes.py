"""What the models forbid is refused, with an error that clients understand, and the server lives on."""

import dataclasses
import http.client
import json
import re
from collections import Counter

import conformance
import pytest
import wire_models
from botocore import parsers
from botocore.awsrequest import HeadersDict
from martlet import REGION, zip_package
from negative_probes import Requests

# The services whose operations are probed.
SERVICES = ("lambda", "logs", "iam", "s3", "sns", "sqs", "sts")
# Codes that every operation may answer, whether its model names them or not.
COMMON = {
    "ValidationException", "SerializationException", "UnknownOperationException", "AccessDeniedException", "InvalidParameterValueException",
    "ResourceNotFoundException", "RequestEntityTooLargeException", "InvalidRequestContentException", "ValidationError", "MalformedInput",
    "InvalidParameterValue", "InvalidParameterException", "MissingParameter", "MissingAction", "InvalidAction", "MalformedQueryString", "UnsupportedMediaTypeException",
}  # fmt: skip

# S3's model names next to none of its codes.
S3_CODES = {
    "MalformedXML", "InvalidArgument", "InvalidBucketName", "NoSuchBucket", "NoSuchKey", "NoSuchUpload", "InvalidRequest", "AccessDenied",
    "MethodNotAllowed", "IncompleteBody", "MalformedPolicy", "InvalidDigest", "BadDigest", "InvalidLocationConstraint", "MissingSecurityHeader",
    "InvalidStorageClass", "MalformedACLError", "InvalidTag", "BadRequest", "InvalidURI", "InvalidBucketOwnerAWSAccountID", "NotImplemented",
    "InvalidEncryptionAlgorithmError", "KeyTooLongError", "XAmzContentSHA256Mismatch", "IllegalVersioningConfigurationException", "400", "404",
    "BucketNotEmpty", "NoSuchCORSConfiguration", "NoSuchLifecycleConfiguration", "OwnershipControlsNotFoundError", "NoSuchBucketPolicy",
    "NoSuchTagSet", "ObjectLockConfigurationNotFoundError", "NoSuchPublicAccessBlockConfiguration", "UserKeyMustBeSpecified",
    "InvalidBucketState", "AccessControlListNotSupported", "UnexpectedContent", "NoSuchObjectLockConfiguration", "NoSuchVersion",
    "InvalidBucketAclWithObjectOwnership", "InvalidBucketAclWithBlockPublicAccessError", "TooManyBuckets", "InvalidPart", "PreconditionFailed",
    "ReplicationConfigurationNotFoundError", "NoSuchWebsiteConfiguration", "UnresolvableGrantByEmailAddress",
}  # fmt: skip
# What S3 does not look at; and without a parameter a request is one for another operation.
S3_LENIENT = ("RequestPayer is", "ChecksumMode is", "ChecksumAlgorithm is", " is missing")


def _operations():
    for service in SERVICES:
        for protocol in wire_models.protocols(service):
            for name in wire_models.model(service, protocol).operation_names:
                yield pytest.param(service, protocol, name, id="%s-%s-%s" % (service, protocol, name))


def _dispatched(service):
    return json.loads((wire_models.ROOT / "Models/implemented.json").read_text())[service]


class Sender:
    """One connection to the server. It does not verify signatures here, but wants to know who calls which service."""

    def __init__(self, server, service):
        self.server = server
        scope = "test/20260101/%s/%s/aws4_request" % (REGION, service)
        self.authorization = "AWS4-HMAC-SHA256 Credential=%s, SignedHeaders=host;x-amz-date, Signature=%s" % (scope, "0" * 64)
        self.connection = None

    def send(self, probe):
        headers = {
            "Content-Length": str(len(probe.body)), **probe.headers, "Authorization": self.authorization, "X-Amz-Date": "20260101T000000Z",
        }  # fmt: skip
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
        try:
            self.connection.request(probe.method, probe.path, probe.body, headers)
            answer = self.connection.getresponse()
            body = answer.read()
        except (http.client.HTTPException, OSError):
            self.connection.close()
            self.connection = None
            raise
        return answer.status, answer.headers, body



def _make_a_function(server):
    """Makes what the models' simplest names name, as far as it is gone: function, version 1, alias and layer `a`."""
    if server.port not in _clients:
        _clients[server.port] = server.client("lambda")
    api = _clients[server.port]
    try:
        api.get_function(FunctionName="a", Qualifier="a")
    except api.exceptions.ResourceNotFoundException:
        package = zip_package({"a.py": "def handler(event, context): return 1"})
        role = "arn:aws:iam::000000000000:role/a"
        try:
            api.create_function(FunctionName="a", Runtime="python3.12", Handler="a.handler", Role=role, Code={"ZipFile": package})
            api.get_function(FunctionName="a")
            api.publish_layer_version(LayerName="a", Content={"ZipFile": package})
        except api.exceptions.ResourceConflictException:
            pass
        version = api.publish_version(FunctionName="a")["Version"]
        api.create_alias(FunctionName="a", Name="a", FunctionVersion=version)


def _make_a_bucket(server):
    """Makes the bucket `aaa` with the object `a`, as far as they are gone: a single letter is no bucket's name."""
    if ("s3", server.port) not in _clients:
        _clients["s3", server.port] = server.client("s3")
    api = _clients["s3", server.port]
    api.create_bucket(Bucket="aaa")
    api.put_object(Bucket="aaa", Key="a", Body=b"a")


def _make_a_queue(server):
    """Makes the queue `a`, whose name is its address too."""
    if (server.port, "sqs") not in _clients:
        _clients[server.port, "sqs"] = server.client("sqs")
        _clients[server.port, "sqs"].create_queue(QueueName="a")


# What makes the resources that the simplest requests name, so that these get beyond the first look.
_SEEDS = {"lambda": _make_a_function, "s3": _make_a_bucket, "sqs": _make_a_queue}
_requests, _senders, _clients, _counts = {}, {}, {}, Counter()


def _found_wrong(probe, status, headers, body, operation, protocol, is_implemented):
    """What is wrong with an answer; None if nothing is. `is_implemented` is None where the tables do not say."""
    if status < 400:
        if operation.name.endswith("Batch") and b"Failed" in body:
            return None  # Batches are refused entry by entry.
        lenient = protocol == "rest-xml" and any(text in probe.what for text in S3_LENIENT)
        return "is accepted with %d" % status if probe.is_wrong and not lenient else None
    parsed = parsers.create_parser(protocol).parse(
        {"status_code": status, "headers": HeadersDict(headers), "body": body, "context": {"operation_name": operation.name}},
        operation.output_shape,
    )
    error = parsed["Error"]
    # Of a canned list that there is none of, S3 says no more than that.
    if protocol == "rest-xml" and error.get("Code") == "InvalidArgument":
        error["Message"] = error["Message"] or "-"
    said = "%s %s %r" % (status, error.get("Code"), error.get("Message", "")[:200])
    if status == 501 and error.get("Code") == "NotImplemented":
        _counts["answered NotImplemented"] += 1
        return "is answered " + said if is_implemented and error["Message"].startswith("The operation ") else None
    if status >= 500:
        return "is answered " + said
    # The names that SQS's errors had in its query protocol, which its other one tells too.
    code = {"NonExistentQueue": "QueueDoesNotExist"}.get(name := error.get("Code", "").removeprefix("AWS.SimpleQueueService."), name)
    if code not in COMMON | (S3_CODES if protocol == "rest-xml" else set()) | {shape.name for shape in operation.error_shapes} | {
        shape.error_code for shape in operation.error_shapes
    }:
        return "is answered with a code that is not modelled: " + said
    # Of a body that cannot be parsed AWS says no more than that.
    if not error.get("Message") and error.get("Code") != "SerializationException":
        return "is answered without a message: " + said
    return None


@pytest.mark.parametrize("service,protocol,name", list(_operations()))
def test_what_the_model_forbids_is_refused(server, service, protocol, name):
    requests = _requests.setdefault((service, protocol), Requests(service, protocol))
    sender = _senders.setdefault((server.port, service), Sender(server, service))
    operation = requests.operation(name)
    if service in _SEEDS:
        _SEEDS[service](server)
    is_implemented = name in conformance.implemented(service) if service in conformance.SERVICES else None
    wrong, count = [], 0
    for probe in requests.probes(name) if name in _dispatched(service) else requests.broken_bodies(name):
        count += 1
        if service == "s3":
            probe = dataclasses.replace(probe, path=re.sub("^/a(?=[/?]|$)", "/aaa", probe.path))
        try:
            status, headers, body = sender.send(probe)
        except (http.client.HTTPException, OSError) as error:
            wrong.append("%s ends the connection: %r" % (probe.what, error))
            continue
        if problem := _found_wrong(probe, status, headers, body, operation, protocol, is_implemented):
            wrong.append("%s %s" % (probe.what, problem))
    _counts["probes"] += count
    assert server.is_ready()
    assert not wrong, "%d of %d probes:\n%s" % (len(wrong), count, "\n".join(wrong))



def test_counts(figure):
    """Says how many probes there were in this process so far."""
    for what, count in sorted(_counts.items()):
        figure(what, count)
