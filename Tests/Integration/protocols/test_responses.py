"""Responses that Martlet serialises are parsed by botocore to the values they were made of."""

import botocore.parsers
import pytest
import wire_gaps
import wire_models
from hypothesis import given
from wire_answers import REQUEST_ID, comparable, received
from wire_probe import tagged
from wire_values import structures


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


@pytest.mark.parametrize("service,protocol,name", list(wire_models.operations()))
def test_response(probe, service, protocol, name):
    if reason := wire_gaps.RESPONSES.get((service, protocol, name)):
        pytest.xfail(reason)
    model = wire_models.operation_model(service, protocol, name)
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
