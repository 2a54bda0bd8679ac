"""Requests that botocore serialises are parsed back to the parameters they were made of."""

import base64
import json
import urllib.parse

import botocore.awsrequest
import botocore.serialize
import pytest
from hypothesis import given
from hypothesis import strategies as st

import wire_gaps
import wire_models
from wire_probe import canonical, tagged
from wire_values import structures, time

ENDPOINT = "http://localhost:4566"


def send(probe, model, request):
    """botocore's serialised request as it goes over the network, to the probe."""
    botocore.awsrequest.prepare_request_dict(request, endpoint_url=ENDPOINT, user_agent="x")
    prepared = botocore.awsrequest.create_request_object(request).prepare()
    url = urllib.parse.urlsplit(prepared.url)
    body = prepared.body or b""
    if not isinstance(body, (bytes, bytearray)):
        body = body.encode() if isinstance(body, str) else body.read()
    headers = [[name, value.decode("latin-1") if isinstance(value, bytes) else value] for name, value in prepared.headers.items()]
    metadata = model.service_model.metadata
    return probe.ask(
        do="parse", method=prepared.method, path=url.path, query=url.query or None, headers=headers,
        body=base64.b64encode(body).decode(), signingName=metadata.get("signingName", metadata["endpointPrefix"]))


def expected(model, parameters):
    """What cannot be told apart on the wire: an empty body and none."""
    value = tagged(model.input_shape, parameters)
    payload = model.input_shape.serialization.get("payload")
    if payload and value["r"].get(payload) in ({"x": ""}, {"s": ""}):
        del value["r"][payload]
    if payload and model.metadata["protocol"] == "rest-json" and model.input_shape.members[payload].type_name == "structure":
        # botocore sends an empty object for a payload that is not given.
        value["r"].setdefault(payload, {"r": {}})
    return value


@pytest.mark.parametrize("service,protocol,name", list(wire_models.operations()))
def test_request(probe, service, protocol, name):
    if reason := wire_gaps.REQUESTS.get((service, protocol, name)):
        pytest.xfail(reason)
    model = wire_models.operation_model(service, protocol, name)
    serializer = botocore.serialize.create_serializer(protocol, include_validation=False)

    def check(parameters):
        answer = send(probe, model, serializer.serialize_to_request(parameters, model))
        assert answer.get("operation") == name, answer
        assert (answer["service"], answer["protocol"]) == (service, protocol)
        if model.input_shape is not None:
            found = canonical(answer["input"])
            if "ContentLength" not in parameters:
                # The HTTP client adds the header.
                found["r"].pop("ContentLength", None)
            assert found == expected(model, parameters), json.dumps(answer)

    if model.input_shape is None:
        check({})
    else:
        given(structures(model.input_shape, protocol, False) | st.just(minimal(model.input_shape, protocol)))(check)()


def minimal(shape, protocol):
    """Nothing but what is required, and that as small as it can be."""
    smallest = {
        "string": "a", "integer": 0, "long": 0, "float": 0.0, "double": 0.0, "boolean": False, "blob": b"a",
        "timestamp": time(0, 0),
    }
    def value(member):
        if member.type_name == "structure":
            return {n: value(member.members[n]) for n in member.required_members} or ({"a": 1} if member.is_document_type else {})
        if member.type_name == "list":
            return [value(member.member)]
        if member.type_name == "map":
            return {"a": value(member.value)}
        return smallest[member.type_name]
    smallest_members = {
        n: value(shape.members[n]) for n in shape.required_members if not shape.members[n].serialization.get("eventstream")}
    # Forms have no way to say an empty structure.
    return {n: v for n, v in smallest_members.items() if protocol != "query" or v != {}}
