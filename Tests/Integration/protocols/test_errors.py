"""Errors that Martlet serialises: botocore finds code, message and members."""

import pytest
from botocore import parsers
from hypothesis import given
from hypothesis import strategies as st

import wire_models
from wire_probe import tagged
from wire_answers import REQUEST_ID, comparable, received
from wire_values import HEADER_TEXT, XML_TEXT, structures


def errors():
    seen = set()
    for service, protocol, name in wire_models.operations():
        for shape in wire_models.operation_model(service, protocol, name).error_shapes:
            if (service, protocol, shape.name) not in seen:
                seen.add((service, protocol, shape.name))
                yield service, protocol, name, shape.name


def message_member(shape):
    return next((name for name in shape.members if name.lower() == "message"), None)


@pytest.mark.parametrize("service,protocol,name,error", list(errors()))
def test_modelled_error(probe, service, protocol, name, error):
    model = wire_models.operation_model(service, protocol, name)
    shape = model.service_model.shape_for(error)
    parser = parsers.create_parser(protocol)
    facts = shape.metadata.get("error", {})
    status = facts.get("httpStatusCode", 500 if shape.metadata.get("fault") else 400)
    query_compatible = "awsQueryCompatible" in model.metadata and protocol != "query"
    code = facts.get("code", error) if protocol in ("query", "rest-xml") or query_compatible else error
    if service == "sqs" and protocol == "json":
        code = wire_models.operation_model("sqs", "query", name).service_model.shape_for(error).metadata.get("error", {}).get("code", error)

    def check(fields, message):
        fields.pop(message_member(shape), None)
        answer = probe.ask(
            do="fail", service=service, protocol=protocol, operation=name, id=REQUEST_ID,
            error={"code": error, "shape": error, "status": status, "message": message, "fields": tagged(shape, fields)})
        assert answer["status"] == status
        response = received(answer)
        parsed = parser.parse(response, model.output_shape)
        assert parsed["Error"]["Code"] == code
        assert parsed["Error"].get("Message", "") == message
        assert parsed["ResponseMetadata"]["RequestId"] == REQUEST_ID
        if query_compatible:
            assert parsed["Error"]["QueryErrorCode"] == error
        whole = comparable(shape, parser.parse(response, shape))["r"]
        whole.pop(message_member(shape), None)
        assert whole == tagged(shape, fields)["r"]

    given(structures(shape, protocol, True), XML_TEXT.filter(bool))(check)()


UNMODELLED = [
    ("lambda", "rest-json", "ValidationException", 400), ("dynamodb", "json", "ValidationException", 400),
    ("dynamodb", "json", "SerializationException", 400), ("logs", "json", "AccessDeniedException", 400),
    ("iam", "query", "ValidationError", 400), ("sts", "query", "ExpiredToken", 403), ("s3", "rest-xml", "NoSuchThing", 404),
    ("sqs", "json", "InternalFailure", 500), ("sqs", "query", "MissingParameter", 400),
    ("cloudwatch", "smithy-rpc-v2-cbor", "InternalFailure", 500), ("cloudwatch", "json", "SerializationException", 400),
]


@pytest.mark.parametrize("service,protocol,code,status", UNMODELLED)
@given(message=HEADER_TEXT)
def test_unmodelled_error(probe, service, protocol, code, status, message):
    answer = probe.ask(
        do="fail", service=service, protocol=protocol, id=REQUEST_ID, error={"code": code, "status": status, "message": message})
    parsed = parsers.create_parser(protocol).parse(received(answer), None)
    assert (parsed["Error"]["Code"], parsed["Error"]["Message"]) == (code, message)
    assert parsed["ResponseMetadata"]["HTTPStatusCode"] == status
    if protocol in ("query",):
        assert parsed["Error"]["Type"] == ("Receiver" if status >= 500 else "Sender")
