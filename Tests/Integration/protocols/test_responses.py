"""Responses that Martlet serialises are parsed by botocore to the values they were made of."""

import base64
import io

import botocore.parsers
import pytest
from botocore.awsrequest import HeadersDict
from botocore.response import StreamingBody
from hypothesis import given

import gaps
import models
from probe import tagged
from values import structures

REQUEST_ID = "11111111-2222-4333-8444-555555555555"


def received(answer, streams=False):
    """The probe's answer as botocore's endpoint hands it to a parser."""
    headers = HeadersDict()
    for name, value in answer["headers"]:
        headers[name] = value
    body = base64.b64decode(answer["body"])
    return {
        "status_code": answer["status"], "headers": headers,
        "body": StreamingBody(io.BytesIO(body), len(body)) if streams else body, "context": {"operation_name": "x"},
    }


def comparable(shape, value):
    """The parsed value in the probe's notation, without what was not sent."""
    if shape.type_name == "blob" and hasattr(value, "read"):
        value = value.read()
    if shape.type_name == "structure" and not shape.is_document_type:
        return {"r": {k: comparable(shape.members[k], v) for k, v in value.items() if k != "ResponseMetadata"}}
    if shape.type_name == "list":
        return {"l": [comparable(shape.member, v) for v in value]}
    if shape.type_name == "map":
        return {"m": {k: comparable(shape.value, v) for k, v in value.items()}}
    if shape.type_name in ("integer", "long"):
        return {"i": str(int(value))}
    if shape.type_name == "boolean" and isinstance(value, str):
        value = value == "true"
    return tagged(shape, value)


def expected(shape, value):
    result = tagged(shape, value)
    payload = shape.serialization.get("payload")
    # An empty body is an empty payload to botocore.
    if payload:
        empty = {"blob": {"x": ""}, "string": {"s": ""}, "structure": {"r": {}}}[shape.members[payload].type_name]
        result["r"].setdefault(payload, empty)
    for name, member in shape.members.items():
        if member.serialization.get("location") == "headers":
            result["r"].setdefault(name, {"m": {}})
        if member.serialization.get("location") == "statusCode":
            result["r"].setdefault(name, None)
    return result


@pytest.mark.parametrize("service,protocol,name", list(models.operations()))
def test_response(probe, service, protocol, name):
    if reason := gaps.RESPONSES.get((service, protocol, name)):
        pytest.xfail(reason)
    model = models.operation_model(service, protocol, name)
    if model.has_event_stream_output:
        pytest.skip("in test_event_streams.py")
    parser = botocore.parsers.create_parser(protocol)
    shape = model.output_shape

    def check(value):
        answer = probe.ask(
            do="respond", service=service, protocol=protocol, operation=name, id=REQUEST_ID,
            output=tagged(shape, value) if shape else {"r": {}})
        parsed = parser.parse(received(answer, model.has_streaming_output), shape)
        if shape is None:
            # botocore's CBOR parser does not look at such answers.
            assert protocol == "smithy-rpc-v2-cbor" or parsed["ResponseMetadata"]["RequestId"] == REQUEST_ID
            return
        assert parsed["ResponseMetadata"]["RequestId"] == REQUEST_ID
        wanted = expected(shape, value)
        found = comparable(shape, parsed)
        for member, target in shape.members.items():
            if target.serialization.get("name") == "Content-Type" and member not in value:
                # A raw body has a type, given or not.
                found["r"].pop(member, None)
            if target.serialization.get("location") == "statusCode" and wanted["r"][member] is None:
                wanted["r"][member] = {"i": str(answer["status"])}
        assert found == wanted

    if shape is None:
        check({})
    else:
        given(structures(shape, protocol, True))(check)()
